//! The lines of a transcript, before anything is known of their content.

use crate::source::{Error, Place};

/// Greatest number of bytes in a line.
const LONGEST: usize = 1 << 20;

/// Greatest number of lines.
const MOST: usize = 100_000;

/// Splits a file into lines, without white space at their ends.
///
/// # Errors
/// The file is not UTF-8, has a control character, or exceeds a limit.
pub(crate) fn split(file: &str, bytes: &[u8], first: usize) -> Result<Vec<String>, Error> {
    let error = |line: usize, source: &str, at: usize, message: String| Error {
        file: file.to_owned(),
        place: Place::of(first + line, source, at),
        message,
        source: source.to_owned(),
    };
    let text = std::str::from_utf8(bytes).map_err(|wrong| {
        let (valid, rest) = bytes.split_at(wrong.valid_up_to());
        let valid = String::from_utf8_lossy(valid);
        let (line, begin) =
            (valid.matches('\n').count(), valid.rsplit('\n').next().unwrap_or_default());
        let byte = rest.first().copied().unwrap_or_default();
        let message = format!(
            "this is no UTF-8: the byte {byte:#04x}; raw bytes stand after >> as \\x{byte:02x}"
        );
        error(line, begin, begin.len(), message)
    })?;
    // Some editors begin a file with this mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if number >= MOST {
            let message = format!("a transcript has at most {MOST} lines");
            return Err(error(number, line, 0, message));
        }
        if line.len() > LONGEST {
            let message =
                format!("a line has at most {LONGEST} bytes, and this one has {}", line.len());
            return Err(error(number, line, 0, message));
        }
        let line = line.trim_end();
        let control = line.char_indices().find(|(_, c)| c.is_control() && *c != '\t');
        if let Some((at, c)) = control {
            let number_of = u32::from(c);
            let message = format!(
                "the control character U+{number_of:04X}; write it as an escape after >>, as in \\x{number_of:02x}"
            );
            return Err(error(number, line, at, message));
        }
        lines.push(line.to_owned());
    }
    Ok(lines)
}

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line<'a> {
    Blank,
    Comment(&'a str),
    /// `dialect NAME`
    Dialect(Word<'a>),
    /// `alice speaks NAME`
    Speaks(Word<'a>, Word<'a>),
    /// `ignore FRAME`
    Ignore(Word<'a>),
    /// `alice > PAYLOAD`
    Step {
        who: Word<'a>,
        way: Way,
        payload: Word<'a>,
    },
    /// `| PAYLOAD`, `+ PAYLOAD` or `& PAYLOAD`: more of the step before.
    More {
        mark: Mark,
        at: usize,
        payload: Word<'a>,
    },
}

/// A part of a line, and its offset in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word<'a> {
    pub(crate) at: usize,
    pub(crate) text: &'a str,
}

/// The direction of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Sends,
    SendsBytes,
    Receives,
    ReceivesBytes,
}

impl Way {
    pub(crate) fn arrow(self) -> &'static str {
        match self {
            Way::Sends => ">",
            Way::SendsBytes => ">>",
            Way::Receives => "<",
            Way::ReceivesBytes => "<<",
        }
    }

    fn of(arrow: &str) -> Option<Way> {
        [Way::Sends, Way::SendsBytes, Way::Receives, Way::ReceivesBytes]
            .into_iter()
            .find(|way| way.arrow() == arrow)
    }
}

/// How a line continues the step before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// `|`: the next piece of the same frame, in another write.
    Piece,
    /// `+`: the next frame, in the same write.
    Together,
    /// `&`: a further frame, in any order.
    Unordered,
}

impl Mark {
    pub(crate) const ALL: [Mark; 3] = [Mark::Piece, Mark::Together, Mark::Unordered];

    pub(crate) fn sign(self) -> char {
        match self {
            Mark::Piece => '|',
            Mark::Together => '+',
            Mark::Unordered => '&',
        }
    }
}

/// Reads a line.
///
/// # Errors
/// The offset of the error in bytes, and a sentence.
pub(crate) fn read(line: &str) -> Result<Line<'_>, (usize, String)> {
    let begin = line.len() - line.trim_start().len();
    let rest = line.get(begin..).unwrap_or_default();
    let Some(first) = rest.chars().next() else { return Ok(Line::Blank) };
    if first == '#' {
        return Ok(Line::Comment(rest));
    }
    if let Some(mark) = Mark::ALL.into_iter().find(|mark| mark.sign() == first) {
        let payload = payload(line, begin + 1)?;
        return Ok(Line::More { mark, at: begin, payload });
    }
    let name = word(line, begin);
    let second = word(line, name.at + name.text.len());
    if let Some(way) = Way::of(second.text) {
        let payload = payload(line, second.at + second.text.len())?;
        return Ok(Line::Step { who: name, way, payload });
    }
    let after = |word: Word<'_>| word.at + word.text.len();
    let third = word(line, after(second));
    let only = |last: Word<'_>| match word(line, after(last)) {
        Word { text: "", .. } => Ok(()),
        more => Err((more.at, "the line ends before this".to_owned())),
    };
    match (name.text, second.text) {
        ("dialect", _) => only(second).map(|()| Line::Dialect(second)),
        ("ignore", _) => {
            let text = line.get(second.at..).unwrap_or_default();
            Ok(Line::Ignore(Word { at: second.at, text }))
        }
        (_, "speaks") => only(third).map(|()| Line::Speaks(name, third)),
        (_, "") => Err((name.at, "expected a name, an arrow (> or <) and a frame".to_owned())),
        (_, arrow) if arrow.starts_with(['>', '<']) => {
            let length = arrow.len() - arrow.trim_start_matches(['>', '<']).len();
            Err((second.at + length.min(2), "expected a space after the arrow".to_owned()))
        }
        _ => Err((second.at, "expected an arrow (> or <) after the name".to_owned())),
    }
}

/// The word that begins at or after this offset.
fn word(line: &str, from: usize) -> Word<'_> {
    let rest = line.get(from..).unwrap_or_default();
    let at = line.len() - rest.trim_start_matches([' ', '\t']).len();
    let rest = line.get(at..).unwrap_or_default();
    let end = rest.find([' ', '\t']).unwrap_or(rest.len());
    Word { at, text: rest.get(..end).unwrap_or_default() }
}

/// The rest of the line after an arrow or a mark, without the space between.
fn payload(line: &str, from: usize) -> Result<Word<'_>, (usize, String)> {
    match line.get(from..).unwrap_or_default() {
        "" => Ok(Word { at: from, text: "" }),
        rest => match rest.strip_prefix([' ', '\t']) {
            Some(text) => Ok(Word { at: from + 1, text }),
            None => Err((from, "expected a space before this".to_owned())),
        },
    }
}
