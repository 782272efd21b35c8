// The inside of a Strata server: the hops that its trace tells, and the frames to which they belong.
//
// What a client sends: the server takes the frames in the order in which the proxy sent them. Only frames
// of the same length are matched, so an edited frame without a match does not spoil the others. What the server
// sends: the proxy reads the bytes that the server encoded, so their offsets are the same.

/** Greatest number of frames, pieces and hops that are kept for matches to come, of each connection. */
const KEPT = 500;

function newInside() {
  return { conns: new Map(), byClient: new Map(), routes: new Map(), early: [] };
}

function keep(array, most = KEPT) {
  if (array.length > most) array.splice(0, array.length - most);
}

/** The proxy uses this address for a client. */
function routes(model, client, from) {
  const { inside } = model;
  inside.routes.set(from, client);
  for (const conn of inside.conns.values()) if (conn.address === from) binds(model, conn, client);
}

function binds(model, conn, client) {
  conn.client = client;
  model.inside.byClient.set(client, conn);
}

/** The proxy has sent a frame of a client to the server. */
function sends(model, row, at) {
  const { sent } = laneOf(model, row.client, 'up');
  const edited = row.did.some((did) => did.did === 'edited');
  // An edited frame may go in several pieces.
  if (edited && sent.at(-1)?.row === row) return;
  sent.push({ row, at, edited, length: row.size - row.lead - row.trail });
  keep(sent);
}

/** A frame from the server wants its hops. */
function awaits(model, row) {
  const { sent } = laneOf(model, row.client, 'down');
  sent.push(row);
  keep(sent);
}

/** What each hop does. */
const HOPS = {
  opened(model, hop) {
    const conn = { number: hop.conn, address: hop.address, client: null, frames: new Map(), pieces: [] };
    model.inside.conns.set(hop.conn, conn);
    const client = model.inside.routes.get(hop.address);
    if (client !== undefined) binds(model, conn, client);
  },
  decoded(model, hop, at) {
    const conn = model.inside.conns.get(hop.conn);
    if (!conn) return;
    const frame = { hop, conn, seen: at, effects: [], encoded: [], news: 0 };
    conn.frames.set(hop.frame, frame);
    if (conn.frames.size > KEPT) conn.frames.delete(conn.frames.keys().next().value);
    model.inside.early.push(frame);
  },
  command(model, hop) { concerns(model, hop, (frame) => { frame.command = hop; }); },
  effect(model, hop) { concerns(model, hop, (frame) => { frame.effects.push(hop); }); },
  encoded(model, hop) {
    const cause = model.inside.conns.get(hop.conn)?.frames.get(hop.frame) || null;
    const pieces = [];
    for (const [number, from, to, waiting] of hop.to) {
      const conn = model.inside.conns.get(number);
      if (!conn) continue;
      const piece = { conn, from, to, waiting, at: hop.at, cause, written: null };
      conn.pieces.push(piece);
      keep(conn.pieces);
      pieces.push(piece);
    }
    if (cause) { cause.news += 1; cause.encoded.push({ at: hop.at, pieces, more: hop.more || 0 }); }
  },
  written(model, hop) {
    for (const piece of model.inside.conns.get(hop.conn)?.pieces || []) {
      if (piece.written || piece.to > hop.to) continue;
      piece.written = hop;
      if (piece.cause) piece.cause.news += 1;
    }
  },
  closed(model, hop) {
    // Its last writes may follow.
    const conn = model.inside.conns.get(hop.conn);
    if (conn) conn.closed = true;
    const closed = [...model.inside.conns.values()].filter((it) => it.closed);
    for (const it of closed.slice(0, -32)) {
      model.inside.conns.delete(it.number);
      model.inside.routes.delete(it.address);
      model.inside.byClient.delete(it.client);
    }
  },
  lost(model, hop, at) {
    for (const lane of model.lanes.values()) if (lane.way === 'up') lane.sent = lane.sent.filter((it) => it.at > at);
    note(model, { client: 0, at }, `${hop.lines} hops of the server are lost: the page could not follow`);
  },
};

function concerns(model, hop, change) {
  const frame = model.inside.conns.get(hop.conn)?.frames.get(hop.frame);
  if (frame) { frame.news += 1; change(frame); }
}

function foldHop(model, hop, at) {
  if (hop && Object.hasOwn(HOPS, hop.hop)) HOPS[hop.hop](model, hop, at);
}

