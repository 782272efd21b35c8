//! Where a request begins and ends, whatever the packets are like in which it comes.

use crate::check::{Check, Layer, Stop, Trial};
use crate::peer::Came;
use crate::pulse::Mark;
use crate::stage::{Stage, Who};
use crate::wire::{Ask, Dialect, Heard};

/// How often what should come apart is tried: a machine that is late may read two messages at once
/// that were written apart. Tries in which it was do not count, but there is an end to them, too.
const TRIES: usize = 5;
const ALL_TRIES: usize = 100;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "FRAME-1",
        layer: Layer::Net,
        rationale: "TCP carries bytes, not messages: a request may come in pieces, cut anywhere.",
        hint: "Keep what has come until a whole request is there; a read returns what happens to be there.",
        after: &["MESSAGE-2", "MESSAGE-4", "PARSE-6", "CROWD-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            // What ben hears besides answers would come with a gap before and after it.
            let (ann, ben) = (stage.logs_in("ann")?, stage.enters("ben")?);
            let name = stage.name("ann");
            let text = stage.text();
            let bytes = stage.dialect.encode(&Ask::Say(text.clone()));
            for at in 1..bytes.len() {
                let (first, second) = bytes.split_at(at);
                stage.expects(ann, &Ask::Say(text.clone()));
                stage.sends(ann, &pieces(at), first)?;
                // When somebody else has been answered, the first piece has been there for a while.
                stage.has_heard_everything_but(ben, |heard| matches!(heard, Heard::Said(_)))?;
                stage.sends(ann, &format!("the other {} of it", bytes_of(second.len())), second)?;
                stage.hears_said(ann, &name, &text)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "FRAME-2",
        layer: Layer::Net,
        rationale: "One read may return several requests, and each of them wants its answer.",
        hint: "After the first request there may be more in what was read: go on until nothing whole is left.",
        after: &["LOGIN-1", "MESSAGE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            let name = stage.name("ann");
            let texts: Vec<String> = (0..5).map(|_| stage.text()).collect();
            let asks: Vec<Ask> = texts.iter().cloned().map(Ask::Say).collect();
            let bytes: Vec<u8> = asks.iter().flat_map(|ask| stage.dialect.encode(ask)).collect();
            asks.iter().for_each(|ask| stage.expects(ann, ask));
            stage.sends(ann, "five messages in one packet", &bytes)?;
            // In which order is for another check.
            let mut left = texts;
            while !left.is_empty() {
                let expected = format!("one of {} messages that were not answered yet", left.len());
                let heard = stage.next_said(ann, &expected)?;
                let at = left.iter().position(|text| heard.by == name && *text == heard.text);
                match at {
                    Some(at) => drop(left.remove(at)),
                    None => return Err(stage.differs(ann, &expected, &heard.words())),
                }
            }
            Ok(())
        }),
    },
    Check {
        id: "FRAME-3",
        layer: Layer::Net,
        rationale: "A message may be longer than what one read returns.",
        hint: "How many bytes does a read ask for? What becomes of a request that is longer?",
        after: &["FRAME-1", "FRAME-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            let name = stage.name("ann");
            let word = stage.words.word();
            let text: String = word.chars().cycle().take(4090).collect();
            stage.asks(ann, Ask::Say(text.clone()))?;
            stage.hears_said(ann, &name, &text)?;
            stage.has_heard_everything(ann)
        }),
    },
    Check {
        id: "FRAME-4",
        layer: Layer::Net,
        rationale: "A client may close its sending half and still wait for the answers.",
        hint: "When a read returns nothing, answer what was asked before, and only then hang up.",
        after: &["FRAME-2", "CROWD-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            let name = stage.name("ann");
            stage.asks(ann, Ask::Login(name))?;
            stage.finishes(ann);
            stage
                .hears(ann, "the answer to the login", |heard| matches!(heard, Heard::In { .. }))?;
            Ok(())
        }),
    },
    Check {
        id: "FRAME-5",
        layer: Layer::Net,
        rationale: "The clients of this course take what one read returns for one message, and die of two.",
        hint: "Send each message with a `send` of its own, and leave a moment between two to the same client (20 ms).",
        after: &["MESSAGE-1", "PARSE-6", "FRAME-2"],
        dialects: &[Dialect::Ktn14, Dialect::Ktn15],
        run: Trial::Server(come_apart),
    },
];

fn pieces(at: usize) -> String {
    format!("the first {} of a message, and waits", bytes_of(at))
}

fn bytes_of(count: usize) -> String {
    if count == 1 { "byte".to_owned() } else { format!("{count} bytes") }
}

/// Messages that are sent at once to somebody come one by one.
fn come_apart(stage: &mut Stage) -> Result<(), Stop> {
    let (ann, ben) = (stage.logs_in("ann")?, stage.logs_in("ben")?);
    let mut in_time = 0;
    for _ in 0..ALL_TRIES {
        stage.has_heard_everything(ben)?;
        let began = Mark::now();
        for _ in 0..3 {
            let text = stage.text();
            stage.asks(ann, Ask::Say(text))?;
        }
        let Some(two) = reads_one_by_one(stage, ben, 3)? else { return Ok(()) };
        // Whatever else there is of these.
        stage.has_heard_everything_but(ben, |heard| matches!(heard, Heard::Said(_)))?;
        in_time += usize::from(began.late().is_zero());
        if in_time == TRIES {
            return Err(stage.differs(ben, "one message in each read", &two));
        }
    }
    Err(Stop::Undecided("the machine was too busy to read in time".to_owned()))
}

/// What one read returned in which more than one message was; `None` when there was none like that.
fn reads_one_by_one(stage: &mut Stage, who: Who, count: usize) -> Result<Option<String>, Stop> {
    let mut heard = 0;
    while heard < count {
        let Came::Frame(..) = stage.came(who, "a message")? else {
            return Err(stage.differs(who, "a message", "nothing"));
        };
        heard += 1;
        let Some(peer) = stage.peer(who) else { return Ok(None) };
        let rest = peer.rest();
        if rest.iter().any(|byte| !byte.is_ascii_whitespace()) {
            let rest = String::from_utf8_lossy(rest).into_owned();
            return Ok(Some(format!("a read with two messages: the second begins {rest:.40}")));
        }
    }
    Ok(None)
}
