// The list of rows. Only the rows that can be seen are elements of the page.

function el(tag, properties, ...children) {
  const element = document.createElement(tag);
  const { dataset, ...others } = properties || {};
  Object.assign(element, others);
  Object.assign(element.dataset, dataset);
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const byId = (id) => document.getElementById(id);
const list = byId('list');
const space = byId('space');

const view = {
  model: newModel(), rows: [], chosen: null, unfolded: new Map(), elements: new Map(), follow: true,
  filter: { text: '', person: '', kinds: new Set(KINDS) }, columns: [], file: null, shown: Infinity, width: 0, narrow: false, dirty: true, seen: 0,
};

const big = () => matchMedia('(min-width: 1700px)').matches;
const heightOf = (row) => {
  if (row.note !== undefined) return view.narrow ? 24 : 28;
  const more = hasWrites(row) ? (big() ? 19 : 14) : 0;
  return (view.narrow ? 112 : big() ? 98 : 74) + more + (view.unfolded.get(row.id) || 0);
};

/** Whether a row passes the filter. */
function passesFilter(row) {
  const { text, person, kinds } = view.filter;
  if (person && String(row.client) !== person) return false;
  if (row.note !== undefined) return !text;
  if (!kinds.has(row.kind)) return false;
  if (!text) return true;
  const name = view.model.clients.get(row.client)?.name || '';
  return `${row.label} ${row.kind} ${name} ${row.text}`.toLowerCase().includes(text);
}

/** Lays out all rows anew. */
function layOut() {
  view.rows = shownRows().filter(passesFilter);
  let top = 0;
  for (const row of view.rows) { row.top = top; top += heightOf(row); }
  view.height = top;
  space.style.height = `${top}px`;
  byId('empty').hidden = view.model.rows.some((row) => row.note === undefined);
  byId('earlier').hidden = !(view.model.first > 0 || view.model.trimmed) || list.scrollTop > 200 || !view.model.rows.length;
}

/** The part of the width in which the life lines stand: from left to right, in pixels. */
function lanesArea() {
  const width = list.clientWidth;
  const count = view.columns.length + 1;
  if (view.narrow) return [46, width - 34];
  const wanted = Math.max(count * 130, 260);
  const left = big() ? 130 : 112;
  return [left, Math.min(left + wanted, Math.max(width * 0.5, left + 200))];
}

/** The place of a column in pixels; the server is the last one. */
function across(client) {
  const [left, right] = lanesArea();
  const index = client === 'server' ? view.columns.length : view.columns.indexOf(client);
  return view.columns.length ? left + ((right - left) * index) / view.columns.length : right;
}

/** The heads of the columns and the life lines. */
function drawPeople() {
  const model = view.model;
  // A file shows everyone from its first step on.
  const present = [...model.clients.values()].filter((it) => !it.gone || view.file).slice(0, view.file ? 40 : undefined);
  // A column of a client that has gone stays while there is room.
  const gone = [...model.clients.values()].filter((it) => it.gone && !view.file).slice(-Math.max(0, (view.narrow ? 3 : 6) - present.length));
  const shown = [...gone, ...present].sort((a, b) => a.number - b.number);
  view.columns = shown.map((it) => it.number);
  const paused = (client, way) => laneOf(model, client.number, way).paused;
  const looks = [list.clientWidth, view.narrow, view.file, model.about?.to, ...shown.map((it) => [it.number, it.name, it.gone, it.dialect, paused(it, 'up'), paused(it, 'down')])].join();
  if (view.heads === looks) return;
  view.heads = looks;
  const people = byId('people');
  const focused = people.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const crowded = view.columns.length > (view.narrow ? 3 : 8);
  people.replaceChildren(...shown.map((client) => {
    const buttons = ['up', 'down'].map((way) => {
      const lane = laneOf(model, client.number, way);
      const word = way === 'up' ? `from ${client.name} to the server` : `from the server to ${client.name}`;
      const button = el('button', { title: `Pause or resume ${word}`, className: lane.paused ? 'on' : '', disabled: client.gone, dataset: { key: `${client.number}${way}` } }, way === 'up' ? '→' : '←');
      button.setAttribute('aria-label', `Pause ${word}`);
      button.setAttribute('aria-pressed', String(lane.paused));
      button.onclick = () => command({ do: lane.paused ? 'resume' : 'pause', client: client.number, way });
      return button;
    });
    const more = el('button', { title: `Rules and ends of ${client.name}`, disabled: client.gone, dataset: { key: `${client.number}` } }, '⋯');
    more.setAttribute('aria-label', `Rules and ends of ${client.name}`);
    more.onclick = () => personDialog(client);
    const head = el('div', { className: client.gone && !view.file ? 'head gone' : 'head', title: `${client.peer} ${client.dialect}` }, el('b', {}, visible(client.name)));
    // In a crowd there is room for one button. The keys and its dialog do the rest.
    if (!client.gone && !view.file) head.append(...(crowded ? [] : buttons), more);
    head.style.left = `${across(client.number)}px`;
    return head;
  }), ...(() => {
    const head = el('div', { className: 'head' }, el('b', {}, program()), el('span', { className: 'quiet' }, view.narrow ? '' : model.about ? model.about.to : ''));
    head.style.left = `${Math.min(across('server'), list.clientWidth - 30)}px`;
    return [head];
  })());
  if (focused) people.querySelector(`[data-key="${focused}"]`)?.focus();
  for (const life of space.querySelectorAll('.life')) life.remove();
  for (const client of [...view.columns, 'server']) {
    const life = el('div', { className: 'life' });
    life.style.left = `${across(client)}px`;
    space.prepend(life);
  }
}

/** The program in the last column. A recording of `grade` can have a client there. */
function program() {
  return view.model.about?.program || 'server';
}

function clock(at) {
  if (view.model.about?.lines) return `line ${at}`;
  const seconds = at / 1000;
  return seconds < 100 ? `${seconds.toFixed(3)} s` : `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, '0')}`;
}

/** The words that a screen reader says before the text of a row: what the picture shows. */
function spoken(row) {
  const name = visible(view.model.clients.get(row.client)?.name || '');
  return row.way === 'up' ? `${name} to ${program()}, ${row.kind} ` : `${program()} to ${name}, ${row.kind} `;
}

/** The element of a row. */
function element(row) {
  const item = el('div', { className: `row ${row.state || 'aside'}`, id: `row-${row.id}` });
  item.setAttribute('role', 'option');
  item.append(el('span', { className: 'time' }, clock(row.at)));
  if (row.note !== undefined) {
    item.append(el('span', { className: row.wrong ? 'note error' : 'note', title: visible(row.note) }, visible(row.note)));
    return item;
  }
  item.prepend(el('span', { className: 'spoken' }, spoken(row)));
  const [x1, x2] = row.way === 'up' ? [across(row.client), across('server')] : [across('server'), across(row.client)];
  if (view.columns.includes(row.client)) {
    const short = row.state === 'held' || row.state === 'dropped' || row.state === 'delayed';
    const [a, b] = [x1, short ? x1 + (x2 - x1) * 0.5 : x2];
    const way = el('div', { className: `way ${row.kind} ${b > a ? 'right' : 'left'}` }, el('span', {}, visible(row.label)));
    way.style.left = `${Math.min(a, b)}px`;
    way.style.width = `${Math.abs(b - a)}px`;
    item.append(way);
  }
  const side = el('div', { className: 'side' });
  const width = view.narrow ? list.clientWidth - 20 : list.clientWidth - lanesArea()[1] - 78;
  if (!view.narrow) { side.style.left = `${lanesArea()[1] + 62}px`; }
  const text = payload(row);
  const about = aboutReads(row);
  const words = [about.text];
  if (row.state !== 'passed') words.unshift(row.state);
  for (const did of row.did.slice(-3)) if (did.did !== row.state) words.push(did.detail && did.did !== 'edited' ? `${did.did} ${did.detail}` : did.did);
  if (row.wrote > 1) words.push(`${row.wrote} writes`);
  if (row.fault) words.push(visible(row.fault));
  side.append(el('span', { className: `text ${row.kind}` }, ...marked(visible(text.slice(0, 600)))));
  const pictureBox = el('div', { className: row.kind }, strip(row, Math.max(Math.min(width, 1100), 120), big() ? 1.35 : 1));
  side.append(pictureBox, el('div', { className: about.odd || row.fault || row.state !== 'passed' ? 'say odd' : 'say' }, words.join(' · ')));
  if (view.unfolded.has(row.id)) {
    const edited = row.did.findLast((did) => did.did === 'edited');
    const lines = unfold(visible(text));
    const pre = el('pre', {}, ...marked(lines));
    // A screen reader has read the same text above.
    pre.setAttribute('aria-hidden', 'true');
    if (row.size > row.text.length + 3) pre.append(`\n… ${bytes(row.size)} in all`);
    if (edited) pre.append(`\n\nedited to:\n${unfold(visible(edited.detail))}`);
    side.append(el('div', { className: 'more' }, pre, insideOf(row)));
  }
  item.append(side);
  return item;
}

/** Draws the rows that can be seen, and removes the others. */
function draw() {
  const { rows } = view;
  const [from, to] = [list.scrollTop - 300, list.scrollTop + list.clientHeight + 300];
  let low = 0;
  let high = rows.length;
  while (low < high) { const middle = (low + high) >> 1; if (rows[middle].top < from) low = middle + 1; else high = middle; }
  const wanted = new Set();
  for (let i = Math.max(low - 1, 0); i < rows.length && rows[i].top < to; i += 1) wanted.add(rows[i]);
  if (view.chosen && rows.includes(view.chosen)) wanted.add(view.chosen);
  for (const [row, item] of view.elements) if (!wanted.has(row)) { item.remove(); view.elements.delete(row); }
  const layout = `${view.columns} ${list.clientWidth} ${view.narrow} ${big()}`;
  // The elements stand in the order of the rows, for screen readers.
  let before = [...space.querySelectorAll('.life')].at(-1);
  for (const row of [...wanted].sort((a, b) => a.top - b.top)) {
    let item = view.elements.get(row);
    // An element that is replaced between the press and the release of the button gets no click.
    const looks = `${layout} ${row.state} ${row.wrote} ${row.cuts} ${row.did?.length} ${row.after?.frame} ${view.unfolded.has(row.id) && stamp(row)} ${view.model.clients.get(row.client)?.name}`;
    if (item && item.looks !== looks) { item.remove(); item = null; }
    const index = rows.indexOf(row, Math.max(low - 1, 0));
    if (!item) {
      item = element(row);
      item.looks = looks;
      item.onclick = () => { choose(row); toggle(row); };
      before.after(item);
      view.elements.set(row, item);
    }
    // A row that was folded and unfolded within one frame has its element from before.
    if (view.unfolded.has(row.id)) {
      item.extra ??= item.querySelector('.more').offsetHeight + 12;
      if (Math.abs(item.extra - view.unfolded.get(row.id)) > 1) { view.unfolded.set(row.id, item.extra); layOut(); requestAnimationFrame(refresh); }
    }
    if (before.nextSibling !== item) before.after(item);
    before = item;
    item.setAttribute('aria-selected', String(row === view.chosen));
    item.style.top = `${row.top}px`;
    item.style.height = `${heightOf(row)}px`;
    item.setAttribute('aria-posinset', String((index < 0 ? rows.indexOf(row) : index) + 1));
    item.setAttribute('aria-setsize', String(rows.length));
  }
}

/** Draws everything anew. */
function refresh() {
  const bottom = view.follow;
  view.narrow = matchMedia('(max-width: 720px)').matches;
  drawPeople();
  layOut();
  if (bottom) list.scrollTop = view.height;
  draw();
  byId('newest').hidden = view.follow || Boolean(view.file);
  drawState();
  drawPanel();
}

let planned = false;
function plan() {
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => { planned = false; refresh(); });
}