/** Matches what can be matched. */
function settle(model) {
  const { inside } = model;
  inside.early = inside.early.filter((frame) => {
    if (frame.conn.client === null) return !frame.conn.closed;
    const { sent } = laneOf(model, frame.conn.client, 'up');
    // The proxy notes the time of a frame before it sends it.
    const index = sent.findIndex((it) => it.at <= frame.seen && (it.edited || it.length === frame.hop.bytes));
    if (index < 0) return true;
    sent[index].row.inside = frame;
    sent.splice(0, index + 1);
    return false;
  });
  keep(inside.early);
  for (const lane of model.lanes.values()) {
    const conn = lane.way === 'down' && inside.byClient.get(lane.client);
    if (!conn || !lane.sent.length) continue;
    lane.sent = lane.sent.filter((row) => {
      row.piece = conn.pieces.find((it) => it.from <= row.from && row.from < it.to);
      return !row.piece;
    });
  }
}

/** Changes when a row has new hops. */
function stamp(row) {
  const frame = row.inside || row.piece?.cause;
  return `${Boolean(row.piece)} ${frame ? frame.news : ''} ${row.piece?.written?.at}`;
}

function nameOf(conn) {
  const client = conn.client !== null && view.model.clients.get(conn.client);
  return client ? visible(client.name) : `connection ${conn.number}`;
}

/** At most six names, and the number of the others. */
function namesOf(names, count) {
  const shown = names.slice(0, 6).join(', ');
  const others = count - Math.min(names.length, 6);
  if (!shown) return String(count);
  return others > 0 ? `${shown} and ${others} more` : shown;
}

/** The hops of a frame that a client sent: name, begin, end, text. */
function hopsOf({ hop, command, effects, encoded }) {
  const hops = [
    ['read', hop.read, hop.read, 'the last read of the frame returns'],
    ['framed', hop.read, hop.framed, bytes(hop.bytes)],
    ['decoded', hop.framed, hop.at, hop.meaning],
  ];
  if (command) {
    hops.push(['waits', hop.at, command.began, 'for its turn']);
    const outcome = command.outcome === 'later' ? 'appended: its answer comes later' : command.outcome;
    hops.push(['command', command.began, command.at, `${command.name}: ${outcome}`]);
  }
  let last = command?.at;
  for (const effect of effects) {
    hops.push([effect.change === 'password' ? 'password' : 'log', last ?? effect.log, effect.log, effect.change === 'password' ? 'checked' : `${effect.change}, handed back`]);
    const people = effect.people === undefined ? '' : `logged in: ${namesOf((effect.here || []).map(visible), effect.people)}`;
    hops.push(['effect', effect.log, effect.at, people || (effect.answered ? 'answered' : 'its answer comes later')]);
    last = effect.at;
  }
  for (const { at, pieces, more } of encoded) {
    hops.push(['encoded', last ?? at, at, `for ${namesOf(pieces.map((it) => nameOf(it.conn)), pieces.length + more)}`]);
    last = at;
  }
  return hops;
}

/** The hops of bytes that the server sent. */
function hopsTo({ conn, from, to, waiting, at, written }) {
  const outbox = `${bytes(to - from)}; ${bytes(waiting)} in the outbox of ${nameOf(conn)}`;
  const hops = [['queued', at, at, outbox]];
  if (written) hops.push(['written', at, written.at, `to ${nameOf(conn)}; ${bytes(written.waiting)} left in the outbox`]);
  return hops;
}

/** The hops of a row, with times and bars; `null` if none are known. */
function insideOf(row) {
  const { piece } = row;
  const frame = row.inside || piece?.cause;
  if (!frame && !piece) return null;
  const hops = frame ? hopsOf(frame) : [];
  const pieces = row.inside ? row.inside.encoded.flatMap((it) => it.pieces).slice(0, 6) : [piece];
  for (const it of pieces) hops.push(...hopsTo(it));
  const begin = Math.min(...hops.map((it) => it[1]));
  const whole = Math.max(...hops.map((it) => it[2])) - begin || 1;
  const head = row.inside ? 'Inside the server, in microseconds' : frame ? `Inside the server: because of “${frame.command ? frame.command.name : 'a frame'}” of ${nameOf(frame.conn)}, in microseconds` : 'Inside the server: no frame caused it';
  const box = el('div', { className: 'hops' }, el('b', {}, head));
  for (const [name, from, to, text] of hops) {
    const bar = el('i', {});
    bar.style.left = `${(100 * (from - begin)) / whole}%`;
    bar.style.width = `${(100 * (to - from)) / whole}%`;
    box.append(el('span', { className: 'name' }, name), el('span', { className: 'time' }, (to - begin).toFixed(1)), el('span', { className: 'bar' }, bar), el('span', { className: 'what' }, text));
  }
  return box;
}
