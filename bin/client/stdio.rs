//! Standard input and output, which another program may have made non-blocking.
//!
//! `O_NONBLOCK` belongs to the open file and not to a process: a program that shares the terminal or
//! the pipe can set it, also while this client runs. Then a read or a write that would have to wait
//! fails with `EAGAIN`. So everything here waits by itself.

use std::io::{self, BufRead, ErrorKind};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::termios::{QueueSelector, tcflush};

/// How long nothing may come until a paste counts as over.
const QUIET: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// How often what comes is discarded before the sender is taken for endless.
const FLUSHES: usize = 100;

/// Reads up to the next newline, as [`BufRead::read_until`] does, and waits for it.
///
/// # Errors
/// When the input cannot be read.
pub(crate) fn read_line(input: &mut io::StdinLock<'_>, line: &mut Vec<u8>) -> io::Result<()> {
    loop {
        match input.read_until(b'\n', line) {
            // What was read before the error is in `line`; the next call goes on there.
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wait(&io::stdin(), PollFlags::IN, None)?;
            }
            read => return read.map(drop),
        }
    }
}

/// Prints the lines to standard output, all at once.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn print(lines: &[impl AsRef<str>]) -> io::Result<()> {
    let text: String = lines.iter().flat_map(|line| [line.as_ref(), "\n"]).collect();
    write_all(&mut io::stdout().lock(), text.as_bytes())
}

/// Prints the text and a newline to standard error. Where that fails there is nobody left to tell.
pub(crate) fn print_error(text: &str) {
    let _ = write_all(&mut io::stderr().lock(), format!("{text}\n").as_bytes());
}

/// Writes past the buffer of the standard library, which does not say how much of it was written
/// when a write fails.
fn write_all(out: &mut impl AsFd, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match rustix::io::write(&out, bytes).map_err(io::Error::from) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            #[expect(
                clippy::indexing_slicing,
                reason = "a write returns at most the length that it was given"
            )]
            Ok(written) => bytes = &bytes[written..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                wait(out, PollFlags::OUT, None)?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes the terminal wait in reads and writes again. The line editor expects that.
///
/// # Errors
/// When the system refuses.
pub(crate) fn make_blocking() -> io::Result<()> {
    clear_flag(&io::stdin())?;
    clear_flag(&io::stdout())
}

fn clear_flag(file: &impl AsFd) -> io::Result<()> {
    let flags = fcntl_getfl(file)?;
    if flags.contains(OFlags::NONBLOCK) {
        fcntl_setfl(file, flags - OFlags::NONBLOCK)?;
    }
    Ok(())
}

/// Discards what was typed and not read yet.
pub(crate) fn discard_input() {
    let stdin = io::stdin();
    for _ in 0..FLUSHES {
        let flushed = tcflush(&stdin, QueueSelector::IFlush).is_ok();
        if !flushed || !wait(&stdin, PollFlags::IN, Some(&QUIET)).unwrap_or(false) {
            return;
        }
    }
}

/// Waits until the file is ready; false when the timeout has passed before.
fn wait(file: &impl AsFd, ready: PollFlags, timeout: Option<&Timespec>) -> io::Result<bool> {
    match poll(&mut [PollFd::new(file, ready)], timeout).map_err(io::Error::from) {
        Ok(ready) => Ok(ready > 0),
        // The caller looks again anyway.
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(error),
    }
}
