//! Framing of requests: where each begins and ends, however TCP splits the bytes.

use std::time::Duration;

use crate::check::{Check, Function, Layer};
use crate::peer::Incoming;
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request, Response, shortened};

/// Number of attempts to receive messages one by one. If the machine is busy, one read may return
/// two messages that the server sent apart. Such attempts do not count, up to a limit.
const TRIES: usize = 5;
const ALL_TRIES: usize = 100;

/// Messages that arrived within this time were not sent apart: half of the gap that the hint names.
const TOGETHER: Duration = Duration::from_millis(10);

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "FRAME-1",
        layer: Layer::Net,
        rationale: "TCP carries bytes, not messages: a request may arrive in pieces, cut anywhere.",
        hint: "Keep the received bytes until you have a whole request. A read returns whatever has arrived so far.",
        after: &["MESSAGE-2", "CROWD-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            // ben does not log in: notices for him would be sent with a pause before and after
            // them.
            let (ann, ben) = (scenario.log_in("ann")?, scenario.connect("ben")?);
            let hearer = scenario.hearer(ann)?;
            let text = scenario.text();
            let bytes = scenario.dialect.encode(&Request::Say(text.clone()));
            for at in 1..bytes.len() {
                let (first, second) = bytes.split_at(at);
                scenario.add_pending(ann, &Request::Say(text.clone()));
                scenario.send(ann, &pieces(at), first)?;
                // After the server has answered another client, it has had time to read the first
                // piece.
                scenario.sync_except(ben, |response| matches!(response, Response::Message(_)))?;
                scenario.send(
                    ann,
                    &format!("the other {} of it", bytes_of(second.len())),
                    second,
                )?;
                scenario.expect_text(hearer, &text)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "FRAME-2",
        layer: Layer::Net,
        rationale: "One read may return several requests, and each of them needs an answer.",
        hint: "After the first request, the buffer may contain more. Process them until only an incomplete one is left.",
        after: &["MESSAGE-2"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let hearer = scenario.hearer(ann)?;
            let texts: Vec<String> = (0..5).map(|_| scenario.text()).collect();
            let requests: Vec<Request> = texts.iter().cloned().map(Request::Say).collect();
            let bytes: Vec<u8> =
                requests.iter().flat_map(|request| scenario.dialect.encode(request)).collect();
            requests.iter().for_each(|request| scenario.add_pending(ann, request));
            scenario.send(ann, "five messages in one packet", &bytes)?;
            // Another check tests the order.
            let mut left = texts;
            while !left.is_empty() {
                let expected =
                    format!("one of the {} messages that have not arrived yet", left.len());
                let response = scenario.next_message(hearer, &expected)?;
                match left.iter().position(|text| *text == response.text) {
                    Some(at) => drop(left.remove(at)),
                    None => return Err(scenario.differs(hearer, &expected, &response.words())),
                }
            }
            Ok(())
        }),
    },
    Check {
        id: "FRAME-3",
        layer: Layer::Net,
        rationale: "A message may be longer than one read returns.",
        hint: "How many bytes does one read ask for? What happens to a longer request?",
        after: &["MESSAGE-2"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let hearer = scenario.hearer(ann)?;
            let word = scenario.words.word();
            let text: String = word.chars().cycle().take(4090).collect();
            scenario.request(ann, Request::Say(text.clone()))?;
            scenario.expect_text(hearer, &text)?;
            scenario.expect_silence(ann)
        }),
    },
    Check {
        id: "FRAME-4",
        layer: Layer::Net,
        rationale: "A client may close its sending half and still wait for the answers.",
        hint: "When a read returns no bytes, first answer the earlier requests, then close the connection.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
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
        rationale: "The clients of this course take the bytes of one read for one message, and crash if a read contains two.",
        hint: "Send each message with a separate `send`, and wait 20 ms between two messages to the same client.",
        after: &["MESSAGE-1", "FRAME-2"],
        dialects: &[Dialect::Ktn14, Dialect::Ktn15],
        run: Function::Server(come_apart),
    },
    Check {
        id: "FRAME-6",
        layer: Layer::Net,
        rationale: "Clients read lines. Without the newline they wait for the rest of the message.",
        hint: "Encode each message as JSON on one line, and append a newline (`\\n`) to it.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json],
        run: Function::Server(messages_are_lines),
    },
];

fn pieces(at: usize) -> String {
    format!("the first {} of a message, then waits", bytes_of(at))
}

fn bytes_of(count: usize) -> String {
    if count == 1 { "byte".to_owned() } else { format!("{count} bytes") }
}

/// The answers to two requests are lines.
fn messages_are_lines(scenario: &mut Scenario) -> Result<(), Stop> {
    let ann = scenario.connect("ann")?;
    let name = scenario.name("ann");
    for request in [Request::Login(name), Request::Logout] {
        let is_login = matches!(request, Request::Login(_));
        scenario.request(ann, request)?;
        if !is_login && !scenario.vocabulary.answers_logout {
            break;
        }
        let expected = "a JSON object on one line, with a newline at its end";
        let Incoming::Frame(frame, _) = scenario.incoming(ann, expected)? else {
            return Err(scenario.differs(ann, expected, "nothing"));
        };
        if !frame.has_end && !scenario.ends_with_newline(ann, &frame)? {
            let got = format!("an object that is no line: {}", shortened(&frame.bytes));
            return Err(scenario.differs(ann, expected, &got));
        }
    }
    Ok(())
}

/// Messages that are sent to one user at the same time arrive one by one.
fn come_apart(scenario: &mut Scenario) -> Result<(), Stop> {
    let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
    if let Some(peer) = scenario.peer(ben) {
        peer.polls_often = true;
    }
    let mut together = 0;
    for _ in 0..ALL_TRIES {
        scenario.sync(ben)?;
        for _ in 0..3 {
            let text = scenario.text();
            scenario.request(ann, Request::Say(text))?;
        }
        let Some((two, within)) = reads_one_by_one(scenario, ben, 3)? else { return Ok(()) };
        // Reads the rest of these messages.
        scenario.sync_except(ben, |response| matches!(response, Response::Message(_)))?;
        together += usize::from(within < TOGETHER);
        if together == TRIES {
            return Err(scenario.differs(ben, "one message in each read", &two));
        }
    }
    Err(Stop::Undecided("the machine was too busy to read in time".to_owned()))
}

/// Returns the read that contained more than one message, and the time within which its bytes arrived;
/// `None` if there was none.
fn reads_one_by_one(
    scenario: &mut Scenario,
    who: PeerId,
    count: usize,
) -> Result<Option<(String, Duration)>, Stop> {
    let mut received = 0;
    while received < count {
        let Incoming::Frame(..) = scenario.incoming(who, "a message")? else {
            return Err(scenario.differs(who, "a message", "nothing"));
        };
        received += 1;
        let Some(peer) = scenario.peer(who) else { return Ok(None) };
        let rest = peer.incomplete();
        if rest.iter().any(|byte| !byte.is_ascii_whitespace()) {
            let rest = String::from_utf8_lossy(rest).into_owned();
            let two = format!("one read with two messages; the second begins with {rest:.40}");
            return Ok(Some((two, peer.received_within())));
        }
    }
    Ok(None)
}
