//! What a graded program prints: read as it comes, so that it never waits for us, and kept within
//! bounds.

use std::fs::File;
use std::io::{self, ErrorKind, PipeReader, Read};
use std::os::fd::OwnedFd;
use std::sync::Arc;

use rustix::event::{PollFd, PollFlags, poll};

use super::run::Run;

/// How many lines are its last words, and how many characters these may have.
const LAST_LINES: usize = 10;
const LAST_CHARACTERS: usize = 2000;

/// The end of it, and how much there was before.
#[derive(Debug)]
pub(super) struct Output {
    kept: Vec<u8>,
    limit: usize,
    left_out: u64,
    /// Nobody can print any more.
    pub(super) closed: bool,
    /// Nobody reads any more.
    pub(super) done: bool,
}

impl Output {
    pub(super) fn new(limit: usize) -> Output {
        Output { kept: Vec::new(), limit, left_out: 0, closed: false, done: false }
    }

    /// Adds this and throws away what is too much, from the beginning; says whether it ever was.
    pub(super) fn add(&mut self, bytes: &[u8]) -> bool {
        self.kept.extend_from_slice(bytes);
        let excess = self.kept.len().saturating_sub(self.limit);
        self.kept.drain(..excess);
        self.left_out += excess as u64;
        self.left_out > 0
    }

    /// How many bytes it was so far.
    pub(super) fn length(&self) -> u64 {
        self.left_out + self.kept.len() as u64
    }

    /// What came after so many bytes, as far as it was kept.
    pub(super) fn since(&self, length: u64) -> &[u8] {
        let skip = usize::try_from(length.saturating_sub(self.left_out)).unwrap_or(usize::MAX);
        self.kept.get(skip..).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.kept);
        match self.left_out {
            0 => text.into_owned(),
            left_out => format!("[{left_out} bytes before this are left out]\n{text}"),
        }
    }

    /// Its last lines, without anything that could change how a terminal looks.
    pub(super) fn last_words(&self) -> String {
        let from = self.kept.len().saturating_sub(4 * LAST_CHARACTERS);
        let end = String::from_utf8_lossy(self.kept.get(from..).unwrap_or_default());
        let lines: Vec<&str> = end.lines().rev().take(LAST_LINES).collect();
        let lines: Vec<String> = lines
            .iter()
            .rev()
            .map(|line| line.chars().filter(|it| *it == '\t' || !it.is_control()).collect())
            .collect();
        let words = lines.join("\n");
        let skip = words.chars().count().saturating_sub(LAST_CHARACTERS);
        words.chars().skip(skip).collect()
    }
}

/// What the thread that reads is told through its second pipe.
pub(super) const HAS_ENDED: u8 = b'e';
pub(super) const STOP: u8 = b's';

/// How many pieces are read before the thread looks at its second pipe again.
const PIECES: usize = 64;

/// The life of an `output-N` thread: reads what the program prints until nobody can print any
/// more and it is told that the program has ended, or until it is told to stop. The program is
/// said to have ended only when its last words are read.
pub(super) fn read(run: &Arc<Run>, mut output: File, mut told: PipeReader) {
    let mut closed = false;
    let mut ended = false;
    let mut buffer = vec![0; 64 * 1024];
    while !(closed && ended) {
        wait(&output, closed, &told);
        // Asked before reading on: what it printed before it ended is in the pipe by then.
        let order = if can_read(&told) { receive(&mut told) } else { None };
        closed = closed || drain(run, &mut output, &mut buffer);
        match order {
            Some(HAS_ENDED) => {
                ended = true;
                run.has_ended();
            }
            Some(_) => break,
            None => {}
        }
    }
    run.change(|state| state.output.done = true);
}

/// Waits until there is something to read or an order.
fn wait(output: &File, closed: bool, told: &PipeReader) {
    // A pipe that is closed can be "read" all the time.
    let mut both = [PollFd::new(told, PollFlags::IN), PollFd::new(output, PollFlags::IN)];
    let (first, _) = both.split_at_mut(if closed { 1 } else { 2 });
    // An interrupted wait is one that ends early.
    let _ = poll(first, None);
}

fn can_read(pipe: &PipeReader) -> bool {
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    matches!(poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&now)), Ok(1))
}

fn receive(told: &mut PipeReader) -> Option<u8> {
    let mut order = [STOP];
    // When there is nobody who could tell us anything, that is the order to stop.
    match told.read(&mut order) {
        Err(error) if error.kind() == ErrorKind::Interrupted => None,
        _ => order.first().copied(),
    }
}

/// Reads what is there now; says whether there will be no more.
fn drain(run: &Run, output: &mut File, buffer: &mut [u8]) -> bool {
    for _ in 0..PIECES {
        match output.read(buffer) {
            Ok(read @ 1..) => run.printed(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => return false,
            // At a terminal that nobody has any more there is an error.
            Ok(_) | Err(_) => {
                run.change(|state| state.output.closed = true);
                return true;
            }
        }
    }
    false
}

/// A pipe for what a program prints, whose reading never waits.
pub(super) fn pipe() -> io::Result<(File, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    Ok((OwnedFd::from(reader).into(), writer.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_what_is_left_out_is_counted() {
        let mut output = Output::new(10);
        assert!(!output.add(b"0123456789"));
        assert_eq!(output.text(), "0123456789");
        assert!(output.add(b"abc"));
        assert!(output.add(b"d"));
        assert_eq!(output.text(), "[4 bytes before this are left out]\n456789abcd");
        assert_eq!(
            (output.length(), output.since(12), output.since(14)),
            (14, &b"cd"[..], &b""[..])
        );
        assert_eq!(output.since(0), b"456789abcd");
    }

    #[test]
    fn last_words_are_few_and_plain() {
        let mut output = Output::new(100_000);
        output.add("x".repeat(50_000).as_bytes());
        assert_eq!(output.last_words().len(), LAST_CHARACTERS);
        for number in 0..100 {
            output.add(format!("\nline \x1b[31m{number}\x07\r").as_bytes());
        }
        let words = output.last_words();
        assert_eq!(words.lines().count(), LAST_LINES);
        assert!(words.starts_with("line [31m90\n"), "{words:?}");
        output.add(b"\xff\xfe");
        assert!(output.last_words().ends_with('\u{fffd}'));
    }
}
