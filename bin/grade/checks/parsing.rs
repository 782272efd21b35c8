//! What a request and an answer look like.

use serde_json::{Value, json};

use crate::check::{Check, Layer, Stop, Trial};
use crate::stage::{Stage, Who};
use crate::wire::{Ask, Dialect, Heard};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "PARSE-1",
        layer: Layer::Parse,
        rationale: "Clients look for the key `error` first: if it is there, the request failed, whatever it holds.",
        hint: "Do not set `error` to null, false or an empty string on success: leave it out.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            let name = stage.name("ann");
            stage.asks(ann, Ask::Login(name))?;
            has_error(stage, ann, false)?;
            stage.asks(ann, Ask::Names)?;
            has_error(stage, ann, false)
        }),
    },
    Check {
        id: "PARSE-2",
        layer: Layer::Parse,
        rationale: "A failure that looks like a success is the worst answer of all.",
        hint: "Every answer to a request that failed says so in the one place where clients look.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            stage.asks(ann, Ask::Login("!!".to_owned()))?;
            has_error(stage, ann, true)
        }),
    },
    Check {
        id: "PARSE-3",
        layer: Layer::App,
        rationale: "A client that asks for what you do not have waits for an answer all the same.",
        hint: "The last branch of the chain that looks at `request` has to answer, too.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            let word = stage.words.word();
            stage.asks(ann, Ask::Unknown(word))?;
            stage.is_refused(ann, Some("Unknown request!"))
        }),
    },
    Check {
        id: "PARSE-4",
        layer: Layer::Parse,
        rationale: "One wrong request of one client must not be the end of its conversation.",
        hint: "Looking up a key that is not there raises an error (`KeyError`): where is that caught?",
        after: &["LOGIN-1", "PARSE-2", "LOGIN-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            stage.asks(ann, Ask::Nameless)?;
            stage.is_refused(ann, None)?;
            let name = stage.name("ann");
            stage.is_let_in(ann, &name).map(drop)
        }),
    },
    Check {
        id: "PARSE-5",
        layer: Layer::Parse,
        rationale: "What is no JSON comes from a mistake, or from somebody who tries things out.",
        hint: "What happens when reading the JSON fails? Answer with an error, and go on.",
        after: &["PARSE-2", "PARSE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            for wrong in ["[1,2]\n", "{\"request\":}\n"] {
                stage.sends(ann, "what is no request", wrong.as_bytes())?;
                stage.is_refused(ann, None)?;
            }
            stage.has_heard_everything(ann)
        }),
    },
    Check {
        id: "PARSE-6",
        layer: Layer::Parse,
        rationale: "A client that waits for several answers has to know which one this is.",
        hint: "`response` has the name of the request that it answers.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            let name = stage.name("ann");
            stage.asks(ann, Ask::Login(name))?;
            names_its_request(stage, ann, "login")?;
            stage.asks(ann, Ask::Names)?;
            let names = if stage.dialect == Dialect::Json { "names" } else { "listUsers" };
            names_its_request(stage, ann, names)
        }),
    },
    Check {
        id: "PARSE-7",
        layer: Layer::Parse,
        rationale: "With a tag a client tells its own message from the same words said twice.",
        hint: "Copy `tag` from the request into its answer, whatever it holds, and into no other.",
        after: &["PARSE-6"],
        dialects: &[Dialect::Json],
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            for tag in [json!(7), json!("x"), json!([1, {"two": null}])] {
                let bytes = format!("{{\"request\":\"names\",\"tag\":{tag}}}\n");
                stage.sends(
                    ann,
                    &format!("ask who is here, with the tag {tag}"),
                    bytes.as_bytes(),
                )?;
                has(stage, ann, &format!("an answer with the tag {tag}"), |answer| {
                    answer.get("tag") == Some(&tag)
                })?;
            }
            Ok(())
        }),
    },
    Check {
        id: "PARSE-8",
        layer: Layer::Parse,
        rationale: "The clients of this course look all four keys up without asking whether they are there.",
        hint: "Make every answer in one place, with `timestamp`, `sender`, `response` and `content`.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Ktn15],
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            let name = stage.name("ann");
            let asks = [Ask::Login(name), Ask::Names, Ask::Login("!!".to_owned())];
            for ask in asks {
                stage.asks(ann, ask)?;
                has(stage, ann, "an answer with all four keys, none of them null", |answer| {
                    let keys = ["timestamp", "sender", "response", "content"];
                    keys.iter().all(|key| answer.get(key).is_some_and(|value| !value.is_null()))
                })?;
            }
            Ok(())
        }),
    },
];

/// The next frame that is no news has the key of an error, or has it not.
fn has_error(stage: &mut Stage, who: Who, wanted: bool) -> Result<(), Stop> {
    let ktn15 = stage.dialect == Dialect::Ktn15;
    let expected = match (ktn15, wanted) {
        (true, _) => "an answer whose response is \"error\"",
        (false, true) => "an answer with the key \"error\", a string",
        (false, false) => "an answer without the key \"error\"",
    };
    has(stage, who, expected, |answer| {
        let error = answer.get("error");
        match (ktn15, wanted) {
            (true, _) => answer.get("response").is_some_and(|response| response == "error"),
            (false, true) => error.and_then(Value::as_str).is_some_and(|error| !error.is_empty()),
            (false, false) => error.is_none(),
        }
    })
}

/// The next frame that is no news answers this request.
fn names_its_request(stage: &mut Stage, who: Who, word: &str) -> Result<(), Stop> {
    has(stage, who, &format!("an answer whose response is {word:?}"), |answer| {
        answer.get("response").is_some_and(|response| response == word)
    })
}

/// The next frame that is no news is like that.
fn has(
    stage: &mut Stage,
    who: Who,
    expected: &str,
    fits: impl Fn(&Value) -> bool,
) -> Result<(), Stop> {
    loop {
        let (heard, value) = stage.next_with_value(who, expected)?;
        if matches!(heard, Heard::News(_)) {
            continue;
        }
        if value.as_ref().is_some_and(&fits) {
            return Ok(());
        }
        let got = value.map_or_else(|| "what is no JSON".to_owned(), |value| value.to_string());
        return Err(stage.differs(who, expected, &got));
    }
}
