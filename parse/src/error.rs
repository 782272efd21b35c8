//! What can be wrong with what a peer said.

use net::FramingError;

use crate::Value;

/// A key of a dict that is not as it should be. The texts go to the peer as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DictError {
    /// The key is not there.
    #[error("Missing argument: {key}")]
    Missing {
        /// The key.
        key: String,
    },
    /// The key is there, with a value of the wrong kind.
    #[error("Wrong type for {key}: wanted {wanted}, got {got}")]
    WrongType {
        /// The key.
        key: String,
        /// The kind that was wanted.
        wanted: &'static str,
        /// The kind that was there.
        got: &'static str,
    },
}

/// Why a frame is no request, or no response. The texts go to the peer as they are.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The bytes are no text.
    #[error("Not a JSON object: bad UTF-8 at byte {at}")]
    NotUtf8 {
        /// The index of the first byte that is wrong.
        at: usize,
    },
    /// The text is no JSON object, or one that is not accepted (duplicate keys, too deep).
    #[error("Not a JSON object: {reason}")]
    NotAnObject {
        /// What is wrong, and where.
        reason: String,
    },
    /// The stream could not be cut into frames: nothing more can be read from this peer.
    #[error("Not a JSON object: {0}")]
    Unframed(FramingError),
    /// The peer speaks another protocol: nothing more is read from it.
    #[error("This server does not speak {protocol}!")]
    Foreign {
        /// What the protocol is called.
        protocol: &'static str,
    },
    /// The text is no word of a dialect whose requests are words.
    #[error("Unknown request!")]
    UnknownWord,
    /// The peer sent more than it may, for too long: nothing more is read from it.
    #[error("Too many requests, slow down!")]
    Flooded,
    /// It is an object, but not one of the right shape.
    #[error(transparent)]
    Shape(#[from] DictError),
}

/// A frame that is no request. It travels boxed: it is rare, and larger than what it is rarer
/// than.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// Why not.
    pub error: ParseError,
    /// The tag it carried, where it was an object that had one: the answer carries it too.
    pub tag: Option<Value>,
}

impl From<ParseError> for Box<Unreadable> {
    fn from(error: ParseError) -> Box<Unreadable> {
        Box::new(Unreadable { error, tag: None })
    }
}
