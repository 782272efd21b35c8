//! Where a message begins and ends, whatever the packets are like in which it comes.

use crate::check::{Check, Layer, Stop, Trial};
use crate::client::Sitting;
use crate::wire::{Dialect, Heard, Line};

/// More than one read of 4,096 bytes returns, with what stands around it.
const LONG: usize = 4090;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "STREAM-1",
        layer: Layer::Net,
        rationale: "What the server sends at once may be read at once.",
        hint: "After the first message there may be more in what was read: go on until nothing whole is left.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.logs_in()?;
            let lines: Vec<Line> = (0..3).map(|_| sitting.somebody_else()).collect();
            let bytes: Vec<u8> = lines.iter().flat_map(|line| one(sitting, line)).collect();
            let words: Vec<String> = lines.iter().map(Line::words).collect();
            sitting.sends(&format!("in one packet: {}", words.join("; ")), &bytes)?;
            lines.iter().try_for_each(|line| sitting.sees_line(line))
        }),
    },
    Check {
        id: "STREAM-2",
        layer: Layer::Net,
        rationale: "TCP carries bytes, not messages: one may come in pieces, cut anywhere.",
        hint: "Keep what has come until a whole message is there; a read returns what happens to be there.",
        after: &["SHOW-2"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.logs_in()?;
            let length = one_like(sitting, "").1.len();
            for at in 1..length {
                let (line, bytes) = one_like(sitting, "");
                let Some((first, second)) = bytes.split_at_checked(at) else { break };
                in_pieces(sitting, &line, first, second)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "STREAM-3",
        layer: Layer::Net,
        rationale: "A long message takes more than one read.",
        hint: "The size of a buffer is not the size of a message: read on until it is whole.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.logs_in()?;
            let mut line = sitting.somebody_else();
            let (begin, end) = (sitting.words.word(), sitting.words.word());
            let mut text = begin;
            while text.len() + end.len() + 10 < LONG {
                text = format!("{text} {}", sitting.words.word());
            }
            line.text = format!("{text} {end}");
            let bytes = one(sitting, &line);
            sitting.sends(&format!("a message of {} bytes", line.text.len()), &bytes)?;
            sitting.sees_line(&line)
        }),
    },
    Check {
        id: "STREAM-4",
        layer: Layer::Parse,
        rationale: "Most letters of most people have more than one byte, and a read may end in the middle of one.",
        hint: "Cut the bytes into messages first, and make text of whole messages only.",
        after: &["SHOW-2"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.logs_in()?;
            for letter in ["å", "你", "🙂"] {
                for cut in 1..letter.len() {
                    let (line, bytes) = one_like(sitting, letter);
                    let found = bytes.windows(letter.len()).position(|it| it == letter.as_bytes());
                    let at = found.unwrap_or_default() + cut;
                    let Some((first, second)) = bytes.split_at_checked(at) else { break };
                    in_pieces(sitting, &line, first, second)?;
                }
            }
            Ok(())
        }),
    },
];

/// The bytes of a message.
fn one(sitting: &mut Sitting, line: &Line) -> Vec<u8> {
    sitting.bytes_of(&Heard::Said(line.clone()))
}

/// Something that somebody else says, which ends like this, and its bytes.
fn one_like(sitting: &mut Sitting, end: &str) -> (Line, Vec<u8>) {
    let mut line = sitting.somebody_else();
    line.text = format!("{} {end}", line.text).trim_end().to_owned();
    let bytes = one(sitting, &line);
    (line, bytes)
}

/// A message comes in two pieces, the second when the first was read, and is shown.
fn in_pieces(sitting: &mut Sitting, line: &Line, first: &[u8], second: &[u8]) -> Result<(), Stop> {
    sitting.looks_away();
    let words = |which: &str, piece: &[u8]| {
        format!("the {which} {} bytes of it: {}", piece.len(), line.words())
    };
    sitting.sends(&words("first", first), first)?;
    sitting.is_read();
    sitting.sends(&words("other", second), second)?;
    sitting.sees(&line.words(), &[&line.by, &line.text])
}
