//! Asks for a password at the terminal, without showing it.
//!
//! A terminal keeps hiding input until a program resets it, even after the program that asked for
//! it has ended. So this module restores the terminal before a signal ends or stops the program.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};
use signal_hook::{flag, low_level};

/// The signals with which a person or a shell ends or stops a program.
const SIGNALS: [i32; 5] = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];

/// The terminal, with hidden input until the value is dropped.
pub(crate) struct Prompt {
    tty: File,
    /// The original modes of the terminal.
    modes: Termios,
    signals: Signals,
}

impl Prompt {
    /// Opens the terminal of this process and hides its input.
    ///
    /// # Errors
    /// When the process has no terminal.
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
    /// When the terminal cannot be read or is closed, or the line is not UTF-8.
    pub(crate) fn ask(&mut self, question: &str) -> io::Result<String> {
        self.tty.write_all(question.as_bytes())?;
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            if let Some(signal) = self.wait()? {
                self.handle(signal)?;
                // The program was stopped and continues; the terminal dropped the partial line.
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
        // The terminal hides the typed newline like the other input.
        self.tty.write_all(b"\n")?;
        let line = String::from_utf8(line)
            .map_err(|_| io::Error::new(ErrorKind::InvalidData, "the input is not UTF-8"))?;
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Waits for input; returns the signal if one arrives first.
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

    /// Restores the terminal and lets the signal have its default effect. Returns if the program
    /// was stopped and continues.
    fn handle(&self, signal: i32) -> io::Result<()> {
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
        // This fails only if the terminal is closed.
        let _ = tcsetattr(&self.tty, OptionalActions::Drain, &self.modes);
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        self.show();
        self.signals.release();
    }
}

/// The signals that arrive while the terminal hides input.
struct Signals {
    /// The last signal; zero if there is none.
    last: Arc<AtomicUsize>,
    /// Receives a byte for each signal.
    pipe: UnixStream,
    /// Whether the signals have their default effect again.
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

    /// Gives the signals their default effect again, also the last one if it is not handled yet.
    fn release(&self) {
        self.released.store(true, Ordering::SeqCst);
        if let Some(signal) = self.take() {
            let _ = low_level::emulate_default_handler(signal);
        }
    }
}
