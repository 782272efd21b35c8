//! Output on standard output, which may be a terminal.

use std::io::{self, IsTerminal, Write};

/// Returns to the start of the line and clears it.
const CLEAR: &str = "\r\x1b[2K";

/// Limits for the width of a report. A narrower one would consist of line breaks, and a wider one
/// is hard to read.
const NARROWEST: usize = 40;
const WIDEST: usize = 120;

/// Size that is assumed if a terminal does not report its size.
const USUAL: Size = Size { columns: 80, rows: 24 };

/// Size of a terminal, in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// Prints a text, and replaces the progress line on a terminal. Errors are ignored: the grader also
/// runs if its output is closed.
pub(crate) fn say(text: &str, terminal: bool) {
    let clear = if terminal { CLEAR } else { "" };
    let _ = writeln!(io::stdout().lock(), "{clear}{text}");
}

/// Prints the progress: on a terminal in one line that is overwritten, elsewhere in one line for
/// each check.
pub(crate) fn progress(line: &str, terminal: bool) {
    let mut out = io::stdout().lock();
    let _ = if terminal { write!(out, "{CLEAR}{line}") } else { writeln!(out, "{line}") };
    let _ = out.flush();
}

/// Width of a report on the terminal; `None` if standard output is no terminal.
pub(crate) fn width() -> Option<usize> {
    io::stdout().is_terminal().then(|| size().columns.clamp(NARROWEST, WIDEST))
}

/// Current size of the terminal.
pub(crate) fn size() -> Size {
    let Ok(size) = rustix::termios::tcgetwinsize(io::stdout()) else { return USUAL };
    match (usize::from(size.ws_col), usize::from(size.ws_row)) {
        (0, _) | (_, 0) => USUAL,
        (columns, rows) => Size { columns, rows },
    }
}