function choose(row) {
  view.chosen = row;
  // The panel takes room from the list.
  drawPanel();
  list.setAttribute('aria-activedescendant', row ? `row-${row.id}` : '');
  if (row && row.top !== undefined) {
    const below = row.top + heightOf(row) - list.clientHeight;
    if (row.top < list.scrollTop) list.scrollTop = row.top;
    else if (below > list.scrollTop) list.scrollTop = below;
  }
  plan();
}

/** Unfolds a row, or folds it again. */
function toggle(row) {
  if (row.note !== undefined) return;
  if (view.unfolded.has(row.id)) view.unfolded.delete(row.id); else view.unfolded.set(row.id, 120);
  view.follow = false;
  plan();
}

/** Chooses the next frame in this direction. */
function move(step) {
  const rows = view.rows.filter((row) => row.note === undefined);
  if (!rows.length) return;
  const index = view.chosen ? rows.indexOf(view.chosen) : rows.length;
  const next = Math.min(Math.max(index + step, 0), rows.length - 1);
  view.follow = false;
  choose(rows[next]);
}

list.addEventListener('scroll', () => {
  view.follow = list.scrollTop + list.clientHeight >= view.height - 8;
  byId('newest').hidden = view.follow || Boolean(view.file);
  byId('earlier').hidden = !(view.model.first > 0 || view.model.trimmed) || list.scrollTop > 200;
  draw();
});
addEventListener('resize', plan);
