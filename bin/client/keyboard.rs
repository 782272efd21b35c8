//! The line editor: input lines, hidden input and the history.

use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rustyline::error::ReadlineError;
use rustyline::history::{FileHistory, History};
use rustyline::{
    ColorMode, CompletionType, Config, Editor, Event, EventHandler, ExternalPrinter, Prompt,
};
use signal_hook::consts::SIGINT;

use crate::attention::Attention;
use crate::completion::Completion;
use crate::conversation::Conversation;
use crate::draft::Draft;
use crate::history;
use crate::interrupts::Interrupts;
use crate::keys::{Continuing, Keys};
use crate::lines::without_colours;
use crate::masking::Masking;
use crate::own_line::OwnLine;
use crate::paste::Paste;
use crate::recalled::{Edits, Recalled};
use crate::resizing::{ERASE, Resizing, rows};
use crate::searching::{Printer, Searching};
use crate::silence::Silence;
use crate::stdio;
use crate::suspending::Suspending;

/// The line editor on this process's terminal.
pub(crate) struct Keyboard {
    editor: Editor<Completion, Recalled>,
    edits: Edits,
    masking: Masking,
    pub(crate) searching: Searching,
    paste: Paste,
    continuing: Continuing,
    /// Whether Ctrl-C was pressed outside of the editor.
    interrupted: Arc<AtomicBool>,
    resizing: Resizing,
    draft: Draft,
    own_line: OwnLine,
    pub(crate) attention: Attention,
    pub(crate) interrupts: Interrupts,
    /// The line that was interrupted, before and after the cursor.
    left: (String, String),
    history: Option<PathBuf>,
    /// The lines of the file. The editor also knows lines that are not saved.
    saved: FileHistory,
    /// Keys that are pressed between two lines are not shown.
    pub(crate) silence: Silence,
    pub(crate) suspending: Suspending,
}

/// The reason why the editor returned no line.
#[derive(Debug)]
pub(crate) enum NoLine {
    /// Ctrl-D, or the terminal is closed.
    End,
    /// Ctrl-C, or a signal.
    Interrupted {
        /// Whether the line had no text.
        was_empty: bool,
    },
    /// The input has a byte that is not UTF-8. The editor lost that byte and the rest of its read;
    /// the next line starts with the text before it.
    NotUtf8,
    /// The terminal cannot be read, for this reason.
    Failed(String),
}

/// How long the rest of a sequence of bytes may come after an Escape, in milliseconds. A terminal sends the whole
/// sequence of a key in one piece.
const SEQUENCE: u16 = 200;

impl Keyboard {
    /// Opens the editor on the terminal of this process; `None` if the terminal cannot move its
    /// cursor.
    pub(crate) fn open() -> Option<Keyboard> {
        // If this fails, the editor reports the error when it has to wait.
        let _ = stdio::make_blocking();
        let config = Config::builder()
            .completion_type(CompletionType::List)
            // While the editor waits for a second key, it shows no messages. So the first Tab shows all, without a
            // question, and Escape alone is a key after a moment.
            .completion_show_all_if_ambiguous(true)
            .completion_prompt_limit(usize::MAX)
            .keyseq_timeout(Some(SEQUENCE))
            // `Silence` makes the terminal mark pastes, also while the editor is off.
            .bracketed_paste(false)
            // The editor hides input with its highlighter, which it skips when colours are off. So
            // its colours stay on; `Style` decides about the client's own.
            .color_mode(ColorMode::Forced)
            .history_ignore_space(true)
            .history_ignore_dups(true)
            .and_then(|builder| builder.max_history_size(1000))
            .map(|builder| builder.build())
            .ok()?;
        let saved = FileHistory::with_config(&config);
        let edits = Edits::default();
        let history = Recalled::new(FileHistory::with_config(&config), edits.clone());
        let mut editor: Editor<Completion, _> = Editor::with_history(config, history).ok()?;
        editor.create_external_printer().ok()?;
        let (masking, searching) = (Masking::default(), Searching::default());
        let (paste, draft) = (Paste::default(), Draft::default());
        paste.listen();
        let own_line = OwnLine::default();
        let (continuing, attention) = (Continuing::default(), Attention::default());
        let interrupts = Interrupts::default();
        let silence = Silence::begin().ok()?;
        // Before other threads start.
        let suspending = Suspending::start(silence.before()).ok()?;
        let resizing = Resizing::start().ok()?;
        let keys = Keys {
            masking: masking.clone(),
            searching: searching.clone(),
            paste: paste.clone(),
            continuing: continuing.clone(),
            resizing: resizing.clone(),
            draft: draft.clone(),
            attention: attention.clone(),
            interrupts: interrupts.clone(),
            own_line: own_line.clone(),
            suspending: suspending.clone(),
        };
        editor.bind_sequence(Event::Any, EventHandler::Conditional(Box::new(keys)));
        let interrupted = Arc::new(AtomicBool::new(false));
        // Outside of the editor, Ctrl-C is a signal. It must not end the process.
        signal_hook::flag::register(SIGINT, Arc::clone(&interrupted)).ok()?;
        Some(Keyboard {
            editor,
            edits,
            masking,
            searching,
            paste,
            continuing,
            interrupted,
            resizing,
            draft,
            own_line,
            attention,
            interrupts,
            left: Default::default(),
            history: None,
            saved,
            silence,
            suspending,
        })
    }

