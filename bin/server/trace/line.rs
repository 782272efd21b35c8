//! The lines that a reader of the trace gets.

use serde::Serialize;

/// A line. Times are microseconds since the start of the server; frames and bytes are counted for each
/// connection, from its beginning.
#[derive(Debug, Serialize)]
#[serde(tag = "hop", rename_all = "lowercase")]
pub(crate) enum Line {
    /// The reader hears of everything from here on.
    Server { version: &'static str },
    /// A connection is open. Its next frame has the number `frames` + 1, and the next byte that is encoded for
    /// it has the offset `bytes`.
    Opened { conn: u64, address: String, frames: u64, bytes: u64 },
    /// A frame was read, cut from the stream, and decoded.
    Decoded {
        conn: u64,
        frame: u64,
        /// The length of its payload.
        bytes: usize,
        /// The end of the latest read before the frame was complete.
        read: f64,
        framed: f64,
        at: f64,
        meaning: &'static str,
    },
    /// The chat has run a command.
    Command {
        conn: u64,
        frame: u64,
        name: &'static str,
        began: f64,
        at: f64,
        outcome: &'static str,
    },
    /// The log handed back an entry, or a password thread its result, at `log`. It took effect at `at`.
    Effect {
        #[serde(flatten)]
        cause: Option<Cause>,
        change: &'static str,
        log: f64,
        at: f64,
        /// Whether the frame has its answer now.
        answered: bool,
        /// The number of people in the lobby, if the entry concerns them.
        #[serde(skip_serializing_if = "Option::is_none")]
        people: Option<usize>,
        /// Their names, if there are at most fifty.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        here: Vec<String>,
    },
    /// A response was encoded and queued.
    Encoded {
        #[serde(flatten)]
        cause: Option<Cause>,
        at: f64,
        /// The connections, the offsets of the bytes there, from and to, and the number of bytes that wait in
        /// the outbox with them.
        to: Vec<(u64, u64, u64, u64)>,
        /// The number of connections that the list does not name.
        #[serde(skip_serializing_if = "is_zero")]
        more: usize,
    },
    /// The system has all bytes before the offset `to`, and `waiting` bytes wait in the outbox.
    Written { conn: u64, at: f64, to: u64, waiting: usize },
    /// A connection is closed.
    Closed { conn: u64, at: f64 },
    /// The reader was too slow for this many lines.
    Lost { lines: u64 },
}

/// The frame that caused something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Cause {
    pub(crate) conn: u64,
    pub(crate) frame: u64,
}

impl Line {
    /// The text of the line, with its end.
    #[expect(clippy::expect_used, reason = "a line has only strings, numbers and lists")]
    pub(crate) fn text(&self) -> String {
        let mut text = serde_json::to_string(self).expect("a line is JSON");
        text.push('\n');
        text
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}
