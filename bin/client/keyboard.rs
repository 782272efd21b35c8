//! The line editor: what a person types, what must not be seen of it, and what is remembered.

use std::io;
use std::path::PathBuf;

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{
    ColorMode, CompletionType, Config, Editor, Event, EventHandler, ExternalPrinter, Prompt,
};

use crate::completion::Completion;
use crate::conversation::Conversation;
use crate::history;
use crate::masking::Masking;

/// A keyboard, and the line on the screen that is typed on it.
pub(crate) struct Keyboard {
    editor: Editor<Completion, FileHistory>,
    masking: Masking,
    history: Option<PathBuf>,
}

impl Keyboard {
    /// The terminal of this process; `None` if it cannot move its cursor.
    pub(crate) fn open() -> Option<Keyboard> {
        let config = Config::builder()
            .completion_type(CompletionType::List)
            // The editor takes hiding for a matter of colours, and leaves both out when it is
            // told to. Ours are left out by `Look`.
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
        Some(Keyboard { editor, masking, history: None })
    }

    /// Completes from what this conversation knows.
    pub(crate) fn complete_from(&mut self, conversation: Conversation) {
        let masking = self.masking.clone();
        self.editor.set_helper(Some(Completion { conversation, masking }));
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

    /// The next line.
    ///
    /// # Errors
    /// When there is none: Ctrl-C, Ctrl-D, a signal, or a terminal that cannot be read.
    pub(crate) fn line(&mut self, prompt: &impl Prompt) -> Result<String, ReadlineError> {
        loop {
            match self.editor.readline(prompt) {
                // The window was resized before the line was set up; the next one knows its size.
                Err(ReadlineError::Signal(_)) => {}
                read => return read,
            }
        }
    }

    /// The next line, unseen and not remembered.
    ///
    /// # Errors
    /// As for a [`line`](Keyboard::line).
    pub(crate) fn secret(&mut self, prompt: &String) -> Result<String, ReadlineError> {
        self.masking.turn(true);
        let read = self.line(prompt);
        self.masking.turn(false);
        // What was pasted may end with the end of its line.
        read.map(|secret| secret.trim_end_matches(['\r', '\n']).to_owned())
    }
}
