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
    before: Modes,
}

/// The modes that the terminal at standard input had at some time.
#[derive(Debug, Clone)]
pub(crate) struct Modes(Termios);

impl Modes {
    /// The modes that the terminal has now.
    ///
    /// # Errors
    /// When standard input is no terminal, or no longer one.
    pub(crate) fn now() -> io::Result<Modes> {
        Ok(Modes(tcgetattr(io::stdin())?))
    }

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
        let before = Modes::now()?;
        let mut modes = before.0.clone();
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        modes.local_modes.insert(LocalModes::NOFLSH);
        tcsetattr(io::stdin(), OptionalActions::Drain, &modes)?;
        Ok(Silence { before })
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