    /// Completes from the state of this conversation.
    pub(crate) fn complete_from(&mut self, conversation: Conversation) {
        let (masking, draft) = (self.masking.clone(), self.draft.clone());
        let (searching, continuing) = (self.searching.clone(), self.continuing.clone());
        let (resizing, own_line) = (self.resizing.clone(), self.own_line.clone());
        self.editor.set_helper(Some(Completion {
            conversation,
            masking,
            searching,
            continuing,
            draft,
            edits: self.edits.clone(),
            resizing,
            own_line,
        }));
    }

    /// A printer for lines above the input line, which it leaves as it is.
    ///
    /// # Errors
    /// When the system refuses a pipe.
    pub(crate) fn printer(&mut self) -> io::Result<impl ExternalPrinter + use<>> {
        let inner = self.editor.create_external_printer().map_err(io::Error::other)?;
        let (resizing, searching) = (self.resizing.clone(), self.searching.clone());
        Ok(Printer { inner, resizing, searching })
    }

    /// Loads the history of earlier runs. The client also works without it.
    ///
    /// # Errors
    /// A line that says why the history cannot be read.
    pub(crate) fn remember(&mut self) -> Result<(), String> {
        self.history = history::file()?;
        if let Some(file) = &self.history {
            let loaded = self.saved.load(file).and_then(|()| self.editor.load_history(file));
            loaded.map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        }
        Ok(())
    }

    /// Adds a line to the history, and saves it immediately: the process may be killed later. A line that
    /// begins with a space is not added.
    pub(crate) fn remember_line(&mut self, line: &str) {
        let _ = self.editor.add_history_entry(line);
        if let Some(file) = &self.history
            && self.saved.add(line).and_then(|_| self.saved.append(file)).is_err()
        {
            // The client reports an unusable file once, at its start. A disk that fills up later
            // should not disturb the conversation.
            self.history = None;
        }
    }

    /// Adds a text to the history, so that the key Up brings it back, but does not save it: it may contain
    /// a secret.
    pub(crate) fn remember_unsaved(&mut self, text: &str) {
        self.editor.history_mut().ignore_space(false);
        let _ = self.editor.add_history_entry(text);
        self.editor.history_mut().ignore_space(true);
    }

    /// Reads the next line. It starts with the draft of the previous line if the editor dropped
    /// that.
    ///
    /// # Errors
    /// When the editor returns no line.
    pub(crate) fn line(&mut self, prompt: &impl Prompt) -> Result<String, NoLine> {
        self.own_line.forget();
        self.continuing.forget();
        // A paste that no one took is not for this line.
        self.paste.take_long();
        self.silence.mark_pastes();
        loop {
            let (before, after) = self.draft.get();
            self.resizing.begin(prompt.raw());
            let read = self.editor.readline_with_initial(prompt, (&before, &after));
            let resized = self.resizing.end();
            // The editor has left the search without a word, if one was on.
            self.searching.note(false);
            self.searching.wait_until_shown();
            if read.is_err() {
                // The signal that ended the editor may have come twice. A line that has ended was not ended by it: it
                // was a Ctrl-C just before the editor began.
                self.take_interrupt();
            }
            let error = match read {
                // The editor begins again where its line began.
                Err(ReadlineError::Interrupted) if let Some(rows) = resized => {
                    let _ = stdio::print_raw(&format!("\x1b[{rows}A"));
                    continue;
                }
                Ok(line) if let Some(position) = self.suspending.take_end() => {
                    self.suspending.stop();
                    self.draft.note(&line, position.min(line.len()));
                    continue;
                }
                Ok(line) if self.interrupts.take_end() => {
                    self.edits.clear();
                    return Err(self.interrupted((line, String::new())));
                }
                Ok(line) => {
                    self.edits.clear();
                    self.draft.clear();
                    return Ok(line);
                }
                Err(ReadlineError::Eof) => return Err(NoLine::End),
                Err(ReadlineError::Interrupted) => {
                    return Err(self.interrupted(self.draft.get()));
                }
                Err(ReadlineError::Io(error)) => error,
                Err(ReadlineError::Errno(error)) => io::Error::from(error),
                Err(error) => io::Error::other(error),
            };
            match error.kind() {
                ErrorKind::InvalidData => {
                    // Otherwise the rest of a paste would become a line without its beginning.
                    stdio::discard_input();
                    return Err(NoLine::NotUtf8);
                }
                ErrorKind::WouldBlock if stdio::make_blocking().is_ok() => {}
                _ => return Err(NoLine::Failed(error.to_string())),
            }
        }
    }

