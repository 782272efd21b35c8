//! Reads JSON with placeholders.

use std::ops::Range;

use serde_json::Value;

use super::{Kind, Member, Pattern};
use crate::text::{ANYTHING, Part, Parts, is_name, name_in_braces};

/// Greatest depth of lists and objects.
const DEEPEST: usize = 64;

/// An error: its offset in bytes, and a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong(pub(crate) usize, pub(crate) String);

/// A placeholder in the source, with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) range: Range<usize>,
    pub(crate) part: Part,
}

/// Reads values from a line.
pub(crate) struct Reader<'a> {
    source: &'a str,
    at: usize,
    depth: usize,
    /// Whether the frame is received: then `…` stands for anything.
    is_received: bool,
    /// All placeholders with names.
    pub(crate) holes: Vec<Hole>,
    /// The source without the white space between tokens.
    pub(crate) compact: String,
}

impl<'a> Reader<'a> {
    /// Reads a frame that is received.
    pub(crate) fn of_received(source: &'a str) -> Reader<'a> {
        let (holes, compact) = (Vec::new(), String::new());
        Reader { source, at: 0, depth: 0, is_received: true, holes, compact }
    }

    /// Reads a frame that is sent.
    pub(crate) fn of_sent(source: &'a str) -> Reader<'a> {
        Reader { is_received: false, ..Reader::of_received(source) }
    }

    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn wrong<T>(&self, error: impl Into<String>) -> Result<T, Wrong> {
        Err(Wrong(self.at, error.into()))
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    /// Takes these many bytes.
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, _) = self.rest().split_at(length);
        self.at += length;
        self.compact.push_str(taken);
        taken
    }

    /// Takes a token after white space, if it is next.
    fn takes(&mut self, token: &str) -> bool {
        self.skip_space();
        let is_next = self.rest().starts_with(token);
        if is_next {
            self.take(token.len());
        }
        is_next
    }

    /// Expects the end of the line.
    pub(crate) fn is_at_end(&mut self) -> Result<(), Wrong> {
        self.skip_space();
        match self.rest() {
            "" => Ok(()),
            _ => self.wrong("the frame ends before this"),
        }
    }

    /// Whether the line has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.skip_space();
        self.rest().is_empty()
    }

