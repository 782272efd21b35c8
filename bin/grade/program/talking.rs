//! What is typed to a program, and what it prints.

use std::io::{self, ErrorKind, Write};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::terminal;
use super::{Program, lock};

impl Program {
    /// Types this, if it reads it in time.
    ///
    /// # Errors
    /// It does not read, has ended, or its input is closed.
    pub(crate) fn write(&self, mut bytes: &[u8], until: Instant) -> io::Result<()> {
        let mut stdin = lock(&self.stdin);
        let stdin = stdin.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        while !bytes.is_empty() {
            match stdin.write(bytes) {
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(ErrorKind::TimedOut.into());
                    }
                    let left = Timespec::try_from(left).map_err(io::Error::other)?;
                    // An interrupted wait is one that ends early.
                    let _ = poll(&mut [PollFd::new(stdin, PollFlags::OUT)], Some(&left));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Its input ends here: at a terminal somebody presses Ctrl-D.
    pub(crate) fn close_stdin(&self) {
        let stdin = lock(&self.stdin).take();
        if self.at_terminal
            && let Some(mut stdin) = stdin
        {
            // Whoever is not there any more needs no end.
            let _ = stdin.write_all(&[terminal::END]);
        }
    }

    /// What it has printed so far, on whichever output, in the order in which it did; of too much
    /// the end.
    pub(crate) fn output(&self) -> String {
        self.run.lock().output.text()
    }

    /// How many bytes it has printed so far.
    pub(crate) fn printed(&self) -> u64 {
        self.run.lock().output.length()
    }

    /// Waits until what it has printed after so many bytes is so; says whether it ever was. Waits
    /// no longer when it cannot print any more.
    pub(crate) fn wait_output(
        &self,
        after: u64,
        mut is_so: impl FnMut(&[u8]) -> bool,
        until: Instant,
    ) -> bool {
        let asked = self.run.wait(until, |state| {
            let so = is_so(state.output.since(after));
            (so || state.output.closed || state.condemned).then_some(so)
        });
        asked == Some(true)
    }
}
