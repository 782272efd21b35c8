//! Framing of responses: where each begins and ends, however TCP splits the bytes.

use crate::check::{Check, Function, Layer};
use crate::client::ClientScenario;
use crate::stop::Stop;
use crate::wire::{Dialect, Message, Response};

/// With its frame, such a message is longer than one read of 4,096 bytes.
const LONG: usize = 4090;

#[expect(clippy::expect_used, reason = "the grader encodes the message itself")]
pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "STREAM-1",
        layer: Layer::Net,
        rationale: "Several messages that the server sends quickly may arrive in one read.",
        hint: "After the first message, the buffer may contain more. Process them until only an incomplete one is left.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            let lines: Vec<Message> = (0..3).map(|_| scenario.message_from_other()).collect();
            let bytes: Vec<u8> = lines.iter().flat_map(|line| one(scenario, line)).collect();
            let words: Vec<String> = lines.iter().map(Message::words).collect();
            scenario.send(&format!("in one packet: {}", words.join("; ")), &bytes)?;
            lines.iter().try_for_each(|line| scenario.expect_message_shown(line))
        }),
    },
    Check {
        id: "STREAM-2",
        layer: Layer::Net,
        rationale: "TCP carries bytes, not messages: a message may arrive in pieces, cut anywhere.",
        hint: "Keep the received bytes until you have a whole message. A read returns whatever has arrived so far.",
        after: &["SHOW-2"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            let length = one_like(scenario, "").1.len();
            for at in 1..length {
                let (line, bytes) = one_like(scenario, "");
                let Some((first, second)) = bytes.split_at_checked(at) else { break };
                in_pieces(scenario, &line, first, second)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "STREAM-3",
        layer: Layer::Net,
        rationale: "A long message takes more than one read.",
        hint: "The size of the buffer does not limit the size of a message. Read on until the message is complete.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            let mut line = scenario.message_from_other();
            let (begin, end) = (scenario.words.word(), scenario.words.word());
            let mut text = begin;
            while text.len() + end.len() + 10 < LONG {
                text = format!("{text} {}", scenario.words.word());
            }
            line.text = format!("{text} {end}");
            let bytes = one(scenario, &line);
            scenario.send(&format!("a message of {} bytes", line.text.len()), &bytes)?;
            scenario.expect_message_shown(&line)
        }),
    },
    Check {
        id: "STREAM-4",
        layer: Layer::Parse,
        rationale: "Most letters outside ASCII take more than one byte, and a read may end in the middle of a letter.",
        hint: "Split the bytes into messages first, and decode only whole messages as text.",
        after: &["SHOW-2"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            for letter in ["å", "你", "🙂"] {
                for cut in 1..letter.len() {
                    let (line, bytes) = one_like(scenario, letter);
                    let found = bytes.windows(letter.len()).position(|it| it == letter.as_bytes());
                    let letter_at = found.expect("the message contains the letter as UTF-8");
                    let (first, second) = bytes.split_at(letter_at + cut);
                    in_pieces(scenario, &line, first, second)?;
                }
            }
            Ok(())
        }),
    },
];

/// The frame of a message.
fn one(scenario: &mut ClientScenario, line: &Message) -> Vec<u8> {
    scenario.bytes_of(&Response::Message(line.clone()))
}

/// Makes up a message from another user that ends with `end`. Returns it and its frame.
fn one_like(scenario: &mut ClientScenario, end: &str) -> (Message, Vec<u8>) {
    let mut line = scenario.message_from_other();
    line.text = format!("{} {end}", line.text).trim_end().to_owned();
    let bytes = one(scenario, &line);
    (line, bytes)
}

/// Sends a frame in two pieces, the second after the client has read the first, and expects the
/// message to be shown.
fn in_pieces(
    scenario: &mut ClientScenario,
    line: &Message,
    first: &[u8],
    second: &[u8],
) -> Result<(), Stop> {
    scenario.mark_seen();
    let words = |which: &str, piece: &[u8]| {
        format!("the {which} {} bytes of it: {}", piece.len(), line.words())
    };
    scenario.send(&words("first", first), first)?;
    scenario.wait_until_read();
    scenario.send(&words("other", second), second)?;
    scenario.expect_shown(&line.words(), &[&line.sender, &line.text])
}
