//! The line editor: what a person types, what must not be seen of it, and what is remembered.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{
    ColorMode, CompletionType, Config, Editor, Event, EventHandler, ExternalPrinter, Prompt,
};

use crate::completion::Completion;
use crate::conversation::Conversation;
use crate::draft::Draft;
use crate::history;
use crate::masking::Masking;
use crate::stdio;

/// A keyboard, and the line on the screen that is typed on it.
pub(crate) struct Keyboard {
    editor: Editor<Completion, FileHistory>,
    masking: Masking,
    draft: Draft,
    history: Option<PathBuf>,
}

/// Why there is no line.
#[derive(Debug)]
pub(crate) enum NoLine {
    /// Ctrl-D, or a terminal that is gone.
    End,
    /// Ctrl-C, or a signal.
    Interrupted,
    /// A byte was typed that is not UTF-8. The byte and what came with it are lost; the next line
    /// begins with what was typed before.
    NotUtf8,
    /// The terminal cannot be read; this is why.
    Failed(String),
}

impl Keyboard {
    /// The terminal of this process; `None` if it cannot move its cursor.
    pub(crate) fn open() -> Option<Keyboard> {
        // If the system refuses, the editor says so when it has to wait.
        let _ = stdio::make_blocking();
        let config = Config::builder()
            .completion_type(CompletionType::List)
            // The editor takes hiding for a matter of colours, and leaves both out when it is
            // told to. Ours are left out by `Style`.
            .color_mode(ColorMode::Forced)
            .history_ignore_space(true)
            .history_ignore_dups(true)
            .and_then(|builder| builder.max_history_size(1000))
            .map(|builder| builder.build())
            .ok()?;
        let mut editor: Editor<Completion, FileHistory> = Editor::with_config(config).ok()?;
        editor.create_external_printer().ok()?;
        let masking = Masking::default();
        let keys = EventHandler::Conditional(Box::new(masking.clone()));
        editor.bind_sequence(Event::Any, keys);
        Some(Keyboard { editor, masking, draft: Draft::default(), history: None })
    }

    /// Completes from what this conversation knows.
    pub(crate) fn complete_from(&mut self, conversation: Conversation) {
        let (masking, draft) = (self.masking.clone(), self.draft.clone());
        self.editor.set_helper(Some(Completion { conversation, masking, draft }));
    }

    /// What prints above the line that is typed, and leaves that line as it was.
    ///
    /// # Errors
    /// When the system has no pipe for it.
    pub(crate) fn printer(&mut self) -> io::Result<impl ExternalPrinter + use<>> {
        self.editor.create_external_printer().map_err(io::Error::other)
    }

    /// Takes up what was typed in earlier runs. Without it the client works as well.
    ///
    /// # Errors
    /// When there is no reading it, in one line.
    pub(crate) fn remember(&mut self) -> Result<(), String> {
        self.history = history::file()?;
        if let Some(file) = &self.history {
            let failed = |error| format!("{}: {error}", file.display());
            self.editor.load_history(file).map_err(failed)?;
        }
        Ok(())
    }

    /// Remembers a line, now and for later runs. At once, since a process may be killed.
    pub(crate) fn remember_line(&mut self, line: &str) {
        let added = self.editor.add_history_entry(line).unwrap_or(false);
        if let (true, Some(file)) = (added, &self.history)
            && self.editor.append_history(file).is_err()
        {
            // It was said once, at the start, if it cannot be written; a full disk is no reason
            // to disturb a conversation.
            self.history = None;
        }
    }

    /// The next line. It begins with what was typed of the one before, where the editor gave that up.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn line(&mut self, prompt: &impl Prompt) -> Result<String, NoLine> {
        loop {
            let (before, after) = self.draft.get();
            let error = match self.editor.readline_with_initial(prompt, (&before, &after)) {
                Ok(line) => {
                    self.draft.clear();
                    return Ok(line);
                }
                // The window was resized before the line was set up; the next one knows its size.
                Err(ReadlineError::Signal(_)) => continue,
                Err(ReadlineError::Eof) => return Err(NoLine::End),
                Err(ReadlineError::Interrupted) => {
                    self.draft.clear();
                    return Err(NoLine::Interrupted);
                }
                Err(ReadlineError::Io(error)) => error,
                Err(ReadlineError::Errno(error)) => io::Error::from(error),
                Err(error) => io::Error::other(error),
            };
            match error.kind() {
                ErrorKind::InvalidData => {
                    // Else the rest of a paste, without its beginning, would be typed.
                    stdio::discard_input();
                    return Err(NoLine::NotUtf8);
                }
                ErrorKind::WouldBlock if stdio::make_blocking().is_ok() => {}
                _ => return Err(NoLine::Failed(error.to_string())),
            }
        }
    }

    /// Begins the next line with this.
    pub(crate) fn begin_with(&mut self, line: &str) {
        self.draft.note(line, line.len());
    }

    /// The next line, unseen and not remembered.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn secret(&mut self, prompt: &String) -> Result<String, NoLine> {
        self.masking.set(true);
        let read = self.line(prompt);
        self.masking.set(false);
        // What was pasted may end with the end of its line.
        read.map(|secret| secret.trim_end_matches(['\r', '\n']).to_owned())
    }
}
