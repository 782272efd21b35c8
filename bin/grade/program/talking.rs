//! Input and output of a running program.

use std::io::{self, ErrorKind, Write};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::handle::{Program, lock};
use super::terminal;

impl Program {
    /// Writes to the program's input, if the program reads it in time.
    ///
    /// # Errors
    /// The program does not read in time, has ended, or its input is closed.
    pub(crate) fn write(&self, mut bytes: &[u8], until: Instant) -> io::Result<()> {
        let mut stdin = lock(&self.stdin);
        let stdin = stdin.as_mut().ok_or(ErrorKind::BrokenPipe)?;
        while !bytes.is_empty() {
            match stdin.write(bytes) {
                Ok(written) => bytes = bytes.split_at(written).1,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Err(ErrorKind::TimedOut.into());
                    }
                    let left = Timespec::try_from(left).map_err(io::Error::other)?;
                    // An interrupted wait only ends early.
                    let _ = poll(&mut [PollFd::new(stdin, PollFlags::OUT)], Some(&left));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Closes the input; at a terminal, types Ctrl-D.
    pub(crate) fn close_stdin(&self) {
        let stdin = lock(&self.stdin).take();
        if self.at_terminal
            && let Some(mut stdin) = stdin
        {
            // If the program has ended, it needs no end of input.
            let _ = stdin.write_all(&[terminal::END]);
        }
    }

    /// The output so far: both streams, in the order in which they were printed. If there was too much,
    /// only the end.
    pub(crate) fn output(&self) -> String {
        self.run.lock().output.text()
    }

    /// Number of bytes printed so far.
    pub(crate) fn printed(&self) -> u64 {
        self.run.lock().output.length()
    }

    /// Waits until `is_so` accepts the output after the first `after` bytes. Returns whether it did.
    /// The wait ends early when the program cannot print any more.
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
