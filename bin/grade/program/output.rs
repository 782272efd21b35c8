//! The output of a graded program. It is read immediately, so that the program never blocks on grade,
//! and only its end is kept.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;

/// Limits of the last words: lines and characters.
const LAST_LINES: usize = 10;
const LAST_CHARACTERS: usize = 2000;

/// The end of the output and the number of bytes before it.
#[derive(Debug)]
pub(super) struct Output {
    kept: Vec<u8>,
    limit: usize,
    left_out: u64,
    /// No process can print any more.
    pub(super) closed: bool,
    /// The reading thread has ended.
    pub(super) done: bool,
}

impl Output {
    pub(super) fn new(limit: usize) -> Output {
        Output { kept: Vec::new(), limit, left_out: 0, closed: false, done: false }
    }

    /// Appends bytes and drops the oldest ones above the limit. Returns whether bytes were ever
    /// dropped.
    pub(super) fn add(&mut self, bytes: &[u8]) -> bool {
        self.kept.extend_from_slice(bytes);
        let excess = self.kept.len().saturating_sub(self.limit);
        self.kept.drain(..excess);
        self.left_out += excess as u64;
        self.left_out > 0
    }

    /// Number of bytes printed so far.
    pub(super) fn length(&self) -> u64 {
        self.left_out + self.kept.len() as u64
    }

    /// The kept part of the output after the first `length` bytes.
    pub(super) fn since(&self, length: u64) -> &[u8] {
        let skip = usize::try_from(length.saturating_sub(self.left_out)).unwrap_or(usize::MAX);
        let (_, rest) = self.kept.split_at(skip.min(self.kept.len()));
        rest
    }

    pub(super) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.kept);
        match self.left_out {
            0 => text.into_owned(),
            left_out => format!("[{left_out} bytes before this were left out]\n{text}"),
        }
    }

    /// The last lines, without characters that could control a terminal.
    pub(super) fn last_words(&self) -> String {
        let from = self.kept.len().saturating_sub(4 * LAST_CHARACTERS);
        let (_, end) = self.kept.split_at(from);
        let end = String::from_utf8_lossy(end);
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

/// Orders to the reading thread, sent through its second pipe.
pub(super) const HAS_ENDED: u8 = b'e';
pub(super) const STOP: u8 = b's';

/// A pipe for the output; reading from it never blocks.
pub(super) fn pipe() -> io::Result<(File, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    rustix::io::ioctl_fionbio(&reader, true)?;
    Ok((OwnedFd::from(reader).into(), writer.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_dropped_bytes_are_counted() {
        let mut output = Output::new(10);
        assert!(!output.add(b"0123456789"));
        assert_eq!(output.text(), "0123456789");
        assert!(output.add(b"abc"));
        assert!(output.add(b"d"));
        assert_eq!(output.text(), "[4 bytes before this were left out]\n456789abcd");
        assert_eq!(
            (output.length(), output.since(12), output.since(14)),
            (14, &b"cd"[..], &b""[..])
        );
        assert_eq!(output.since(0), b"456789abcd");
    }

    #[test]
    fn last_words_are_short_and_free_of_control_characters() {
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
