//! The modes of the terminal while no line is edited.
//!
//! The editor has its own modes. Between two lines, for example while the client sends a paste, the terminal
//! would show the keys that the person presses as `^M` or `^[[A`, in the middle of other lines. In these modes
//! it shows nothing and keeps the keys for the next line. Ctrl-C stays a signal, and does not discard these keys.

use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Terminal modes without an echo, until this value is dropped.
#[derive(Debug)]
pub(crate) struct Silence {
    /// The modes of before.
    before: Termios,
}

impl Silence {
    /// Sets the modes of the terminal at standard input.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn begin() -> io::Result<Silence> {
        let before = tcgetattr(io::stdin())?;
        let mut modes = before.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        modes.local_modes.insert(LocalModes::NOFLSH);
        tcsetattr(io::stdin(), OptionalActions::Drain, &modes)?;
        Ok(Silence { before })
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone needs no modes.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.before);
    }
}
