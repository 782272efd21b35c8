// The picture that teaches: the frame, and the reads that brought it, to one scale.

const SVG = 'http://www.w3.org/2000/svg';

function svg(name, attributes, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** Makes control characters and invisible ones visible. */
function visible(text) {
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, (c) => {
    if (c === '\n') return '⏎';
    if (c === '\r') return '␍';
    if (c === '\t') return '⇥';
    const code = c.codePointAt(0);
    return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`;
  });
}

function bytes(count) {
  return count === 1 ? '1 byte' : `${count.toLocaleString('en')} bytes`;
}

/** The frames of the same direction that share a read with this one. */
function neighbours(row) {
  const first = row.reads[0];
  const last = row.reads[row.reads.length - 1];
  const found = [];
  if (row.before && first && row.before.from + row.before.size > first.from) found.push(row.before);
  if (row.after && last && row.after.from < last.to) found.push(row.after);
  return found;
}

/** One sentence about the reads of a frame, and whether they differ from the frame. */
function aboutReads(row) {
  const first = row.reads[0];
  if (!first && row.writes.length && row.writes[0].shared > 1) return { text: `sent in one write with ${row.writes[0].shared === 2 ? 'another frame' : `${row.writes[0].shared - 1} other frames`}`, odd: true };
  if (!first) return { text: view.model.about?.lines ? 'in any number of reads' : row.writes.length ? 'sent in one write' : 'no read is known', odd: false };
  const to = row.from + row.size;
  if (row.brought > 1) {
    const parts = row.reads.map((read) => Math.min(read.to, to) - Math.max(read.from, row.from));
    const sizes = parts.length <= 5 && parts.length === row.brought ? `: ${parts.join(' + ')} bytes` : '';
    return { text: `1 frame in ${row.brought.toLocaleString('en')} reads${sizes}`, odd: true };
  }
  if (first.to - first.from > row.size) {
    return { text: `read ${first.n}, ${bytes(first.to - first.from)}: more than this frame`, odd: true };
  }
  return { text: `1 frame = 1 read, ${bytes(row.size)}`, odd: false };
}

/** A box with a label, if the label fits. */
function box(x, width, y, height, style, label, labelStyle) {
  const group = svg('g', {});
  group.append(svg('rect', { x: x + 0.5, y: y + 0.5, width: Math.max(width - 1, 1), height: height - 1, rx: 2, class: style }));
  const room = width - 6;
  const texts = Array.isArray(label) ? label : [label];
  const fits = texts.find((text) => text.length * 6.1 <= room);
  if (fits) {
    const text = svg('text', { x: x + width / 2, y: y + height - 3.6, 'text-anchor': 'middle', class: labelStyle });
    text.textContent = fits;
    group.append(text);
  }
  return group;
}

/** Whether the strip of a frame shows writes: those that were made, or those that wait. */
function hasWrites(row) {
  return row.writes.length > 0 || (row.state === 'held' && row.cuts !== null && row.cuts.length > 2);
}

/**
 * Draws the strip of a frame: the frames above, the reads below, and below those the writes, if a hand or
 * a rule has changed them. A vertical line shows where a read cuts the frame.
 */
function strip(row, wide, zoom) {
  const width = wide / zoom;
  const end = row.from + row.size;
  let from = Math.min(row.from, ...row.reads.map((read) => read.from));
  let to = Math.max(end, ...row.reads.map((read) => read.to));
  // A read that is much longer than the frame would squeeze it.
  const most = Math.max(row.size * 3, 60);
  const clippedLeft = row.from - from > most;
  const clippedRight = to - end > most;
  if (clippedLeft) from = row.from - most;
  if (clippedRight) to = end + most;
  const scale = Math.min(width / (to - from), 12);
  const x = (place) => (Math.min(Math.max(place, from), to) - from) * scale;
  const writes = hasWrites(row);
  const height = writes ? 44 : 30;
  const picture = svg('svg', { class: 'strip', width: wide, height: height * zoom, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true', focusable: 'false' });
  for (const other of neighbours(row)) {
    const [a, b] = [x(other.from), x(other.from + other.size)];
    if (b - a > 2) picture.append(box(a, b - a, 0, 14, 'other', [`frame ${other.frame}`, `${other.frame}`], 'othert'));
  }
  // The frame, in the parts that its reads brought. The longest part has the label.
  const inside = row.reads.flatMap((read) => [read.from, read.to]).filter((place) => place > row.from && place < end);
  const places = [...new Set([row.from, ...inside, end])].sort((a, b) => a - b);
  const parts = places.slice(1).map((place, index) => [places[index], place]);
  const longest = parts.reduce((a, b) => (b[1] - b[0] > a[1] - a[0] ? b : a));
  for (const part of parts) {
    const label = part === longest ? [`frame ${row.frame} · ${bytes(row.size)}`, `frame ${row.frame}`, `${row.size}`] : [];
    const gap = part[1] === end ? 0 : 2;
    picture.append(box(x(part[0]), Math.max((part[1] - part[0]) * scale - gap, 1), 0, 14, 'own', label, 'ownt'));
  }
  for (const read of row.reads) {
    const [a, b] = [x(read.from), x(read.to)];
    const size = read.to - read.from;
    picture.append(box(a, b - a, 16, 14, `r${read.n % 2}`, [`read ${read.n} · ${bytes(size)}`, `read ${read.n}`, `${read.n}`, `${size}`], 'rt'));
    for (const place of inside) {
      picture.append(svg('line', { x1: x(place) - 1, x2: x(place) - 1, y1: -2, y2: 32, class: 'cut' }));
    }
  }
  if (writes) {
    const inFrame = (place) => x(row.from + place);
    for (const write of row.writes) {
      const size = write.to - write.from;
      const words = write.shared > 1 ? 'joined write' : 'write';
      const labels = write.chunk ? [`${size} writes · 1 byte each`, `${size} writes`] : [`${words} · ${bytes(size)}`, words, `${size}`];
      picture.append(box(inFrame(write.from), size * scale, 31, 13, 'w', labels, 'wt'));
      // As long as they can be told apart, each small write has an edge.
      for (let byte = 1; write.chunk && scale >= 3 && byte < size; byte += 1) {
        const edge = inFrame(write.from + byte);
        picture.append(svg('line', { x1: edge, x2: edge, y1: 31, y2: 34, class: 'edge' }), svg('line', { x1: edge, x2: edge, y1: 42, y2: 44, class: 'edge' }));
      }
    }
    if (row.state === 'held' && row.cuts) {
      row.cuts.slice(1).forEach((cut, index) => {
        const begin = row.cuts[index];
        picture.append(box(inFrame(begin), (cut - begin) * scale, 31, 13, 'plan', [`waits · ${bytes(cut - begin)}`, 'waits', `${cut - begin}`], 'wt'));
      });
    }
  }
  return picture;
}

/** Breaks a JSON text into lines, without changing a character of it. */
function unfold(text) {
  if (!/^\s*[{[]/.test(text)) return text;
  let out = '';
  let depth = 0;
  let quoted = false;
  const line = () => `\n${'  '.repeat(Math.min(depth, 40))}`;
  for (let i = 0; i < text.length; i += 1) {
    const c = text[i];
    if (quoted) {
      out += c;
      if (c === '\\') { out += text[i + 1] || ''; i += 1; } else if (c === '"') quoted = false;
    } else if (c === '"') { quoted = true; out += c; } else if (c === '{' || c === '[') {
      const closes = text[i + 1] === '}' || text[i + 1] === ']';
      depth += 1;
      out += c + (closes ? '' : line());
    } else if (c === '}' || c === ']') {
      const opened = text[i - 1] === '{' || text[i - 1] === '[';
      depth = Math.max(depth - 1, 0);
      out += (opened ? '' : line()) + c;
    } else if (c === ',') out += c + line();
    else if (c === ':') out += ': ';
    else if (!/\s/.test(c)) out += c;
  }
  return out;
}

/** A text with its `error` key marked. */
function marked(text) {
  const found = /"error"(?=\s*:)/.exec(text);
  if (!found) return [text];
  const mark = document.createElement('mark');
  mark.textContent = found[0];
  return [text.slice(0, found.index), mark, text.slice(found.index + found[0].length)];
}