    /// Reads a value.
    pub(crate) fn value(&mut self) -> Result<Pattern, Wrong> {
        self.skip_space();
        let at = self.at;
        let kind = match self.rest().chars().next() {
            None => return self.wrong("the line ends where a value must be"),
            Some('{' | '[') if self.depth >= DEEPEST => {
                return self.wrong(format!("more than {DEEPEST} lists and objects in each other"));
            }
            Some('{') => self.nested(Reader::object)?,
            Some('[') => self.nested(Reader::list)?,
            Some('"') => self.string()?,
            Some('$') => self.name()?,
            Some(ANYTHING) if self.is_received => {
                self.take(ANYTHING.len_utf8());
                Kind::Anything
            }
            Some(ANYTHING) => {
                return self
                    .wrong("… stands for received values; a sent value must be written out");
            }
            Some(_) => self.word()?,
        };
        Ok(Pattern { at, kind })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Kind, Wrong>) -> Result<Kind, Wrong> {
        self.take(1);
        self.depth += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    /// Takes `…` before the end of a list or an object.
    fn is_open(&mut self, end: &str) -> Result<bool, Wrong> {
        self.skip_space();
        let begin = self.at;
        let after = self.rest().strip_prefix(ANYTHING);
        if !after.is_some_and(|after| after.trim_start().starts_with(end)) {
            return Ok(false);
        }
        if !self.is_received {
            self.at = begin;
            return self.wrong("… stands for received values; write out the sent ones");
        }
        self.take(ANYTHING.len_utf8());
        self.takes(end);
        Ok(true)
    }

    fn list(&mut self) -> Result<Kind, Wrong> {
        let mut items = Vec::new();
        if self.takes("]") {
            return Ok(Kind::List { items, is_open: false });
        }
        loop {
            if self.is_open("]")? {
                return Ok(Kind::List { items, is_open: true });
            }
            items.push(self.value()?);
            if self.takes("]") {
                return Ok(Kind::List { items, is_open: false });
            }
            if !self.takes(",") {
                return self.wrong("expected a comma or ] after the value");
            }
        }
    }

    fn object(&mut self) -> Result<Kind, Wrong> {
        let mut members: Vec<Member> = Vec::new();
        if self.takes("}") {
            return Ok(Kind::Object { members, is_open: false });
        }
        loop {
            if self.is_open("}")? {
                return Ok(Kind::Object { members, is_open: true });
            }
            self.skip_space();
            let at = self.at;
            if !self.rest().starts_with('"') {
                return self.wrong("expected a key in double quotes");
            }
            let key = self.key()?;
            if self.is_received && members.iter().any(|member| member.key == key) {
                return Err(Wrong(at, format!("the key {key:?} stands here twice")));
            }
            if !self.takes(":") {
                return self.wrong("expected a colon after the key");
            }
            members.push(Member { key, value: self.value()? });
            if self.takes("}") {
                return Ok(Kind::Object { members, is_open: false });
            }
            if !self.takes(",") {
                return self.wrong("expected a comma or } after the value");
            }
        }
    }

    /// The inside of a string, without its quotes, and its offset.
    fn quoted(&mut self) -> Result<(&'a str, usize), Wrong> {
        let begin = self.at;
        let mut is_escaped = false;
        for (at, byte) in self.rest().bytes().enumerate().skip(1) {
            match byte {
                b'"' if !is_escaped => {
                    let whole = self.take(at + 1);
                    let inside = whole.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
                    return Ok((inside.unwrap_or_default(), begin + 1));
                }
                b'\\' => is_escaped = !is_escaped,
                _ => is_escaped = false,
            }
        }
        self.wrong("the string has no end: its second \" is missing")
    }

    fn key(&mut self) -> Result<String, Wrong> {
        let (inside, at) = self.quoted()?;
        decoded(inside, at)
    }

    fn string(&mut self) -> Result<Kind, Wrong> {
        let (inside, begin) = self.quoted()?;
        if self.is_received && inside.chars().eq([ANYTHING]) {
            return Ok(Kind::Anything);
        }
        let mut parts = Parts::default();
        let mut literal = 0..0;
        let mut at = 0;
        let end_literal = |parts: &mut Parts, literal: Range<usize>| {
            let source = inside.get(literal.clone()).unwrap_or_default();
            decoded(source, begin + literal.start).map(|text| parts.extend(text.as_bytes()))
        };
        while let Some(c) = inside.get(at..).and_then(|rest| rest.chars().next()) {
            let after = at + c.len_utf8();
            let rest = inside.get(after..).unwrap_or_default();
            let (part, next) = match c {
                // The escaped character belongs to the escape.
                '\\' => (None, after + rest.chars().next().map_or(0, char::len_utf8)),
                ANYTHING if self.is_received => (Some(Part::Anything), after),
                '$' => match name_in_braces(rest) {
                    Some((name, rest)) => {
                        let next = inside.len() - rest.len();
                        let range = begin + at..begin + next;
                        self.holes.push(Hole { range, part: Part::Escaped(name.to_owned()) });
                        (Some(Part::Name(name.to_owned())), next)
                    }
                    None => (None, after),
                },
                _ => (None, after),
            };
            at = next;
            match part {
                None => literal.end = at,
                Some(part) => {
                    end_literal(&mut parts, literal)?;
                    parts.push(part);
                    literal = at..at;
                }
            }
        }
        end_literal(&mut parts, literal)?;
        Ok(Kind::Text(parts.end()))
    }

    fn name(&mut self) -> Result<Kind, Wrong> {
        let begin = self.at;
        let rest = self.rest().get(1..).unwrap_or_default();
        let is_end = |c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-');
        let length = rest.find(is_end).unwrap_or(rest.len());
        let name = rest.get(..length).unwrap_or_default().to_owned();
        if !is_name(&name) {
            return self.wrong("expected a name after $, as in $first");
        }
        self.take(1 + length);
        self.holes.push(Hole { range: begin..self.at, part: Part::Json(name.clone()) });
        Ok(Kind::Name(name))
    }

    fn word(&mut self) -> Result<Kind, Wrong> {
        let rest = self.rest();
        let is_end = |c: char| !(c.is_alphanumeric() || matches!(c, '-' | '+' | '.' | '_'));
        let word = rest.get(..rest.find(is_end).unwrap_or(rest.len())).unwrap_or_default();
        match serde_json::from_str::<Value>(word) {
            Ok(value) => {
                self.take(word.len());
                Ok(Kind::Exactly(value))
            }
            Err(_) => self.wrong("expected a JSON value"),
        }
    }
}

/// Decodes the escapes of a JSON string.
fn decoded(inside: &str, at: usize) -> Result<String, Wrong> {
    let quoted = format!("\"{inside}\"");
    serde_json::from_str(&quoted).map_err(|error| {
        let offset = error.column().saturating_sub(2).min(inside.len());
        Wrong(at + offset, "a wrong escape in the string".to_owned())
    })
}
