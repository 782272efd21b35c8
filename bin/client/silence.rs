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
    before: Before,
}

/// The modes of the terminal from before the client.
#[derive(Debug, Clone)]
pub(crate) struct Before(Termios);

impl Before {
    /// Gives the terminal these modes.
    pub(crate) fn restore(&self) {
        // A terminal that is gone needs no modes.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
    }
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
        Ok(Silence { before: Before(before) })
    }

    /// The modes that the terminal gets back in the end.
    pub(crate) fn before(&self) -> Before {
        self.before.clone()
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        self.before.restore();
    }
}
