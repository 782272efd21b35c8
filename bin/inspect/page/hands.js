// The commands: a table of actions, each with a button or a key, and the dialogs that some of them need.

const WAYS = { up: 'to the server', down: 'to the client' };

/** Tells the person of a refusal, for a while. */
let clearing;
function tellNotice(text) {
  byId('notice').textContent = text;
  clearTimeout(clearing);
  clearing = setTimeout(() => { byId('notice').textContent = ''; }, 6000);
}

/** Sends a command to the proxy. */
async function command(order) {
  if (view.model !== view.live) { tellNotice('this is a file: no program is connected'); return false; }
  try {
    const answer = await fetch('do', { method: 'POST', body: JSON.stringify(order) });
    const { error } = await answer.json();
    if (error) tellNotice(error);
    return !error;
  } catch {
    tellNotice('inspect does not answer');
    return false;
  }
}

/** Opens the dialog. `done` gets the fields when the person presses OK. */
function ask(heading, body, done) {
  const dialog = byId('dialog');
  byId('heading').textContent = heading;
  byId('body').replaceChildren(...body);
  byId('ok').hidden = !done;
  dialog.returnValue = '';
  dialog.onclose = () => {
    list.focus();
    if (done && dialog.returnValue === 'ok') done(new FormData(dialog.querySelector('form')));
  };
  dialog.showModal();
  // Without fields, the browser would scroll to the button at the end.
  (byId('body').querySelector('input:checked, textarea, input, select') || byId('heading')).focus();
}

function field(label, properties) {
  const { kind, ...others } = properties;
  const input = el(kind || 'input', others);
  return el('label', {}, others.type === 'radio' || others.type === 'checkbox' ? input : `${label} `, others.type === 'radio' || others.type === 'checkbox' ? ` ${label}` : input);
}

function wayField(chosen) {
  const select = el('select', { name: 'way' }, ...Object.entries({ '': 'both directions', ...WAYS }).map(([value, text]) => el('option', { value, selected: value === chosen }, text)));
  return el('label', {}, 'Direction ', select);
}

/** The dialog of the rules, of one person or of all. */
function rulesDialog(client) {
  const choices = [
    ['', 'none: frames pass as they come'],
    ['cut', 'cut every frame at a byte'],
    ['delay', 'delay every frame'],
    ['bytewise', 'one byte at a time'],
  ];
  const body = choices.map(([value, text]) => field(text, { type: 'radio', name: 'rule', value, checked: value === 'cut' }));
  body.push(field('Cut at byte', { type: 'number', name: 'cut', min: 1, max: 1048576, value: 7 }));
  body.push(field('Delay in milliseconds', { type: 'number', name: 'delay', min: 1, max: 600000, value: 20 }));
  body.push(wayField('down'));
  ask(client ? `Preset for ${visible(client.name)}` : 'Preset for all clients', body, (fields) => {
    const rule = fields.get('rule');
    const rules = {};
    if (rule === 'cut' || rule === 'delay') rules[rule] = Number(fields.get(rule));
    if (rule === 'bytewise') rules.bytewise = true;
    command({ do: 'rules', client: client ? client.number : null, way: fields.get('way') || null, rules });
  });
}

/** The dialog of a person: presets, joining, ends. */
function personDialog(client) {
  const choices = [
    ['rules', 'switch on a preset …'], ['join', 'join the next frames into one write'],
    ['end', 'close this half of the connection'], ['reset', 'reset the connection'],
  ];
  const body = [el('p', { className: 'quiet' }, `${client.peer} ${client.dialect}`)];
  body.push(...choices.map(([value, text], index) => field(text, { type: 'radio', name: 'what', value, checked: index === 0 })));
  body.push(field('Frames to join', { type: 'number', name: 'count', min: 0, max: 10000, value: 3 }), wayField('down'));
  ask(visible(client.name), body, (fields) => {
    const what = fields.get('what');
    const number = client.number;
    const ways = fields.get('way') ? [fields.get('way')] : ['up', 'down'];
    if (what === 'rules') rulesDialog(client);
    else if (what === 'reset') command({ do: 'reset', client: number });
    else if (what === 'join') ways.forEach((way) => command({ do: 'join', client: number, way, count: Number(fields.get('count')) }));
    else ways.forEach((way) => command({ do: 'end', client: number, way }));
  });
}

function editDialog(row) {
  if (row.size > row.text.length + 3) return tellNotice('the frame is too long to be edited here');
  const text = el('textarea', { name: 'text', value: payload(row), spellcheck: false });
  text.setAttribute('aria-label', 'The text of the frame');
  const raw = field('these are all bytes of the frame, with \\n, \\r, \\t, \\\\ and \\xHH', { type: 'checkbox', name: 'raw' });
  ask(`Edit frame ${row.frame}`, [text, raw], (fields) => {
    // A form writes a line end as two characters.
    const edited = fields.get('text').replaceAll('\r\n', '\n');
    command({ do: 'edit', frame: row.frame, text: edited, raw: fields.has('raw') });
  });
  return undefined;
}

