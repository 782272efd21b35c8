// The page: its filter, its theme, and the stream of events.

function drawState() {
  const { model } = view;
  const frames = view.rows.filter((row) => row.note === undefined).length;
  const held = heldRows(model).length;
  const state = byId('state');
  const parts = view.file ? [view.file, aboutStep()] : [view.status || 'connecting'];
  if (model.about && !view.file) parts.push(`${model.about.listen} → ${model.about.to}`);
  parts.push(`${frames.toLocaleString('en')} frames`);
  if (held) parts.push(`${held} held`);
  const open = view.file ? [] : [...model.lanes.values()].filter((lane) => lane.open > 0);
  for (const lane of open.slice(0, 2)) {
    const name = visible(model.clients.get(lane.client)?.name || '');
    parts.push(`${bytes(lane.open)} of an unfinished frame ${lane.way === 'up' ? 'from' : 'to'} ${name}`);
  }
  const text = parts.join(' · ');
  if (state.textContent !== text) state.textContent = text;
  state.className = view.file ? '' : view.status === 'live' ? 'live' : view.status === 'lost' ? 'lost' : '';
  const pause = byId('pause');
  pause.setAttribute('aria-pressed', String(isPaused()));
  pause.firstChild.textContent = isPaused() ? 'Resume ' : 'Pause all ';
  drawSteps();
  if (model.about) byId('where').textContent = model.about.listen;
  document.title = view.file ? `${view.file}: inspect` : held ? `(${held} held) inspect` : 'inspect';
  const people = [...model.clients.values()];
  const select = byId('person');
  if (select.options.length !== people.length + 1 || people.some((it, i) => select.options[i + 1].text !== it.name)) {
    const chosen = select.value;
    select.replaceChildren(el('option', { value: '' }, 'all'), ...people.map((it) => el('option', { value: String(it.number) }, it.name)));
    select.value = chosen;
  }
}

function follow() {
  view.follow = true;
  // A scroll event that is on its way would end the following again.
  list.scrollTop = view.height;
  plan();
}

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
}

async function earlier() {
  const { model } = view;
  const from = Math.max(0, model.first - 2000);
  const answer = await fetch(`lines?from=${from}&count=${model.first - from}`);
  const { first, events } = await answer.json();
  prepend(model, first, events);
  view.follow = false;
  refresh();
}

for (const kind of KINDS) {
  const box = el('input', { type: 'checkbox', checked: true });
  box.onchange = () => {
    if (box.checked) view.filter.kinds.add(kind); else view.filter.kinds.delete(kind);
    plan();
  };
  byId('kinds').append(el('label', { className: kind }, box, ` ${kind}`));
}
function showFilter(open) {
  byId('filter').classList.toggle('open', open);
  byId('filters').setAttribute('aria-expanded', String(open));
  if (open) byId('find').focus();
  plan();
}
byId('filters').onclick = () => showFilter(!byId('filter').classList.contains('open'));
byId('filter').onsubmit = (event) => event.preventDefault();
byId('find').oninput = (event) => { view.filter.text = event.target.value.toLowerCase(); plan(); };
byId('person').onchange = (event) => { view.filter.person = event.target.value; plan(); };
byId('pause').onclick = () => command({ do: isPaused() ? 'resume' : 'pause' });
byId('step').onclick = stepOldest;
byId('presets').onclick = () => rulesDialog(null);
byId('help').onclick = helpDialog;
byId('theme').onclick = theme;
byId('newest').onclick = follow;
byId('earlier').onclick = earlier;

/** Follows the events of the program, or shows the recording that stands in the page. */
function begin() {
  const recording = byId('recording');
  if (recording) { showFile(recording.dataset.name, JSON.parse(recording.textContent)); return; }
  const source = new EventSource('events?newest=20000');
  source.onopen = () => { view.status = 'live'; plan(); };
  source.onerror = () => { view.status = 'lost'; plan(); };
  source.onmessage = (message) => {
    const { first, events } = JSON.parse(message.data);
    fold(view.live, first, events);
    plan();
  };
  source.addEventListener('recording', () => { view.recorded = true; plan(); });
  source.addEventListener('end', () => { source.close(); view.status = 'ended'; plan(); });
}
begin();
refresh();
