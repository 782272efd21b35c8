//! Asks for a password at the terminal, without showing it.
//!
//! The terminal goes on hiding what is typed until it is told otherwise, also after the program is
//! gone. So a signal that ends or stops the program gives the terminal back first.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::{flag, low_level};

/// What a person or a shell sends to end or to stop a program.
const SIGNALS: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];

/// A terminal that does not show what is typed, until it is dropped.
pub(crate) struct Prompt {
    tty: File,
    /// How the terminal was.
    modes: Termios,
    signals: Signals,
}

impl Prompt {
    /// Takes the terminal of this process.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn open() -> io::Result<Prompt> {
        let tty = OpenOptions::new().read(true).write(true).open("/dev/tty")?;
        let modes = tcgetattr(&tty)?;
        let prompt = Prompt { tty, modes, signals: Signals::catch()? };
        prompt.hide()?;
        Ok(prompt)
    }

    /// Asks for one line.
    ///
    /// # Errors
    /// When the terminal cannot be read, has ended, or the line is not UTF-8.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<String> {
        self.tty.write_all(question.as_bytes())?;
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            if let Some(signal) = self.wait()? {
                self.obey(signal)?;
                // The program was stopped and goes on: what was typed of the line is gone.
                line.clear();
                self.tty.write_all(question.as_bytes())?;
                continue;
            }
            let mut buffer = [0; 1024];
            match self.tty.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                #[expect(
                    clippy::indexing_slicing,
                    reason = "a read returns at most the length of the buffer"
                )]
                Ok(length) => line.extend(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // The newline that was typed is hidden like the rest.
        self.tty.write_all(b"\n")?;
        let line = String::from_utf8(line)
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, "the input is not UTF-8"))?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Waits for a line; gives the signal that came instead.
    fn wait(&self) -> io::Result<Option<i32>> {
        loop {
            let mut files = [
                PollFd::new(&self.tty, PollFlags::IN),
                PollFd::new(&self.signals.pipe, PollFlags::IN),
            ];
            match poll(&mut files, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(signal) = self.signals.take() {
                return Ok(Some(signal));
            }
            if files.first().is_some_and(|tty| !tty.revents().is_empty()) {
                return Ok(None);
            }
        }
    }

    /// Does what the signal says, with the terminal as it was. Returns when the program was stopped
    /// and goes on.
    fn obey(&self, signal: i32) -> io::Result<()> {
        self.show();
        let _ = (&self.tty).write_all(b"\n");
        low_level::emulate_default_handler(signal)?;
        self.hide()
    }

    fn hide(&self) -> io::Result<()> {
        let mut modes = self.modes.clone();
        modes.local_modes -= LocalModes::ECHO | LocalModes::ECHONL;
        Ok(tcsetattr(&self.tty, OptionalActions::Drain, &modes)?)
    }

    fn show(&self) {
        // A terminal that is gone shows nothing anyway.
        let _ = tcsetattr(&self.tty, OptionalActions::Drain, &self.modes);
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        self.show();
        self.signals.let_go();
    }
}

/// The signals that came while the terminal hides what is typed.
struct Signals {
    /// The last one; zero is none.
    last: Arc<AtomicUsize>,
    /// Has a byte for each.
    pipe: UnixStream,
    /// They do again what they do by default.
    released: Arc<AtomicBool>,
}

impl Signals {
    fn catch() -> io::Result<Signals> {
        let (last, released) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (pipe, woken) = UnixStream::pair()?;
        pipe.set_nonblocking(true)?;
        woken.set_nonblocking(true)?;
        for signal in SIGNALS {
            flag::register_conditional_default(signal, Arc::clone(&released))?;
            let number = usize::try_from(signal).map_err(io::Error::other)?;
            flag::register_usize(signal, Arc::clone(&last), number)?;
            low_level::pipe::register(signal, woken.try_clone()?)?;
        }
        Ok(Signals { last, pipe, released })
    }

    fn take(&self) -> Option<i32> {
        while (&self.pipe).read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
        i32::try_from(self.last.swap(0, Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
    }

    /// Leaves the signals to the system again; does what the last one says, if nobody has.
    fn let_go(&self) {
        self.released.store(true, Ordering::SeqCst);
        if let Some(signal) = self.take() {
            let _ = low_level::emulate_default_handler(signal);
        }
    }
}
