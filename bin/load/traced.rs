//! The trace of a server, with a reader and without one.
//!
//! The reader does what `inspect --trace` does with each line: it parses the JSON. It has the processor of
//! this tool, if the processes are pinned.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::{self, JoinHandle};

use serde_json::Value;
use tempfile::TempDir;

use crate::failure::Failure;

/// What becomes of the trace of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Traced {
    /// The server has none.
    Off,
    /// No program reads it.
    Unread,
    /// This tool reads it.
    Read,
}

impl Traced {
    /// The end of the name of a subject.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Traced::Off => "",
            Traced::Unread => " with a trace",
            Traced::Read => " with a reader",
        }
    }
}

/// The lines of a trace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// The number of lines that the reader has taken.
    pub(crate) taken: u64,
    /// The number of lines that the server has left out, because the reader was too slow.
    pub(crate) lost: u64,
}

/// A place for the socket of a trace.
pub(crate) fn folder() -> Result<TempDir, Failure> {
    let made = tempfile::tempdir();
    made.map_err(|error| Failure::Broken(format!("cannot make a folder for the trace: {error}")))
}

/// Reads a trace until the server ends. The thread returns the number of lines.
pub(crate) fn read(socket: &Path) -> Result<JoinHandle<Lines>, Failure> {
    let cannot = |error| Failure::Broken(format!("cannot read the trace of the server: {error}"));
    let stream = UnixStream::connect(socket).map_err(cannot)?;
    let reader = thread::Builder::new().name("trace".to_owned());
    reader.spawn(move || count(BufReader::new(stream))).map_err(cannot)
}

/// Counts the lines of a trace.
fn count(mut trace: impl BufRead) -> Lines {
    let (mut lines, mut line) = (Lines::default(), Vec::new());
    // The last line has no end if the server is killed.
    while trace.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let hop: Value = serde_json::from_slice(&line).unwrap_or_default();
        lines.taken += 1;
        if hop.get("hop").is_some_and(|hop| hop == "lost") {
            lines.lost += hop.get("lines").and_then(Value::as_u64).unwrap_or_default();
        }
        line.clear();
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taken_and_lost_lines_are_counted() {
        let trace = b"{\"hop\":\"server\"}\n{\"hop\":\"lost\",\"lines\":7}\n{\"hop\":\"deco";
        assert_eq!(count(&trace[..]), Lines { taken: 3, lost: 7 });
    }
}