function delayDialog(row) {
  ask(`Delay frame ${row.frame}`, [field('Milliseconds', { type: 'number', name: 'delay', min: 0, max: 600000, value: 200 })],
    (fields) => command({ do: 'send', frame: row.frame, delay: Number(fields.get('delay')) }));
}

/** The person whose column a command is meant for: the one of the chosen frame, or the only one. */
function person() {
  const present = [...view.model.clients.values()].filter((it) => !it.gone);
  const chosen = view.chosen && view.model.clients.get(view.chosen.client);
  if (chosen && !chosen.gone) return chosen;
  if (present.length === 1) return present[0];
  tellNotice('choose a frame of the person first');
  return null;
}

function pauseWay(way) {
  const client = person();
  if (!client) return;
  const { paused } = laneOf(view.model, client.number, way);
  command({ do: paused ? 'resume' : 'pause', client: client.number, way });
}

function isPaused() {
  const lanes = [...view.model.lanes.values()].filter((lane) => !view.model.clients.get(lane.client)?.gone);
  return view.model.paused || (lanes.length > 0 && lanes.every((lane) => lane.paused));
}

/** Steps the oldest frame, and chooses the one that waits next. */
async function stepOldest() {
  if (await command({ do: 'step' })) {
    const held = heldRows(view.model);
    if (held.length) choose(held[0]);
  }
}

const hand = (name) => (row) => command({ do: name, frame: row.frame });

/** The actions. Those with `held` need a held frame, and have a button below. */
const ACTIONS = [
  { key: ' ', name: 'space', label: 'Pause all', help: 'pause or resume everything', run: () => command({ do: isPaused() ? 'resume' : 'pause' }) },
  { key: 's', label: 'Step', help: 'send the frame, or the piece, that has waited longest', run: stepOldest },
  { key: 'o', label: 'Send first', help: 'send the selected frame before the others', held: true, run: hand('send') },
  { key: 'x', label: 'Drop', help: 'drop the frame', held: true, run: hand('drop') },
  { key: '2', label: 'Double', help: 'send the frame twice', held: true, run: hand('double') },
  { key: '[', label: 'Earlier', help: 'move the frame before its neighbour', held: true, run: hand('earlier') },
  { key: ']', label: 'Later', help: 'move the frame behind its neighbour', held: true, run: hand('later') },
  { key: 'd', label: 'Delay', help: 'send the frame after some time; what is sent later follows it', held: true, run: delayDialog },
  { key: 'e', label: 'Edit', help: 'change the text or the bytes of the frame', held: true, run: editDialog },
  { key: 'c', label: 'Cut', help: 'cut the frame at the byte of the slider; a second time joins it', held: true, run: (row) => command({ do: 'cut', frame: row.frame, at: cutPlace(row) }) },
  { key: 'u', label: '', help: 'pause or resume what the person of the selected frame sends', run: () => pauseWay('up') },
  { key: 'i', label: '', help: 'pause or resume what that person gets', run: () => pauseWay('down') },
  { key: 'p', label: 'Presets', help: 'presets for all clients: cut every frame, delay, one byte at a time', run: () => rulesDialog(null) },
  { key: 'm', label: '', help: 'presets, joining, closing a half and reset, for that person', run: () => { const client = person(); if (client) personDialog(client); } },
  { key: 'n', label: '', help: 'join the next 3 frames to that person into one write', run: () => { const client = person(); if (client) command({ do: 'join', client: client.number, way: 'down', count: 3 }); } },
  { key: 'h', label: '', help: 'close the half to that person', run: () => { const client = person(); if (client) command({ do: 'end', client: client.number, way: 'down' }); } },
  { key: 'R', label: '', help: 'reset the connection of that person', run: () => { const client = person(); if (client) command({ do: 'reset', client: client.number }); } },
  { key: 'w', label: '', help: 'save the conversation as a transcript, with what you have done to it', run: () => (byId('save').hidden ? tellNotice('a file is saved already') : byId('save').click()) },
  { key: 'ArrowRight', name: '→', label: '', help: 'the next step of a file', run: () => stepFile(1) },
  { key: 'ArrowLeft', name: '←', label: '', help: 'the step before it', run: () => stepFile(-1) },
  { key: 'a', label: '', help: 'all steps of a file, or only the first', run: () => showSteps(view.shown === Infinity ? 1 : Infinity) },
  { key: 'l', label: '', help: 'open a transcript or a recording', run: () => byId('file').click() },
  { key: '/', label: '', help: 'find', run: () => showFilter(true) },
  { key: 'f', label: '', help: 'go to the newest frame, and follow', run: () => follow() },
  { key: 't', label: '', help: 'dark or light', run: () => theme() },
  { key: '?', label: 'Help', help: 'this list', run: () => helpDialog() },
];

