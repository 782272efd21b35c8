//! Standard output, which may be a terminal that is written over.

use std::io::{self, IsTerminal, Write};

/// To the beginning of the line, and nothing in it.
const CLEAR: &str = "\r\x1b[2K";

/// Narrower, a report would be all breaks; wider, its lines would be hard to follow.
const NARROWEST: usize = 40;
const WIDEST: usize = 120;

/// A terminal that does not say how large it is.
const USUAL: Size = Size { columns: 80, rows: 24 };

/// How much fits on a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// Says it on standard output, in place of the line of progress on a terminal. That nobody reads it is
/// no reason not to grade.
pub(crate) fn say(text: &str, terminal: bool) {
    let clear = if terminal { CLEAR } else { "" };
    let _ = writeln!(io::stdout().lock(), "{clear}{text}");
}

/// One line that is written over on a terminal, and a line for each check elsewhere.
pub(crate) fn progress(line: &str, terminal: bool) {
    let mut out = io::stdout().lock();
    let _ = if terminal { write!(out, "{CLEAR}{line}") } else { writeln!(out, "{line}") };
    let _ = out.flush();
}

/// How many characters of a report fit in a line of the terminal that standard output is; `None` where
/// it is none.
pub(crate) fn width() -> Option<usize> {
    io::stdout().is_terminal().then(|| size().columns.clamp(NARROWEST, WIDEST))
}

/// How large the terminal is at the moment.
pub(crate) fn size() -> Size {
    let Ok(size) = rustix::termios::tcgetwinsize(io::stdout()) else { return USUAL };
    match (usize::from(size.ws_col), usize::from(size.ws_row)) {
        (0, _) | (_, 0) => USUAL,
        (columns, rows) => Size { columns, rows },
    }
}
