//! A file that was saved before: a recording, or a transcript, whose steps become events.
//!
//! A transcript knows no times and no reads of the receiver. Its events have the numbers of its lines as
//! times. A sent frame has the writes of the transcript as reads, because a server that is quick enough
//! reads it so. A received frame has no reads.

mod steps;

use std::fs;
use std::io::{self, BufRead, BufReader, Seek, Write};
use std::path::Path;

use thiserror::Error;

use crate::record::{Record, is_event};
use steps::Steps;

/// Greatest number of bytes of a transcript.
const LONGEST: u64 = 64 << 20;

/// The reason why a file cannot be opened.
#[derive(Debug, Error)]
pub(crate) enum Wrong {
    #[error("cannot open {file}: {source}")]
    File { file: String, source: io::Error },
    #[error("cannot open {address}: no file has this name; for a server, write --to {address}")]
    Address { address: String },
    #[error(
        "cannot open {file}: it is a page; open it in a browser, or open the file beside it that ends with .events"
    )]
    Page { file: String },
    #[error("cannot open {file}: it is longer than {} MiB", LONGEST >> 20)]
    Long { file: String },
    #[error("cannot open {file}: line {line} is not an event of inspect")]
    Event { file: String, line: usize },
    #[error(transparent)]
    Transcript(#[from] ::transcript::Error),
}

/// Opens a file of either kind.
///
/// # Errors
/// If the file cannot be read, or its text is wrong.
pub(crate) fn file(path: &Path) -> Result<Record, Wrong> {
    let name = path.display().to_string();
    let failed = |source| Wrong::File { file: name.clone(), source };
    if !path.exists() && name.parse::<std::net::SocketAddr>().is_ok() {
        return Err(Wrong::Address { address: name });
    }
    let mut file = BufReader::new(fs::File::open(path).map_err(failed)?);
    if is_recording(file.fill_buf().map_err(failed)?) {
        return Record::open(path).map_err(failed);
    }
    file.rewind().map_err(failed)?;
    let mut bytes = Vec::new();
    io::Read::take(&mut file, LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Wrong::Long { file: name });
    }
    let lines = events(&name, &bytes)?;
    let mut kept = tempfile::NamedTempFile::new().map_err(failed)?;
    lines.iter().try_for_each(|line| writeln!(kept, "{line}")).map_err(failed)?;
    Record::open(kept.path()).map_err(failed)
}

/// The events of a file with this text, each a line of JSON.
///
/// # Errors
/// If a line is wrong.
pub(crate) fn events(name: &str, bytes: &[u8]) -> Result<Vec<String>, Wrong> {
    if is_page(bytes) {
        return Err(Wrong::Page { file: name.to_owned() });
    }
    if !is_recording(bytes) {
        let transcript = ::transcript::parse(name, bytes, &::transcript::Dialect::default())?;
        return Ok(Steps::of(&transcript));
    }
    let text = String::from_utf8_lossy(bytes);
    let lines = text.lines().enumerate().map(|(index, line)| match is_event(line) {
        true => Ok(line.to_owned()),
        false => Err(Wrong::Event { file: name.to_owned(), line: index + 1 }),
    });
    lines.collect()
}

/// Whether a file begins with an event. No line of a transcript begins with a brace.
fn is_recording(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{")
}

/// Whether a file begins like a page, such as the report of `grade`.
fn is_page(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"<!")
}

use std::io::Read as _;

#[cfg(test)]
mod tests;
