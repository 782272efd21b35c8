//! Standard input and output that may be non-blocking.
//!
//! `O_NONBLOCK` belongs to the open file and not to a process: a program that shares the terminal or
//! the pipe can set it, also while the client runs. Then a read or a write that would have to wait
//! fails with `EAGAIN`. So the functions here call `poll` to wait.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::termios::{QueueSelector, tcflush, tcgetwinsize};

/// A paste counts as finished when no input has arrived for this long.
const QUIET: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
/// The most attempts to discard a paste; input that goes on after them counts as endless.
const FLUSHES: usize = 100;

/// Standard input with a buffer that shows whether the next read waits for input.
///
/// # Errors
/// When the system refuses a file descriptor.
pub(crate) fn input() -> io::Result<BufReader<File>> {
    Ok(BufReader::new(io::stdin().as_fd().try_clone_to_owned()?.into()))
}

/// Appends the input up to the next newline or its end to `line`, and waits for input if necessary. Returns
/// `false` if `stop` can be read first.
///
/// # Errors
/// When the input cannot be read.
pub(crate) fn read_line(
    input: &mut BufReader<File>,
    line: &mut Vec<u8>,
    stop: &impl AsFd,
) -> io::Result<bool> {
    loop {
        if input.buffer().is_empty() && !comes_before(input.get_ref(), stop)? {
            return Ok(false);
        }
        let read = match input.fill_buf() {
            Ok(read) => read,
            Err(error)
                if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) =>
            {
                continue;
            }
            Err(error) => return Err(error),
        };
        let part = read.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        line.extend_from_slice(part);
        let (count, is_end) = (part.len(), part.is_empty() || part.ends_with(b"\n"));
        input.consume(count);
        if is_end {
            return Ok(true);
        }
    }
}

/// Waits until one of the files can be read. Returns whether it is the first one, maybe with the other.
fn comes_before(input: &File, stop: &impl AsFd) -> io::Result<bool> {
    loop {
        let mut files = [PollFd::new(input, PollFlags::IN), PollFd::new(stop, PollFlags::IN)];
        match poll(&mut files, None).map_err(io::Error::from) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(_) => return Ok(!files[0].revents().is_empty()),
        }
    }
}

/// Prints the lines to standard output, in one write if possible.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn print(lines: &[impl AsRef<str>]) -> io::Result<()> {
    let text: String = lines.iter().flat_map(|line| [line.as_ref(), "\n"]).collect();
    write_all(&mut io::stdout().lock(), text.as_bytes())
}

/// Prints the text and a newline to standard error. An error there cannot be reported anywhere.
pub(crate) fn print_error(text: &str) {
    let _ = write_all(&mut io::stderr().lock(), format!("{text}\n").as_bytes());
}

/// Writes all bytes without the buffer of the standard library: after a failed write, that does not
/// report how many bytes were written.
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

/// Makes reads and writes of the terminal block again, as the line editor expects.
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

/// The number of columns of the terminal, if standard output is one and knows it.
pub(crate) fn width() -> Option<usize> {
    let columns = tcgetwinsize(io::stdout()).ok()?.ws_col;
    (columns > 0).then_some(usize::from(columns))
}

/// The number of rows of the terminal, if standard output is one and knows it.
pub(crate) fn height() -> Option<usize> {
    let rows = tcgetwinsize(io::stdout()).ok()?.ws_row;
    (rows > 0).then_some(usize::from(rows))
}

/// The number of columns for which the line editor draws.
pub(crate) fn columns() -> usize {
    width().unwrap_or(80)
}

/// Moves the cursor to the last row of the window, if it has the number of rows. The rows of before go up.
pub(crate) fn go_down() {
    let _ = print_raw(&"\n".repeat(height().unwrap_or(0).saturating_sub(1)));
}

/// Prints a text without a newline to standard output.
///
/// # Errors
/// When the output cannot be written.
pub(crate) fn print_raw(text: &str) -> io::Result<()> {
    write_all(&mut io::stdout().lock(), text.as_bytes())
}

/// Discards input that is not read yet.
pub(crate) fn discard_input() {
    let stdin = io::stdin();
    for _ in 0..FLUSHES {
        let flushed = tcflush(&stdin, QueueSelector::IFlush).is_ok();
        if !flushed || !wait(&stdin, PollFlags::IN, Some(&QUIET)).unwrap_or(false) {
            return;
        }
    }
}

/// Waits until the file is ready. Returns `false` if the timeout passes first.
fn wait(file: &impl AsFd, ready: PollFlags, timeout: Option<&Timespec>) -> io::Result<bool> {
    match poll(&mut [PollFd::new(file, ready)], timeout).map_err(io::Error::from) {
        Ok(ready) => Ok(ready > 0),
        // The caller tries again in any case.
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
        Err(error) => Err(error),
    }
}
