// A file that is opened: a transcript or a recording, one step at a time.

/** Greatest number of bytes of a file that the page opens. The program itself opens longer ones. */
const LARGEST = 1 << 20;

/** The model of the program. `view.model` is another one while a file is open. */
view.live = view.model;

/** The rows up to the step that is shown. */
function shownRows() {
  return view.shown === Infinity ? view.model.rows : view.model.rows.slice(0, view.shown);
}

function aboutStep() {
  const count = view.model.rows.length;
  return view.shown === Infinity ? count === 1 ? '1 step' : `all ${count.toLocaleString('en')} steps` : `step ${view.shown.toLocaleString('en')} of ${count.toLocaleString('en')}`;
}

/** Shows the first steps, or all. The newest of them is selected. */
function showSteps(count) {
  if (!view.file) return;
  view.shown = count === Infinity ? count : Math.min(Math.max(count, 1), Math.max(view.model.rows.length, 1));
  view.follow = view.shown !== Infinity;
  if (view.shown === Infinity) list.scrollTop = 0;
  choose(view.shown === Infinity ? null : view.model.rows[view.shown - 1] || null);
  refresh();
  if (view.shown === Infinity) chooseWrong();
}

/** Selects the place where a check of `grade` failed: people open the recording to see it. */
function chooseWrong() {
  const wrong = view.model.rows.find((row) => row.wrong);
  if (wrong) { view.follow = false; choose(wrong); }
}

function stepFile(step) {
  if (!view.file) { tellNotice('open a file first'); return; }
  showSteps((view.shown === Infinity ? (step > 0 ? 0 : view.model.rows.length) : view.shown) + step);
}

/** Shows another model: nothing of the one before is on the page any more. */
function change(model, file) {
  view.model = model;
  view.file = file;
  view.unfolded.clear();
  for (const item of view.elements.values()) item.remove();
  view.elements.clear();
  Object.assign(view, { chosen: null, shown: Infinity, heads: null, panel: null, follow: !file });
  list.setAttribute('aria-activedescendant', '');
}

/** Shows the events of a file. */
function showFile(name, events) {
  const model = newModel();
  fold(model, 0, events);
  change(model, visible(name));
  showSteps(model.about?.lines ? 1 : Infinity);
  list.focus();
}

function shutFile() {
  change(view.live, null);
  list.focus();
  refresh();
}

/** Reads a file and lets the program parse it. */
async function openFile(file) {
  if (!file) return;
  if (file.size > LARGEST) { tellNotice('the page opens files of up to 1 MiB; start inspect with the file'); return; }
  try {
    const text = await file.text();
    const answer = await fetch('open', { method: 'POST', body: JSON.stringify({ name: file.name, text }) });
    const { events, error } = await answer.json();
    if (events) showFile(file.name, events);
    else ask(`${visible(file.name)} has an error`, [el('pre', {}, error)], null);
  } catch {
    tellNotice('inspect cannot read the file');
  }
}

/** The buttons of the steps, and which of the others make sense. */
function drawSteps() {
  // The program has opened a file: its events have come in the stream.
  if (view.recorded && !view.file && view.live.about?.lines) {
    change(view.live, visible(view.live.about.listen));
    showSteps(1);
    return;
  }
  if (view.recorded && !view.file && view.live.rows.length) {
    // A recording of `grade` has the name of its check.
    view.file = view.live.about?.program ? visible(view.live.about.listen) : 'recording';
    chooseWrong();
    plan();
  }
  document.body.classList.toggle('file', Boolean(view.file));
  byId('steps').hidden = !view.file;
  byId('shut').hidden = view.model === view.live || Boolean(byId('recording'));
  byId('open').hidden = Boolean(byId('recording'));
  byId('save').hidden = !view.model.transcript && (view.model !== view.live || Boolean(view.model.about?.lines));
  byId('all').setAttribute('aria-pressed', String(view.shown === Infinity));
}

/** Saves the transcript that a recording brings, or says why it brings none. The program writes the others. */
byId('save').onclick = (event) => {
  const { transcript, about } = view.model;
  if (!transcript) return;
  event.preventDefault();
  const name = visible(about?.listen || 'conversation');
  if (!transcript.text) { ask(`${name} has no transcript`, [el('p', {}, `${visible(transcript.why)}.`)], null); return; }
  const url = URL.createObjectURL(new Blob([transcript.text], { type: 'text/plain' }));
  el('a', { href: url, download: `${name}.chat` }).click();
  URL.revokeObjectURL(url);
};

byId('previous').onclick = () => stepFile(-1);
byId('next').onclick = () => stepFile(1);
byId('all').onclick = () => showSteps(view.shown === Infinity ? 1 : Infinity);
byId('shut').onclick = shutFile;
byId('open').onclick = () => byId('file').click();
byId('file').onchange = (event) => { openFile(event.target.files[0]); event.target.value = ''; };
addEventListener('dragover', (event) => { event.preventDefault(); document.body.classList.add('over'); });
addEventListener('dragleave', () => document.body.classList.remove('over'));
addEventListener('drop', (event) => {
  event.preventDefault();
  document.body.classList.remove('over');
  if (!byId('recording')) openFile(event.dataTransfer.files[0]);
});
