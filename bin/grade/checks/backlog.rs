//! The backlog: messages that were sent before a user logged in.

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Message, Request, Response};

use super::messages::says;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "BACKLOG-1",
        layer: Layer::App,
        rationale: "A user who comes late wants to know what the others talk about.",
        hint: "Store each message once, when it is sent, and not once for each receiver. Send all of them, oldest first, to a user who logs in. If the messages contain extra quotes and backslashes, or keys are missing, check how often you encode them as JSON.",
        after: &["MESSAGE-1", "MESSAGE-2", "PARSE-6"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            let mut want = Vec::new();
            for (who, role, other) in [(ann, "ann", ben), (ben, "ben", ann), (ann, "ann", ben)] {
                let text = says(scenario, who, role)?;
                let by = scenario.name(role);
                // A server that stores the message once for each receiver has done so by the time
                // both have received it.
                scenario.expect_message(other, &by, &text)?;
                want.push(Message { sender: by, text });
            }
            let cat = scenario.connect("cat")?;
            let name = scenario.name("cat");
            let mut got = scenario.log_in_as(cat, &name)?;
            while got.len() < want.len() && scenario.dialect != Dialect::Json {
                got.extend(more(scenario, cat)?);
            }
            is_same(scenario, cat, &want, &got)?;
            scenario.expect_nothing_more(cat)
        }),
    },
    Check {
        id: "BACKLOG-2",
        layer: Layer::Parse,
        rationale: "Clients loop over `messages` without checking whether the key exists.",
        hint: "Without earlier messages, `messages` is an empty list. It is never missing, and never null.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            let name = scenario.name("ann");
            scenario.request(ann, Request::Login(name))?;
            let expected = "an answer with \"messages\": []";
            let (_, value) = scenario.next_with_value(ann, expected)?;
            let messages = value.as_ref().and_then(|value| value.get("messages"));
            if messages.and_then(|messages| messages.as_array()).is_some_and(Vec::is_empty) {
                return Ok(());
            }
            let got = value.map_or_else(String::new, |value| value.to_string());
            Err(scenario.differs(ann, expected, &got))
        }),
    },
];

/// Returns the next earlier messages: one, or several in one frame.
fn more(scenario: &mut Scenario, who: PeerId) -> Result<Vec<Message>, Stop> {
    let expected = "an earlier message";
    match scenario.next_response(who, expected)? {
        Response::Message(line) => Ok(vec![line]),
        Response::History(lines) if !lines.is_empty() => Ok(lines),
        other => Err(scenario.differs(who, expected, &other.words())),
    }
}

fn is_same(
    scenario: &mut Scenario,
    who: PeerId,
    want: &[Message],
    got: &[Message],
) -> Result<(), Stop> {
    if want == got {
        return Ok(());
    }
    let words = |lines: &[Message]| {
        let lines: Vec<String> = lines.iter().map(Message::words).collect();
        if lines.is_empty() { "no earlier messages".to_owned() } else { lines.join("; ") }
    };
    Err(scenario.differs(who, &words(want), &words(got)))
}
