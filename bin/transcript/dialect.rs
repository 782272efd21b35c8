//! The dialects that the people of a transcript can speak.

use std::fmt;

/// The way in which a dialect separates its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// `json`: a frame is a line, which contains a JSON object.
    JsonLines,
    /// `ktn14` and `ktn15`: a frame is a JSON object.
    JsonValues,
    /// `plain`: a frame is a line.
    Lines,
    /// `text` and `menu`: a frame is the result of one read.
    Reads,
    /// `header`: a header of ten bytes announces the length. The server sends pairs of a name and a text.
    Header,
}

/// The names of the dialects.
const NAMES: &[(&str, Family)] = &[
    ("json", Family::JsonLines),
    ("ktn14", Family::JsonValues),
    ("ktn15", Family::JsonValues),
    ("text", Family::Reads),
    ("menu", Family::Reads),
    ("plain", Family::Lines),
    ("header", Family::Header),
];

/// A dialect of `handout/protocol.md`, perhaps with options: `ktn15:history=objects`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    whole: String,
    family: Family,
}

impl Default for Dialect {
    /// The dialect `json`.
    fn default() -> Dialect {
        Dialect { whole: "json".to_owned(), family: Family::JsonLines }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.whole)
    }
}

impl Dialect {
    /// The dialect with this name, which may have options after a colon.
    ///
    /// # Errors
    /// A sentence that lists the dialects, if there is none with this name.
    pub fn named(whole: &str) -> Result<Dialect, String> {
        let name = whole.split(':').next().unwrap_or_default();
        let known = NAMES.iter().find(|(known, _)| *known == name);
        match known {
            Some((_, family)) => Ok(Dialect { whole: whole.to_owned(), family: *family }),
            None => {
                let names: Vec<&str> = NAMES.iter().map(|(name, _)| *name).collect();
                Err(format!("no dialect is called {name:?}; there is: {}", names.join(", ")))
            }
        }
    }

    /// A dialect that this crate does not know, whose frames are lines. For the tests of a new dialect.
    pub fn of_lines(whole: &str) -> Dialect {
        Dialect { whole: whole.to_owned(), family: Family::Lines }
    }

    /// The name without options.
    pub fn name(&self) -> &str {
        self.whole.split(':').next().unwrap_or_default()
    }

    /// Whether the frames are JSON objects.
    pub fn is_json(&self) -> bool {
        matches!(self.family, Family::JsonLines | Family::JsonValues)
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// The bytes that precede a sent frame of this length.
    pub fn begin(&self, length: usize) -> Vec<u8> {
        match self.family {
            Family::Header => format!("{length:<10}").into_bytes(),
            _ => Vec::new(),
        }
    }

    /// The bytes that follow a sent frame.
    pub fn end(&self) -> &'static [u8] {
        match self.family {
            Family::JsonLines | Family::Lines => b"\n",
            Family::JsonValues | Family::Reads | Family::Header => b"",
        }
    }
}
