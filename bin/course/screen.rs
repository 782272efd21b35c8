//! The screen: standard output, for all commands.

use std::io::Write;

/// Writes a text to standard output and ignores an error: the reader of a pipe may have left.
pub(crate) fn say(text: &str) {
    let mut out = anstream::stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
