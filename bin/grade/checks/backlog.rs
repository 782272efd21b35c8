//! The backlog: messages that were sent before a user logged in.

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Message, Request, Response};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "BACKLOG-1",
        layer: Layer::App,
        rationale: "A user who comes late wants to know what the others talk about.",
        hint: "Store each message once, when it is sent, and not once for each receiver. Send all of them, oldest first, to a user who logs in. If the messages contain extra quotes and backslashes, or keys are missing, check how often you encode them as JSON.",
        after: &["MESSAGE-1"],
        dialects: Dialect::ALL,
        run: Function::Server(earlier_messages_come_once),
    },
    Check {
        id: "BACKLOG-2",
        layer: Layer::Parse,
        rationale: "Clients loop over `messages` without checking whether the key exists.",
        hint: "Without earlier messages, `messages` is an empty list. It is never missing, and never null.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Function::Server(an_empty_chat_has_an_empty_history),
    },
    Check {
        id: "BACKLOG-3",
        layer: Layer::Parse,
        rationale: "A client that waits for the history after a login would wait forever.",
        hint: "Send the history after every login, also when it is an empty list.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Ktn15],
        run: Function::Server(an_empty_chat_has_an_empty_history),
    },
];

/// A late user gets every message once: in the history or, if it was still on its way, delivered.
fn earlier_messages_come_once(scenario: &mut Scenario) -> Result<(), Stop> {
    let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
    let mut want = Vec::new();
    for (who, role, other) in [(ann, "ann", ben), (ben, "ben", ann), (ann, "ann", ben)] {
        let text = scenario.text();
        scenario.request(who, Request::Say(text.clone()))?;
        // A server that stores the message once for each receiver has done so by the time both have
        // received it.
        for hearer in [who, other] {
            if hearer == other || scenario.vocabulary.echoes {
                scenario.expect_text(hearer, &text)?;
            }
        }
        want.push(Message { sender: scenario.name(role), text });
    }
    let cat = scenario.connect("cat")?;
    let name = scenario.name("cat");
    let mut got = scenario.log_in_as(cat, &name)?;
    let mut time = scenario.free_time();
    loop {
        got.extend(scenario.take_history(cat));
        if got.len() >= want.len() || time.exceeds(scenario.patience, "the earlier messages")? {
            break;
        }
        got.extend(scenario.messages_so_far(cat)?);
    }
    // What comes twice comes soon.
    scenario.settle()?;
    got.extend(scenario.messages_so_far(cat)?);
    got.extend(scenario.take_history(cat));
    if scenario.course.answers.plain_history {
        // Such a history may also contain news, which has no word in common with a message.
        got.retain(|got| want.iter().any(|want| has_common_word(&want.text, &got.text)));
    }
    is_same(scenario, cat, &want, &got)
}

fn has_common_word(left: &str, right: &str) -> bool {
    left.split_whitespace().any(|word| right.contains(word))
}

/// The answer to a login has an empty list, or the server sends an empty history.
fn an_empty_chat_has_an_empty_history(scenario: &mut Scenario) -> Result<(), Stop> {
    let ann = scenario.connect("ann")?;
    let name = scenario.name("ann");
    scenario.request(ann, Request::Login(name))?;
    let is_separate = scenario.dialect == Dialect::Ktn15;
    let (key, expected) = match is_separate {
        false => ("messages", "an answer with \"messages\": []"),
        true => ("content", "a history with \"content\": []"),
    };
    loop {
        let (response, value) = scenario.next_with_value(ann, expected)?;
        let word = value.as_ref().and_then(|value| value.get("response"));
        let is_history = word.is_some_and(|word| word == "history");
        if matches!(response, Response::Notice(_)) || is_separate && !is_history {
            continue;
        }
        let messages = value.as_ref().and_then(|value| value.get(key));
        if messages.and_then(|messages| messages.as_array()).is_some_and(Vec::is_empty) {
            return Ok(());
        }
        let got = value.map_or_else(|| response.words(), |value| value.to_string());
        return Err(scenario.differs(ann, expected, &got));
    }
}

fn is_same(
    scenario: &mut Scenario,
    who: PeerId,
    want: &[Message],
    got: &[Message],
) -> Result<(), Stop> {
    // Where the form does not say who sent a message, only its text counts.
    let is_same = want.len() == got.len()
        && want.iter().zip(got).all(|(want, got)| {
            want.text == got.text && (got.sender.is_empty() || want.sender == got.sender)
        });
    let is_plain = scenario.course.answers.plain_history
        && got.iter().all(|message| message.sender.is_empty())
        && are_in_order(want, got);
    if is_same || is_plain {
        return Ok(());
    }
    let words = |lines: &[Message]| {
        let lines: Vec<String> = lines.iter().map(Message::words).collect();
        if lines.is_empty() { "no earlier messages".to_owned() } else { lines.join("; ") }
    };
    Err(scenario.differs(who, &words(want), &words(got)))
}

/// Whether plain texts contain each message once, in order.
fn are_in_order(want: &[Message], got: &[Message]) -> bool {
    let got: Vec<&str> = got.iter().map(|message| message.text.as_str()).collect();
    let all = got.join("\n");
    let places: Vec<Option<usize>> = want.iter().map(|message| all.find(&message.text)).collect();
    places.iter().all(Option::is_some)
        && places.is_sorted()
        && want.iter().all(|message| all.matches(&message.text).count() == 1)
}
