//! What a person sends: the pieces of frames, with names that are filled in.

use crate::dialect::Dialect;
use crate::pattern::{Hole, Reader, Wrong};
use crate::source::Place;
use crate::text::{Holes, Parts, Text};

/// A piece of a frame, with the place of its first byte: a line and an offset in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    pub(crate) line: usize,
    pub(crate) whole: &'a str,
    pub(crate) at: usize,
    pub(crate) text: &'a str,
}

impl Piece<'_> {
    fn place(&self, offset: usize) -> Place {
        Place::of(self.line, self.whole, self.at + offset)
    }
}

/// Parses the pieces of one frame.
///
/// # Errors
/// The place of the error, and a sentence.
pub(crate) fn frame(
    pieces: &[Piece<'_>],
    dialect: &Dialect,
    is_raw: bool,
) -> Result<Vec<Text>, (Place, String)> {
    let whole: String = pieces.iter().map(|piece| piece.text).collect();
    if is_raw || !dialect.is_json() || !whole.starts_with('{') {
        let parse = |piece: &Piece<'_>| {
            Text::with_escapes(piece.text, Holes::Names)
                .map_err(|(at, error)| (piece.place(at), error))
        };
        return pieces.iter().map(parse).collect();
    }
    let holes = names(&whole).map_err(|Wrong(at, error)| {
        let error = format!("{error} (to send anything but JSON, write >> and \\n at the end)");
        (place(pieces, at), error)
    })?;
    let mut begin = 0;
    let mut texts = Vec::new();
    for piece in pieces {
        let end = begin + piece.text.len();
        texts.push(filled(&whole, begin, end, &holes));
        begin = end;
    }
    let is_cut = |hole: &&Hole| {
        let mut ends = pieces.iter().scan(0, |end, piece| {
            *end += piece.text.len();
            Some(*end)
        });
        ends.any(|end| hole.range.start < end && end < hole.range.end)
    };
    match holes.iter().find(is_cut) {
        Some(hole) => {
            Err((place(pieces, hole.range.start), "a name cannot be cut into pieces".to_owned()))
        }
        None => Ok(texts),
    }
}

/// The names in one or more JSON values.
fn names(whole: &str) -> Result<Vec<Hole>, Wrong> {
    let mut reader = Reader::of_sent(whole);
    while !reader.has_ended() {
        reader.value()?;
    }
    Ok(reader.holes)
}

/// The place of an offset in the joined pieces.
fn place(pieces: &[Piece<'_>], offset: usize) -> Place {
    let mut begin = 0;
    for (number, piece) in pieces.iter().enumerate() {
        let is_last = number + 1 == pieces.len();
        if offset < begin + piece.text.len() || is_last {
            return piece.place(offset - begin);
        }
        begin += piece.text.len();
    }
    Place { line: 1, column: 1 }
}

/// The part of a frame between two offsets.
fn filled(whole: &str, begin: usize, end: usize, holes: &[Hole]) -> Text {
    let mut parts = Parts::default();
    let mut at = begin;
    let literal = |from: usize, to: usize| whole.get(from..to).unwrap_or_default().as_bytes();
    for hole in holes.iter().filter(|hole| hole.range.start >= begin && hole.range.end <= end) {
        parts.extend(literal(at, hole.range.start));
        parts.push(hole.part.clone());
        at = hole.range.end;
    }
    parts.extend(literal(at, end));
    parts.end()
}

/// A text that has only these bytes.
#[cfg(test)]
fn only(bytes: &[u8]) -> Text {
    Text(vec![crate::text::Part::Literal(bytes.to_vec())])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(pieces: &[&str]) -> Result<Vec<Text>, (Place, String)> {
        let pieces: Vec<Piece<'_>> = pieces
            .iter()
            .enumerate()
            .map(|(number, text)| Piece { line: number + 1, whole: text, at: 0, text })
            .collect();
        frame(&pieces, &Dialect::default(), false)
    }

    #[test]
    fn a_frame_in_pieces_is_checked_as_a_whole() {
        let whole = r#"{"request":"message","message":"a\"b"}"#;
        for at in 1..whole.len() {
            let (first, second) = whole.split_at(at);
            let want = vec![only(first.as_bytes()), only(second.as_bytes())];
            assert_eq!(parse(&[first, second]), Ok(want), "{at}");
        }
        let (place, error) = parse(&[r#"{"request""#, r#""login"}"#]).unwrap_err();
        assert_eq!(place, Place { line: 2, column: 1 });
        assert!(error.starts_with("expected a colon after the key"), "{error}");
    }

    #[test]
    fn a_name_stays_in_one_piece() {
        let texts = parse(&[r#"{"id":$first"#, r#","to":"${who}"}"#]).unwrap();
        let names: Vec<&str> = texts.iter().flat_map(Text::names).collect();
        assert_eq!(names, ["first", "who"]);
        assert!(parse(&[r#"{"id":$fi"#, r"rst}"]).is_err());
    }

    #[test]
    fn a_sent_frame_has_no_open_places() {
        for wrong in [r#"{"id":…}"#, r#"{"id":1,…}"#, r#"{"id":[…]}"#, r#"{"id":1"#] {
            assert!(parse(&[wrong]).is_err(), "{wrong}");
        }
        assert!(parse(&[r#"{"message":"wait …"}"#]).is_ok());
        assert!(parse(&["hello"]).is_ok());
    }
}
