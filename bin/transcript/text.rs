//! Texts with placeholders: a frame of a dialect without JSON, a string in a JSON frame, raw bytes.

use serde_json::Value;

use crate::bindings::Bindings;

/// The placeholder for what differs from run to run.
pub(crate) const ANYTHING: char = '…';

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(Vec<u8>),
    /// `…`
    Anything,
    /// `${name}`: the value as text.
    Name(String),
    /// `$name` in a JSON frame: the value as JSON.
    Json(String),
    /// `${name}` in a JSON string: the value as text, with the escapes of JSON.
    Escaped(String),
}

/// A text with placeholders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) Vec<Part>);

/// Which placeholders a text can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holes {
    /// `…` and `${name}`.
    All,
    /// Only `${name}`.
    Names,
}

impl Text {
    /// Parses a text with escapes: `\n`, `\r`, `\t`, `\\`, `\xNN` for a byte, `\u{…}` for a character.
    ///
    /// # Errors
    /// The offset of a wrong escape in bytes, and a sentence.
    pub(crate) fn with_escapes(source: &str, holes: Holes) -> Result<Text, (usize, String)> {
        let mut parts = Parts::default();
        let mut rest = source;
        while let Some(c) = rest.chars().next() {
            let at = source.len() - rest.len();
            let (_, after) = rest.split_at(c.len_utf8());
            rest = after;
            match c {
                '\\' => {
                    let (bytes, after) = escape(after).map_err(|error| (at, error))?;
                    parts.extend(&bytes);
                    rest = after;
                }
                ANYTHING if holes == Holes::All => parts.push(Part::Anything),
                '$' => match name_in_braces(after) {
                    Some((name, after)) => {
                        parts.push(Part::Name(name.to_owned()));
                        rest = after;
                    }
                    None => parts.extend(b"$"),
                },
                c => parts.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        Ok(parts.end())
    }

    /// The names of the placeholders.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Name(name) | Part::Json(name) | Part::Escaped(name) => Some(name.as_str()),
            Part::Literal(_) | Part::Anything => None,
        })
    }

    /// The bytes of the text. The parser has made sure that every name has a value.
    pub(crate) fn fill(&self, bindings: &Bindings) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in &self.0 {
            match part {
                Part::Literal(literal) => bytes.extend_from_slice(literal),
                Part::Anything => bytes.extend_from_slice(ANYTHING.to_string().as_bytes()),
                Part::Name(name) => {
                    bytes.extend(bindings.text(name).unwrap_or_default().into_bytes());
                }
                Part::Json(name) => {
                    bytes.extend(
                        bindings.get(name).unwrap_or(&Value::Null).to_string().into_bytes(),
                    );
                }
                Part::Escaped(name) => {
                    let text = Value::String(bindings.text(name).unwrap_or_default()).to_string();
                    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                    bytes.extend_from_slice(inside.unwrap_or_default().as_bytes());
                }
            }
        }
        bytes
    }

    /// Whether received bytes fit. A name without a value takes the shortest text that fits.
    pub(crate) fn fits(&self, received: &[u8], bindings: &mut Bindings) -> bool {
        let mut rest = received;
        // The open placeholder before the next literal: `Some(None)` is `…`.
        let mut open: Option<Option<&str>> = None;
        let mut parts = self.0.iter().peekable();
        while let Some(part) = parts.next() {
            let literal = match part {
                Part::Literal(literal) => literal.clone(),
                Part::Anything => {
                    close(open.take(), b"", bindings);
                    open = Some(None);
                    continue;
                }
                Part::Name(name) | Part::Json(name) | Part::Escaped(name) => {
                    match bindings.text(name) {
                        Some(value) => value.into_bytes(),
                        None => {
                            close(open.take(), b"", bindings);
                            open = Some(Some(name));
                            continue;
                        }
                    }
                }
            };
            let at = match (&open, parts.peek().is_none()) {
                (None, _) => {
                    if rest.starts_with(&literal) {
                        Some(0)
                    } else {
                        None
                    }
                }
                // The last literal stands at the end.
                (Some(_), true) => {
                    if rest.ends_with(&literal) {
                        Some(rest.len() - literal.len())
                    } else {
                        None
                    }
                }
                (Some(_), false) => position(rest, &literal),
            };
            let Some(at) = at else { return false };
            let (hole, after) = rest.split_at(at);
            close(open.take(), hole, bindings);
            rest = after.split_at(literal.len()).1;
        }
        let is_whole = open.is_some() || rest.is_empty();
        close(open, rest, bindings);
        is_whole
    }
}

/// Binds the name of a placeholder.
fn close(open: Option<Option<&str>>, text: &[u8], bindings: &mut Bindings) {
    if let Some(Some(name)) = open {
        bindings.bind(name, Value::String(String::from_utf8_lossy(text).into_owned()));
    }
}

