//! The modes of the terminal while no line is edited.
//!
//! The editor has its own modes. Between two lines, for example while the client sends a paste, the terminal
//! would show the keys that the person presses as `^M` or `^[[A`, in the middle of other lines. In these modes
//! it shows nothing and keeps the keys for the next line. Ctrl-C stays a signal, and does not discard these keys.
//!
//! The terminal marks pastes all the time, and not only while the editor is on. A text that is pasted while the client
//! waits is then one paste for the next line, too, and not many lines that seem to be typed.

use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::stdio;

/// Makes the terminal mark pastes, and not mark them.
const MARKS: &str = "\x1b[?2004h";
const NO_MARKS: &str = "\x1b[?2004l";

/// Terminal modes without an echo, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Silence {
    before: Modes,
}

/// The modes that the terminal at standard input had at some time.
#[derive(Debug, Clone)]
pub(crate) struct Modes {
    attributes: Termios,
    marks_pastes: bool,
}

impl Modes {
    /// The modes that the terminal has now, while the client uses it.
    ///
    /// # Errors
    /// When standard input is no terminal, or no longer one.
    pub(crate) fn now() -> io::Result<Modes> {
        Ok(Modes { attributes: tcgetattr(io::stdin())?, marks_pastes: true })
    }

    /// Gives the terminal these modes.
    pub(crate) fn restore(&self) {
        // A terminal that is gone needs no modes.
        let _ = self.set();
    }

    fn set(&self) -> io::Result<()> {
        tcsetattr(io::stdin(), OptionalActions::Drain, &self.attributes)?;
        stdio::print_raw(if self.marks_pastes { MARKS } else { NO_MARKS })
    }
}

impl Silence {
    /// Sets the modes of the terminal at standard input.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn begin() -> io::Result<Silence> {
        let mut modes = Modes::now()?;
        let before = Modes { marks_pastes: false, ..modes.clone() };
        let local = &mut modes.attributes.local_modes;
        local.remove(LocalModes::ECHO | LocalModes::ICANON);
        local.insert(LocalModes::NOFLSH);
        // From here on, an error restores the modes.
        let silence = Silence { before };
        modes.set()?;
        Ok(silence)
    }

    /// Makes the terminal mark pastes again: a shell in the foreground may have ended that.
    pub(crate) fn mark_pastes(&self) {
        let _ = stdio::print_raw(MARKS);
    }

    /// The modes from before the client, which the terminal gets back in the end.
    pub(crate) fn before(&self) -> Modes {
        self.before.clone()
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        self.before.restore();
    }
}
