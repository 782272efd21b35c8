//! Transcripts: what each person sends to a chat server and receives from it, line by line.
//!
//! `handout/transcripts.md` specifies the language. [`parse`] reads a transcript, [`play`] plays it
//! over a [`Wire`], and [`format()`] writes it in one form. A wire connects the people of the transcript
//! with a program: the tests of the handout use sockets, and `grade` its sandbox.
//!
//! This crate depends on no layer of Strata, because `grade` plays transcripts and must not share code
//! with the programs that it grades.
//!
//! ```
//! use transcript::{Dialect, parse};
//!
//! let text = "alice > {\"request\":\"logout\"}\nalice < {\"response\":\"logout\",…}\n";
//! let transcript = parse("logout.chat", text.as_bytes(), &Dialect::default()).unwrap();
//! assert_eq!(transcript.people().collect::<Vec<_>>(), ["alice"]);
//!
//! let wrong = parse("logout.chat", b"alice > (hangs over)", &Dialect::default()).unwrap_err();
//! assert!(wrong.to_string().starts_with("logout.chat:1:9: no action is called (hangs over)"));
//! ```

mod bindings;
mod dialect;
mod format;
mod framing;
#[cfg(test)]
mod grammar;
mod lines;
mod page;
mod parser;
mod pattern;
mod play;
mod sends;
mod source;
mod text;
mod transcript;

pub use crate::bindings::Bindings;
pub use crate::dialect::Dialect;
pub use crate::format::format;
pub use crate::page::{Block, blocks};
pub use crate::parser::{parse, parse_block};
pub use crate::pattern::{Expects, Mismatch};
pub use crate::play::{Difference, Fault, Incoming, Outcome, Rules, Wire, play};
pub use crate::source::{Error, Place};
pub use crate::transcript::{Action, Bytes, Expected, Sent, Step, Transcript};
