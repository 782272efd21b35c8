//! The events of a run: what the proxy tells the record, and the record tells the page.
//!
//! Each event is one line of JSON. A file of events is a whole run, so that it can be opened again.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

/// A direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
}

impl Way {
    /// Both directions.
    pub(crate) const BOTH: [Way; 2] = [Way::Up, Way::Down];
}

/// A value for each direction.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Both<T> {
    pub(crate) up: T,
    pub(crate) down: T,
}

impl<T> Both<T> {
    /// The value of a direction.
    pub(crate) fn of(&self, way: Way) -> &T {
        match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        }
    }

    /// The value of a direction, to change it.
    pub(crate) fn of_mut(&mut self, way: Way) -> &mut T {
        match way {
            Way::Up => &mut self.up,
            Way::Down => &mut self.down,
        }
    }
}

/// The meaning of a frame, which decides its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A request of a client.
    Request,
    /// An answer to a request.
    Answer,
    /// A frame that no request asked for.
    News,
    /// An answer or a notice that has an error.
    Error,
    /// Bytes without a meaning in the dialect.
    Raw,
}

/// A part of a read that brought bytes of a frame. Offsets count the bytes of the direction.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Read {
    /// The number of the read in its direction, from 1.
    pub(crate) n: u64,
    /// The time in milliseconds.
    pub(crate) at: f64,
    /// The first byte of the whole read.
    pub(crate) from: u64,
    /// The end of the whole read.
    pub(crate) to: u64,
}

/// A part of a frame that the proxy wrote. Offsets count the bytes of the frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Part {
    /// The frame.
    pub(crate) frame: u64,
    /// The first byte.
    pub(crate) from: usize,
    /// The end.
    pub(crate) to: usize,
}

/// A frame in the queue of a direction, with the offsets at which it is cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Waiting {
    /// The frame.
    pub(crate) frame: u64,
    /// The first byte of each piece, and the end of the last one.
    pub(crate) cuts: Vec<usize>,
}

/// The rules of a direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Rules {
    /// The byte at which each frame is cut into two writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cut: Option<usize>,
    /// The delay of each frame in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delay: Option<u64>,
    /// Whether each byte is a write.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) bytewise: bool,
}

impl Rules {
    /// Whether frames pass without a change.
    pub(crate) fn are_none(&self) -> bool {
        *self == Rules::default()
    }
}

/// An event with its place and time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Event {
    /// The time in milliseconds since the start.
    pub(crate) at: f64,
    /// The number of the connection, from 1; 0 for an event of the whole proxy.
    pub(crate) client: u64,
    /// The content.
    #[serde(flatten)]
    pub(crate) what: What,
}

/// The content of an event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum What {
    /// The proxy started, between these addresses. For an opened transcript, `listen` is the name of the
    /// file, and times are numbers of lines.
    Started {
        listen: String,
        to: String,
        dialect: String,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        lines: bool,
    },
    /// A remark of a file about a client.
    Note { text: String },
    /// A client connected.
    Opened { peer: String },
    /// The proxy connects to the server for a client, from this address.
    Route { from: String },
    /// A client asked for a name.
    Named { name: String },
    /// The dialect of a client is known.
    Dialect { dialect: String },
    /// A frame is whole.
    Frame(Box<Frame>),
    /// The beginning of a frame has arrived, and its end has not.
    Open { way: Way, bytes: usize, reads: u64 },
    /// The proxy wrote bytes that it had held or changed.
    Wrote {
        way: Way,
        parts: Vec<Part>,
        bytes: usize,
        /// The number of bytes of each write, if there were many small ones.
        #[serde(skip_serializing_if = "Option::is_none")]
        chunk: Option<usize>,
    },
    /// The queue of a direction, after a command.
    Queue { way: Way, frames: Vec<Waiting>, more: usize },
    /// A command changed a frame.
    Did {
        frame: u64,
        did: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        detail: Option<String>,
    },
    /// The settings of a direction. `paused` includes a pause of the whole proxy.
    Lane { way: Way, paused: bool, join: usize, rules: Rules },
    /// A direction ended.
    Ended { way: Way, why: String },
    /// The connection ended.
    Closed { why: String },
    /// The server told of a hop.
    Hop { hop: Value },
    /// The trace of the server has ended.
    Untraced { why: String },
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Frame {
    /// The number of the frame in this run.
    pub(crate) frame: u64,
    /// The direction.
    pub(crate) way: Way,
    /// The meaning.
    pub(crate) kind: Kind,
    /// The name of the request or response.
    pub(crate) label: String,
    /// The first byte in its direction.
    pub(crate) from: u64,
    /// The number of its bytes, with header and end.
    pub(crate) size: usize,
    /// The bytes as text, or their beginning. Bytes that are not text are replaced.
    pub(crate) text: String,
    /// Number of bytes of `text` before the payload: white space or a header.
    pub(crate) lead: usize,
    /// Number of bytes of `text` behind the payload: white space.
    pub(crate) trail: usize,
    /// The reads that brought the frame, the first ones if there are many.
    pub(crate) reads: Vec<Read>,
    /// The number of all reads that brought it.
    pub(crate) brought: u64,
    /// Whether the frame waits in the queue.
    pub(crate) held: bool,
    /// The framing error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<String>,
}

/// Milliseconds, with three decimals.
pub(crate) fn millis(time: Duration) -> f64 {
    time.as_micros() as f64 / 1000.0
}