    /// Keeps the line that was interrupted, for the case that it is resumed.
    fn interrupted(&mut self, left: (String, String)) -> NoLine {
        self.draft.clear();
        let was_empty = left.0.is_empty() && left.1.is_empty();
        self.left = left;
        NoLine::Interrupted { was_empty }
    }

    /// Reads the next line, which may be a message. If it is one, its time and its sender replace the prompt. A line
    /// that ends before `from` is none.
    ///
    /// # Errors
    /// When the editor returns no line.
    pub(crate) fn message(
        &mut self,
        prompt: &impl Prompt,
        from: Option<Instant>,
    ) -> Result<String, NoLine> {
        self.own_line.want(from);
        let read = self.line(prompt);
        self.own_line.end();
        read
    }

    /// Whether the editor has shown the last line as a message.
    pub(crate) fn has_shown_message(&self) -> bool {
        self.own_line.message().is_some()
    }

    /// Whether the line ended because of a long paste.
    pub(crate) fn has_long_paste(&self) -> bool {
        self.paste.has_long()
    }

    /// The text that the person means with a finished line.
    pub(crate) fn text_of<'l>(&self, line: &'l str) -> Cow<'l, str> {
        self.continuing.text_of(line)
    }

    /// Takes a long paste, with the line around it: that line ended because of the paste.
    pub(crate) fn take_long_paste(&self) -> Option<String> {
        self.paste.take_long()
    }

    /// Whether Ctrl-C was pressed outside of the editor since the last call.
    pub(crate) fn take_interrupt(&self) -> bool {
        self.interrupted.swap(false, Ordering::Relaxed)
    }

    /// Takes the interrupted line and its prompt from the screen, and starts the next line with it.
    pub(crate) fn resume(&mut self, prompt: &str) {
        let (before, after) = std::mem::take(&mut self.left);
        let line = before.clone() + &after;
        self.erase(prompt, &line);
        self.draft.note(&line, before.len());
    }

    /// Starts the next line with this text.
    pub(crate) fn propose(&self, line: &str) {
        self.draft.note(line, line.len());
    }

    /// Takes the prompt of the interrupted line from the screen, if the line has no text.
    pub(crate) fn erase_empty(&self, prompt: &str) {
        if self.left.0.is_empty() && self.left.1.is_empty() {
            self.erase(prompt, "");
        }
    }

    /// Forgets the interrupted line, which is not resumed.
    pub(crate) fn forget_interrupted(&mut self) {
        self.left = Default::default();
    }

    /// Removes a line and its prompt, which the editor has just left, from the screen.
    pub(crate) fn erase(&self, prompt: &str, line: &str) {
        let shown = match self.own_line.message() {
            Some(message) => without_colours(&message),
            None => format!("{prompt}{line}"),
        };
        let rows = rows(&shown, stdio::columns());
        let _ = stdio::print_raw(&format!("\x1b[{rows}A{ERASE}"));
    }

    /// Takes the text of the next line, because another line comes first.
    pub(crate) fn set_aside(&self) -> (String, String) {
        let draft = self.draft.get();
        self.draft.clear();
        draft
    }

    /// Starts the next line with a text that was set aside.
    pub(crate) fn take_up(&self, (before, after): &(String, String)) {
        self.draft.note(&format!("{before}{after}"), before.len());
    }

    /// Reads the next line; hides the input and does not remember it.
    ///
    /// # Errors
    /// When the editor returns no line.
    pub(crate) fn secret(&mut self, prompt: &String) -> Result<String, NoLine> {
        self.masking.set(true);
        let read = self.line(prompt);
        self.masking.set(false);
        self.draft.clear();
        if !matches!(read, Err(NoLine::Interrupted { .. })) {
            self.forget_interrupted();
        }
        // A pasted secret may end with a newline.
        read.map(|secret| secret.trim_end_matches(['\r', '\n']).to_owned())
    }
}