/// The first position of a part in bytes.
fn position(bytes: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return Some(0);
    }
    bytes.windows(part.len()).position(|window| window == part)
}

/// The bytes of an escape whose backslash has been read, and the rest of the text.
fn escape(rest: &str) -> Result<(Vec<u8>, &str), String> {
    let mut chars = rest.chars();
    let byte = match chars.next() {
        Some('n') => b'\n',
        Some('r') => b'\r',
        Some('t') => b'\t',
        Some('\\') => b'\\',
        Some('x') => {
            let digits = chars.as_str().get(..2).unwrap_or_default();
            let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            let byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_hex);
            let byte = byte.ok_or("\\x needs two hexadecimal digits, as in \\x0a")?;
            return Ok((vec![byte], chars.as_str().get(2..).unwrap_or_default()));
        }
        Some('u') => {
            let inside = chars.as_str().strip_prefix('{').and_then(|it| it.split_once('}'));
            let number = inside.and_then(|(digits, _)| u32::from_str_radix(digits, 16).ok());
            return match (inside, number.and_then(char::from_u32)) {
                (Some((_, after)), Some(c)) => Ok((c.to_string().into_bytes(), after)),
                _ => Err("\\u needs the number of a character, as in \\u{1f600}".to_owned()),
            };
        }
        _ => {
            return Err(
                "this is no escape; the escapes are \\n, \\r, \\t, \\\\, \\x0a and \\u{1f600}"
                    .to_owned(),
            );
        }
    };
    Ok((vec![byte], chars.as_str()))
}

/// The name in `{name}` and the rest; `None` if there is no name.
pub(crate) fn name_in_braces(rest: &str) -> Option<(&str, &str)> {
    let (name, after) = rest.strip_prefix('{')?.split_once('}')?;
    is_name(name).then_some((name, after))
}

/// Whether this can be the name of a person or of a placeholder.
pub(crate) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

/// Collects parts, and joins adjacent literals.
#[derive(Default)]
pub(crate) struct Parts(Vec<Part>);

impl Parts {
    pub(crate) fn extend(&mut self, bytes: &[u8]) {
        match self.0.last_mut() {
            Some(Part::Literal(literal)) => literal.extend_from_slice(bytes),
            _ if bytes.is_empty() => {}
            _ => self.0.push(Part::Literal(bytes.to_vec())),
        }
    }

    pub(crate) fn push(&mut self, part: Part) {
        self.0.push(part);
    }

    pub(crate) fn end(self) -> Text {
        Text(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> Text {
        Text::with_escapes(source, Holes::All).unwrap()
    }

    #[test]
    fn a_placeholder_takes_any_text() {
        let fits = |source: &str, received: &str| {
            text(source).fits(received.as_bytes(), &mut Bindings::default())
        };
        for (source, received, want) in [
            ("hello", "hello", true),
            ("hello", "hello!", false),
            ("…", "", true),
            ("a…b", "ab", true),
            ("a…b", "a b b", true),
            ("a…b", "a b c", false),
            ("a…b…c", "a1b2b3c", true),
            ("…ab", "aab", true),
            ("…x…", "abc", false),
            ("a\\nb", "a\nb", true),
            ("$5 … ${", "$5 and ${", true),
        ] {
            assert_eq!(fits(source, received), want, "{source} {received}");
        }
    }

    #[test]
    fn a_name_takes_the_shortest_text_and_keeps_it() {
        let mut bindings = Bindings::default();
        assert!(text("from ${port} to ${port}!").fits(b"from 12 to 12!", &mut bindings));
        assert_eq!(bindings.text("port").as_deref(), Some("12"));
        assert!(!text("${port}").fits(b"13", &mut bindings));
        assert_eq!(text("<${port}>").fill(&bindings), b"<12>");
        let json = Text(vec![Part::Json("port".to_owned()), Part::Escaped("port".to_owned())]);
        assert_eq!(json.fill(&bindings), b"\"12\"12");
    }

    #[test]
    fn many_placeholders_take_no_longer_than_a_few() {
        let source = "…a".repeat(200) + "b";
        let received = "a".repeat(10_000);
        assert!(!text(&source).fits(received.as_bytes(), &mut Bindings::default()));
    }

    #[test]
    fn escapes_are_bytes_and_characters() {
        let bytes = text(r"\x00\xff\r\t\\\u{e9}").fill(&Bindings::default());
        assert_eq!(bytes, [0, 255, b'\r', b'\t', b'\\', 0xc3, 0xa9]);
        for wrong in ["\\", "a\\q", "\\x1", "\\x+1", "\\u{110000}", "\\u41", "\\xé"] {
            assert!(Text::with_escapes(wrong, Holes::All).is_err(), "{wrong}");
        }
    }
}