/** Keys that move in the list. */
const MOVES = [['↓ ↑', 'select the next or previous frame'], ['PgDn PgUp', 'ten frames further'], ['Enter', 'unfold or fold the frame'], ['Home End', 'the first or the newest frame'], ['Esc', 'close a dialog, or end the selection']];

function helpDialog() {
  const rows = [...MOVES, ...ACTIONS.map((action) => [action.name || action.key, action.held ? `${action.help} (a held frame)` : action.help])];
  ask('Keys', [
    el('table', { className: 'keys' }, el('tbody', {}, ...rows.map(([key, help]) => el('tr', {}, el('td', {}, el('kbd', {}, key)), el('td', {}, help))))),
    el('p', { className: 'quiet' }, 'Pause, select a held frame, and change it. A paused direction keeps whole frames; the other ones flow.'),
  ], null);
}

function cutPlace(row) {
  const slider = byId('cut');
  return slider ? Number(slider.value) : Math.floor(row.size / 2);
}

/** The panel of the selected frame: its text, and the slider for a cut. */
function drawPanel() {
  const row = view.chosen;
  for (const [index, button] of [...byId('hands').children].entries()) {
    const action = ACTIONS.filter((it) => it.held)[index];
    button.disabled = !row || row.state !== 'held';
    button.title = button.disabled ? `${action.help} (select a held frame)` : action.help;
  }
  byId('panel').classList.toggle('idle', !row || row.state !== 'held');
  const key = row ? `${row.id} ${row.state} ${row.cuts}` : '';
  if (view.panel === key) return;
  view.panel = key;
  if (!row) { byId('chosen').replaceChildren(); return; }
  // In the row, a long remark is cut.
  if (row.note !== undefined) { byId('chosen').replaceChildren(el('p', { className: row.wrong ? 'error' : '' }, visible(row.note))); return; }
  const name = visible(view.model.clients.get(row.client)?.name || '');
  const title = row.way === 'up' ? `${name} → ${program()}` : `${program()} → ${name}`;
  const parts = [el('h2', {}, `Frame ${row.frame}: ${title}, ${visible(row.label)}, ${bytes(row.size)}, ${row.state}`)];
  if (row.state === 'held' && row.size > 1) {
    const from = row.cuts ? row.cuts[0] : 0;
    const shown = [...new TextEncoder().encode(row.text)];
    const slider = el('input', { type: 'range', id: 'cut', min: from + 1, max: row.size - 1, value: Math.min(Math.max(view.cut || 7, from + 1), row.size - 1) });
    slider.setAttribute('aria-label', 'The byte of the cut');
    const place = el('output', {});
    const halves = el('div', { id: 'halves' });
    const decode = (part) => visible(new TextDecoder().decode(new Uint8Array(part))).slice(0, 400);
    const show = () => {
      const at = Number(slider.value);
      view.cut = at;
      place.textContent = `${at} | ${row.size - at}`;
      slider.setAttribute('aria-valuetext', `after byte ${at} of ${row.size}`);
      halves.replaceChildren(el('span', {}, decode(shown.slice(from, at))), el('span', {}, decode(shown.slice(at))));
    };
    slider.oninput = show;
    show();
    parts.push(el('div', { id: 'cutter' }, 'Cut at', slider, place), halves);
  }
  byId('chosen').replaceChildren(...parts);
}

for (const action of ACTIONS.filter((it) => it.held)) {
  const button = el('button', {}, `${action.label} `, el('kbd', {}, action.key));
  button.onclick = () => action.run(view.chosen);
  byId('hands').append(button);
}

addEventListener('keydown', (event) => {
  const typing = event.target.closest('input:not([type=range]), select, textarea, dialog');
  if (event.ctrlKey || event.metaKey || event.altKey || byId('dialog').open) return;
  if (event.key === 'Escape') { if (typing) list.focus(); else choose(null); return; }
  if (typing) return;
  // The slider of a cut moves with these keys.
  if (event.target.type === 'range' && event.key.startsWith('Arrow')) return;
  const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
  if (Object.hasOwn(steps, event.key) && event.target.type !== 'range') {
    event.preventDefault();
    move(steps[event.key]);
    return;
  }
  // A button does its own work for these keys.
  if (event.target.closest('button') && (event.key === ' ' || event.key === 'Enter')) return;
  if (event.key === 'Enter' && view.chosen) { event.preventDefault(); toggle(view.chosen); return; }
  const action = ACTIONS.find((it) => it.key === event.key);
  if (!action) return;
  event.preventDefault();
  if (!action.held) action.run();
  else if (view.chosen && view.chosen.state === 'held') action.run(view.chosen);
  else tellNotice('select a held frame first: pause with space');
});
