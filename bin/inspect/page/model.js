// What has happened: the events, folded into rows. Nothing here touches the page.

const KINDS = ['request', 'answer', 'news', 'error', 'raw'];

/** Greatest number of rows that a page keeps. Older ones are in the file of the proxy. */
const MOST = 20000;

/** The rows, the people, and the state of each direction. */
function newModel() {
  return { rows: [], frames: new Map(), clients: new Map(), lanes: new Map(), next: null, first: null, about: null, transcript: null, paused: false, inside: newInside() };
}

function clientOf(model, number) {
  if (!model.clients.has(number)) {
    model.clients.set(number, { number, name: `client ${number}`, peer: '', gone: false, dialect: '' });
  }
  return model.clients.get(number);
}

function laneOf(model, client, way) {
  const key = `${client}${way}`;
  if (!model.lanes.has(key)) {
    model.lanes.set(key, { client, way, paused: model.paused, join: 0, rules: {}, open: 0, last: null, held: new Set(), sent: [] });
  }
  return model.lanes.get(key);
}

function note(model, event, text) {
  model.rows.push({ id: `n${model.next}`, client: event.client, at: event.at, note: text });
}

/** What each event does to the model. */
const FOLD = {
  started(model, event) { model.about = event; },
  note(model, event) { note(model, event, event.text); model.rows.at(-1).wrong = event.wrong; },
  transcript(model, event) { model.transcript = event; },
  opened(model, event) {
    const client = clientOf(model, event.client);
    client.peer = event.peer;
    client.gone = false;
    note(model, event, `${client.name} connects${event.peer ? ` from ${event.peer}` : ''}`);
  },
  named(model, event) { clientOf(model, event.client).name = event.name; },
  dialect(model, event) { clientOf(model, event.client).dialect = event.dialect; },
  frame(model, event) {
    clientOf(model, event.client);
    const lane = laneOf(model, event.client, event.way);
    const row = { ...event, id: event.frame, state: event.held ? 'held' : 'passed', writes: [], cuts: null, did: [], before: lane.last, after: null };
    // Only its place is kept, because a chain of rows would keep all of them in memory.
    const place = { frame: event.frame, from: event.from, size: event.size };
    const last = lane.last && model.frames.get(lane.last.frame);
    if (last) last.after = place;
    lane.last = place;
    if (event.held) lane.held.add(event.frame);
    model.frames.set(event.frame, row);
    model.rows.push(row);
    if (row.way === 'down') awaits(model, row); else if (!event.held) sends(model, row, event.at);
  },
  route(model, event) { routes(model, event.client, event.from); },
  hop(model, event) { foldHop(model, event.hop, event.at); },
  untraced(model, event) { note(model, event, `no hops any more: ${event.why}`); },
  open(model, event) { laneOf(model, event.client, event.way).open = event.bytes; },
  wrote(model, event) {
    for (const part of event.parts) {
      const row = model.frames.get(part.frame);
      if (!row) continue;
      if (row.writes.length < 200) row.writes.push({ from: part.from, to: part.to, at: event.at, shared: event.parts.length, chunk: event.chunk });
      row.wrote = (row.wrote || 0) + (event.chunk ? Math.ceil((part.to - part.from) / event.chunk) : 1);
      if (part.to >= row.size || row.did.some((did) => did.did === 'edited')) { passes(model, row); if (row.way === 'up') sends(model, row, event.at); }
    }
  },
  queue(model, event) {
    const lane = laneOf(model, event.client, event.way);
    const waiting = new Set(event.frames.map((it) => it.frame));
    for (const frame of lane.held) {
      const row = model.frames.get(frame);
      if (!waiting.has(frame) && !event.more) { if (row && row.state === 'held') row.state = 'passed'; lane.held.delete(frame); }
    }
    for (const it of event.frames) {
      lane.held.add(it.frame);
      const row = model.frames.get(it.frame);
      if (row) { row.cuts = it.cuts; if (row.state !== 'held') row.state = 'held'; }
    }
  },
  did(model, event) {
    const row = model.frames.get(event.frame);
    if (!row) return;
    row.did.push(event);
    if (event.did === 'dropped') row.state = 'dropped';
    if (event.did === 'delayed') row.state = 'delayed';
  },
  lane(model, event) {
    if (event.client === 0) { model.paused = event.paused; return; }
    const lane = laneOf(model, event.client, event.way);
    Object.assign(lane, { paused: event.paused, join: event.join, rules: event.rules });
  },
  ended(model, event) {
    const lane = laneOf(model, event.client, event.way);
    const name = event.way === 'up' ? clientOf(model, event.client).name : 'server';
    if (event.why === 'closed by hand') drops(model, lane);
    note(model, event, event.way === 'up' || event.why === 'closed by hand' ? `${name}: ${event.why}` : `server, to ${clientOf(model, event.client).name}: ${event.why}`);
  },
  closed(model, event) {
    const client = clientOf(model, event.client);
    client.gone = true;
    drops(model, laneOf(model, event.client, 'up'));
    drops(model, laneOf(model, event.client, 'down'));
    note(model, event, `${client.name} is gone: ${event.why}`);
  },
};

function passes(model, row) {
  if (row.state !== 'dropped') row.state = 'passed';
  laneOf(model, row.client, row.way).held.delete(row.frame);
}

function drops(model, lane) {
  for (const frame of lane.held) {
    const row = model.frames.get(frame);
    if (row) row.state = 'dropped';
  }
  lane.held.clear();
  lane.open = 0;
}

/** Folds a batch of events, the first of which has the number `first`. */
function fold(model, first, events) {
  if (model.first === null) model.first = first;
  events.forEach((event, index) => {
    const number = first + index;
    if (model.next !== null && number < model.next) return;
    model.next = number + 1;
    if (Object.hasOwn(FOLD, event.event)) FOLD[event.event](model, event);
  });
  settle(model);
  if (model.rows.length > MOST) {
    for (const row of model.rows.splice(0, model.rows.length - MOST)) model.frames.delete(row.id);
    model.trimmed = true;
  }
}

/** Puts older events before the model. */
function prepend(model, first, events) {
  const older = newModel();
  fold(older, first, events.slice(0, model.first - first));
  model.rows = older.rows.concat(model.rows);
  for (const [id, row] of older.frames) if (!model.frames.has(id)) model.frames.set(id, row);
  for (const [number, client] of older.clients) {
    const known = model.clients.get(number);
    if (!known) model.clients.set(number, client);
    else if (known.name === `client ${number}`) known.name = client.name;
  }
  model.about = model.about || older.about;
  model.first = first;
}

/** The payload of a frame, without its header and its end. */
function payload(row) {
  return row.text.slice(row.lead, row.size > row.text.length + 3 ? undefined : row.text.length - row.trail);
}

/** The frames that are held, the oldest first. */
function heldRows(model) {
  return model.rows.filter((row) => row.state === 'held');
}
