//! What was said before somebody came.

use crate::check::{Check, Layer, Stop, Trial};
use crate::stage::{Stage, Who};
use crate::wire::{Ask, Dialect, Heard, Line};

use super::messages::says;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "BACKLOG-1",
        layer: Layer::App,
        rationale: "Whoever comes late wants to know what is talked about.",
        hint: "Keep each message once, where it is said, and not once for each person it is sent to; give all of them, oldest first, to whoever logs in. If what comes has quotes and backslashes where it should have none, or keys that are missing, look at how often it is made into JSON.",
        after: &["MESSAGE-1", "MESSAGE-2", "PARSE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let (ann, ben) = (stage.logs_in("ann")?, stage.logs_in("ben")?);
            let mut want = Vec::new();
            for (who, role, other) in [(ann, "ann", ben), (ben, "ben", ann), (ann, "ann", ben)] {
                let text = says(stage, who, role)?;
                let by = stage.name(role);
                // Whoever stores it once for each receiver has done that when both have it.
                stage.hears_said(other, &by, &text)?;
                want.push(Line { by, text });
            }
            let cat = stage.enters("cat")?;
            let name = stage.name("cat");
            let mut got = stage.is_let_in(cat, &name)?;
            while got.len() < want.len() && stage.dialect != Dialect::Json {
                got.extend(more(stage, cat)?);
            }
            is_same(stage, cat, &want, &got)?;
            stage.has_heard_everything(cat)
        }),
    },
    Check {
        id: "BACKLOG-2",
        layer: Layer::Parse,
        rationale: "Clients go through `messages` without asking whether there are any.",
        hint: "Where nothing was said, `messages` is an empty list; it is never left out, and never null.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            let name = stage.name("ann");
            stage.asks(ann, Ask::Login(name))?;
            let expected = "an answer with \"messages\": []";
            let (_, value) = stage.next_with_value(ann, expected)?;
            let messages = value.as_ref().and_then(|value| value.get("messages"));
            if messages.and_then(|messages| messages.as_array()).is_some_and(Vec::is_empty) {
                return Ok(());
            }
            let got = value.map_or_else(String::new, |value| value.to_string());
            Err(stage.differs(ann, expected, &got))
        }),
    },
];

/// What was said before comes bit by bit.
fn more(stage: &mut Stage, who: Who) -> Result<Vec<Line>, Stop> {
    let expected = "what was said before";
    match stage.next_but_news(who, expected)? {
        Heard::Said(line) => Ok(vec![line]),
        Heard::Past(lines) if !lines.is_empty() => Ok(lines),
        other => Err(stage.differs(who, expected, &other.words())),
    }
}

fn is_same(stage: &mut Stage, who: Who, want: &[Line], got: &[Line]) -> Result<(), Stop> {
    if want == got {
        return Ok(());
    }
    let words = |lines: &[Line]| {
        let lines: Vec<String> = lines.iter().map(Line::words).collect();
        if lines.is_empty() { "nothing was said before".to_owned() } else { lines.join("; ") }
    };
    Err(stage.differs(who, &words(want), &words(got)))
}
