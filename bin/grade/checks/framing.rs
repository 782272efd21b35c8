//! Where a request begins and ends, whatever the packets are like in which it comes.

use crate::check::{Check, Layer, Trial};
use crate::lag::Stopwatch;
use crate::peer::Incoming;
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request, Response};

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
        run: Trial::Server(|scenario| {
            // What ben hears besides answers would come with a gap before and after it.
            let (ann, ben) = (scenario.log_in("ann")?, scenario.connect("ben")?);
            let name = scenario.name("ann");
            let text = scenario.text();
            let bytes = scenario.dialect.encode(&Request::Say(text.clone()));
            for at in 1..bytes.len() {
                let (first, second) = bytes.split_at(at);
                scenario.add_pending(ann, &Request::Say(text.clone()));
                scenario.send(ann, &pieces(at), first)?;
                // When somebody else has been answered, the first piece has been there for a while.
                scenario.expect_nothing_more_except(ben, |response| {
                    matches!(response, Response::Message(_))
                })?;
                scenario.send(
                    ann,
                    &format!("the other {} of it", bytes_of(second.len())),
                    second,
                )?;
                scenario.expect_message(ann, &name, &text)?;
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
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let name = scenario.name("ann");
            let texts: Vec<String> = (0..5).map(|_| scenario.text()).collect();
            let asks: Vec<Request> = texts.iter().cloned().map(Request::Say).collect();
            let bytes: Vec<u8> = asks.iter().flat_map(|ask| scenario.dialect.encode(ask)).collect();
            asks.iter().for_each(|ask| scenario.add_pending(ann, ask));
            scenario.send(ann, "five messages in one packet", &bytes)?;
            // In which order is for another check.
            let mut left = texts;
            while !left.is_empty() {
                let expected = format!("one of {} messages that were not answered yet", left.len());
                let response = scenario.next_message(ann, &expected)?;
                let at =
                    left.iter().position(|text| response.sender == name && *text == response.text);
                match at {
                    Some(at) => drop(left.remove(at)),
                    None => return Err(scenario.differs(ann, &expected, &response.words())),
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
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let name = scenario.name("ann");
            let word = scenario.words.word();
            let text: String = word.chars().cycle().take(4090).collect();
            scenario.request(ann, Request::Say(text.clone()))?;
            scenario.expect_message(ann, &name, &text)?;
            scenario.expect_nothing_more(ann)
        }),
    },
    Check {
        id: "FRAME-4",
        layer: Layer::Net,
        rationale: "A client may close its sending half and still wait for the answers.",
        hint: "When a read returns nothing, answer what was asked before, and only then hang up.",
        after: &["FRAME-2", "CROWD-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            let name = scenario.name("ann");
            scenario.request(ann, Request::Login(name))?;
            scenario.shut_down_write(ann);
            scenario.expect(ann, "the answer to the login", |response| {
                matches!(response, Response::LoggedIn { .. })
            })?;
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
fn come_apart(scenario: &mut Scenario) -> Result<(), Stop> {
    let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
    let mut in_time = 0;
    for _ in 0..ALL_TRIES {
        scenario.expect_nothing_more(ben)?;
        let began = Stopwatch::start();
        for _ in 0..3 {
            let text = scenario.text();
            scenario.request(ann, Request::Say(text))?;
        }
        let Some(two) = reads_one_by_one(scenario, ben, 3)? else { return Ok(()) };
        // Whatever else there is of these.
        scenario
            .expect_nothing_more_except(ben, |response| matches!(response, Response::Message(_)))?;
        in_time += usize::from(began.lag().is_zero());
        if in_time == TRIES {
            return Err(scenario.differs(ben, "one message in each read", &two));
        }
    }
    Err(Stop::Undecided("the machine was too busy to read in time".to_owned()))
}

/// What one read returned in which more than one message was; `None` when there was none like that.
fn reads_one_by_one(
    scenario: &mut Scenario,
    who: PeerId,
    count: usize,
) -> Result<Option<String>, Stop> {
    let mut response = 0;
    while response < count {
        let Incoming::Frame(..) = scenario.incoming(who, "a message")? else {
            return Err(scenario.differs(who, "a message", "nothing"));
        };
        response += 1;
        let Some(peer) = scenario.peer(who) else { return Ok(None) };
        let rest = peer.incomplete();
        if rest.iter().any(|byte| !byte.is_ascii_whitespace()) {
            let rest = String::from_utf8_lossy(rest).into_owned();
            return Ok(Some(format!("a read with two messages: the second begins {rest:.40}")));
        }
    }
    Ok(None)
}
