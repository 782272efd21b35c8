//! What was said before somebody came.

use crate::check::{Check, Layer, Trial};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Message, Request, Response};

use super::messages::says;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "BACKLOG-1",
        layer: Layer::App,
        rationale: "Whoever comes late wants to know what is talked about.",
        hint: "Keep each message once, where it is said, and not once for each person it is sent to; give all of them, oldest first, to whoever logs in. If what comes has quotes and backslashes where it should have none, or keys that are missing, look at how often it is made into JSON.",
        after: &["MESSAGE-1", "MESSAGE-2", "PARSE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            let mut want = Vec::new();
            for (who, role, other) in [(ann, "ann", ben), (ben, "ben", ann), (ann, "ann", ben)] {
                let text = says(scenario, who, role)?;
                let by = scenario.name(role);
                // Whoever stores it once for each receiver has done that when both have it.
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
        rationale: "Clients go through `messages` without asking whether there are any.",
        hint: "Where nothing was said, `messages` is an empty list; it is never left out, and never null.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Trial::Server(|scenario| {
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

/// What was said before comes bit by bit.
fn more(scenario: &mut Scenario, who: PeerId) -> Result<Vec<Message>, Stop> {
    let expected = "what was said before";
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
        if lines.is_empty() { "nothing was said before".to_owned() } else { lines.join("; ") }
    };
    Err(scenario.differs(who, &words(want), &words(got)))
}
