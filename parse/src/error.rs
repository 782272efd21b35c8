//! Errors: a code that programs compare, and a sentence that people read.

use std::borrow::Cow;

use net::FramingError;

use crate::Value;

/// The reason why a request failed. Programs look at the code; the text is for people.
///
/// ```
/// use parse::{Failure, ParseError};
///
/// let failure = Failure::from(ParseError::Flooded);
/// assert_eq!(failure.code, "flooded");
/// assert_eq!(failure.to_string(), "Too many requests, slow down!");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// The stable code, such as `name-taken`. It is empty if a server sent an error without a code.
    pub code: Cow<'static, str>,
    /// The text.
    pub text: String,
}

impl Failure {
    /// Creates a failure.
    pub fn new(code: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Failure {
        Failure { code: code.into(), text: text.into() }
    }
}

/// A key of a dict that is missing or has the wrong type. The peer gets the text as it stands here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DictError {
    /// The key is missing.
    #[error("Missing argument: {key}")]
    Missing {
        /// The key.
        key: String,
    },
    /// The value under the key has the wrong type.
    #[error("Wrong type for {key}: wanted {wanted}, got {got}")]
    WrongType {
        /// The key.
        key: String,
        /// The expected type.
        wanted: &'static str,
        /// The actual type.
        got: &'static str,
    },
}

impl DictError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            DictError::Missing { .. } => "missing-argument",
            DictError::WrongType { .. } => "wrong-type",
        }
    }
}

/// The reason why a frame is not a request or a response. The peer gets the text as it stands here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// A dialect expected a JSON object, and the frame is not one. Objects with duplicate keys or too
    /// much nesting are not accepted either.
    #[error("Not a JSON object: {reason}")]
    NotAnObject {
        /// The mistake, and its place.
        reason: String,
    },
    /// A dialect expected text, and the bytes are not UTF-8.
    #[error("bad UTF-8 at byte {at}")]
    NotUtf8 {
        /// The index of the first wrong byte.
        at: usize,
    },
    /// The stream could not be cut into frames. Nothing more can be read from this peer.
    #[error("{0}")]
    Unframed(FramingError),
    /// The same as [`Unframed`](ParseError::Unframed), in a dialect whose frames are JSON objects.
    #[error("Not a JSON object: {0}")]
    UnframedObject(FramingError),
    /// A dialect does not have the word.
    #[error("Unknown request!")]
    UnknownWord,
    /// The peer sent too much for too long. Nothing more is read from it.
    #[error("Too many requests, slow down!")]
    Flooded,
    /// The frame is an object of the wrong shape.
    #[error(transparent)]
    Shape(#[from] DictError),
}

impl ParseError {
    /// The code of [`UnknownWord`](ParseError::UnknownWord), and of a request that is no command.
    pub const UNKNOWN_REQUEST: &'static str = "unknown-request";

    /// Every code and its text, where `…` stands for a part that differs.
    pub const CODES: &'static [(&'static str, &'static str)] = &[
        ("not-an-object", "Not a JSON object: …"),
        ("bad-utf8", "bad UTF-8 at byte …"),
        ("bad-frame", "Not a JSON object: …"),
        (ParseError::UNKNOWN_REQUEST, "Unknown request!"),
        ("flooded", "Too many requests, slow down!"),
        ("missing-argument", "Missing argument: …"),
        ("wrong-type", "Wrong type for …: wanted …, got …"),
    ];

    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ParseError::NotAnObject { .. } => "not-an-object",
            ParseError::NotUtf8 { .. } => "bad-utf8",
            ParseError::Unframed(_) | ParseError::UnframedObject(_) => "bad-frame",
            ParseError::UnknownWord => ParseError::UNKNOWN_REQUEST,
            ParseError::Flooded => "flooded",
            ParseError::Shape(error) => error.code(),
        }
    }
}

impl From<ParseError> for Failure {
    fn from(error: ParseError) -> Failure {
        Failure::new(error.code(), error.to_string())
    }
}

/// A frame that is not a request. Events carry it in a box, because it is rare and large.
#[derive(Debug, Clone, PartialEq)]
pub struct Unreadable {
    /// The reason.
    pub error: ParseError,
    /// The tag of the frame, if it was an object that had one. The answer carries it, too.
    pub tag: Option<Value>,
}

impl From<ParseError> for Box<Unreadable> {
    fn from(error: ParseError) -> Box<Unreadable> {
        Box::new(Unreadable { error, tag: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_is_in_the_list_of_codes() {
        let dict = DictError::Missing { key: "a".to_owned() };
        let kind = DictError::WrongType { key: "a".to_owned(), wanted: "list", got: "null" };
        let framing = FramingError::TooLong { limit: 9 };
        let errors = [
            ParseError::NotAnObject { reason: "x".to_owned() },
            ParseError::NotUtf8 { at: 1 },
            ParseError::UnframedObject(framing),
            ParseError::UnknownWord,
            ParseError::Flooded,
            ParseError::Shape(dict),
            ParseError::Shape(kind),
        ];
        assert_eq!(errors.len(), ParseError::CODES.len());
        for (error, (code, text)) in errors.into_iter().zip(ParseError::CODES) {
            assert_eq!(error.code(), *code);
            let beginning = text.split('…').next().unwrap();
            assert!(error.to_string().starts_with(beginning), "{error}");
        }
    }
}
