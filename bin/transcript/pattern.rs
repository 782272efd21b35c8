//! Patterns of received frames: JSON with placeholders, or a text with placeholders.

mod example;
mod json;
mod matching;

use serde_json::Value;

pub(crate) use self::json::{Hole, Reader, Wrong};
pub use self::matching::Mismatch;
use crate::bindings::Bindings;
use crate::text::{Holes, Text};

/// What a received frame must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expects(pub(crate) Form);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    Json(Pattern),
    Text(Text),
}

/// A JSON value with placeholders. `at` is the place of its first byte in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) at: usize,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `…` or `"…"`: any value.
    Anything,
    /// `$name`: any value, but the same one each time.
    Name(String),
    /// A string.
    Text(Text),
    /// A number, `true`, `false` or `null`.
    Exactly(Value),
    /// A list. An open one may have further values at its end.
    List { items: Vec<Pattern>, is_open: bool },
    /// An object. An open one may have further keys.
    Object { members: Vec<Member>, is_open: bool },
}

/// A key of an object with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) key: String,
    pub(crate) value: Pattern,
}

impl Expects {
    /// Parses the pattern of a JSON frame.
    ///
    /// # Errors
    /// The offset of the error in bytes, and a sentence.
    pub fn json(source: &str) -> Result<Expects, (usize, String)> {
        let mut reader = Reader::of_received(source);
        let pattern = reader.value().and_then(|pattern| reader.is_at_end().map(|()| pattern));
        pattern.map(|pattern| Expects(Form::Json(pattern))).map_err(|Wrong(at, error)| (at, error))
    }

    /// Parses the pattern of a frame that is a text.
    ///
    /// # Errors
    /// The offset of the error in bytes, and a sentence.
    pub fn text(source: &str) -> Result<Expects, (usize, String)> {
        Text::with_escapes(source, Holes::All).map(|text| Expects(Form::Text(text)))
    }

    /// Compares a received frame, and gives names their values if it fits.
    ///
    /// # Errors
    /// The first mismatch.
    pub fn check(
        &self,
        frame: &[u8],
        key_order: bool,
        bindings: &mut Bindings,
    ) -> Result<(), Mismatch> {
        let mut tried = bindings.clone();
        match &self.0 {
            Form::Json(pattern) => pattern.check_frame(frame, key_order, &mut tried)?,
            Form::Text(text) if text.fits(frame, &mut tried) => {}
            Form::Text(_) => return Err(Mismatch::new(0, String::new())),
        }
        *bindings = tried;
        Ok(())
    }

    /// The names of the placeholders.
    pub(crate) fn names(&self) -> Vec<&str> {
        match &self.0 {
            Form::Json(pattern) => {
                let mut names = Vec::new();
                pattern.collect_names(&mut names);
                names
            }
            Form::Text(text) => text.names().collect(),
        }
    }
}

impl Pattern {
    fn collect_names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match &self.kind {
            Kind::Anything | Kind::Exactly(_) => {}
            Kind::Name(name) => names.push(name),
            Kind::Text(text) => names.extend(text.names()),
            Kind::List { items, .. } => items.iter().for_each(|item| item.collect_names(names)),
            Kind::Object { members, .. } => {
                members.iter().for_each(|member| member.value.collect_names(names));
            }
        }
    }
}
