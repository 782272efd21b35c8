//! The form of requests and answers.

use serde_json::{Value, json};

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request, Response};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "PARSE-1",
        layer: Layer::Parse,
        rationale: "Clients look for the key `error` first. If it exists, the request failed, whatever its value is.",
        hint: "On success, do not set `error` to null, false or an empty string: leave it out.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            let name = scenario.name("ann");
            scenario.request(ann, Request::Login(name))?;
            has_error(scenario, ann, false)?;
            scenario.request(ann, Request::Names)?;
            has_error(scenario, ann, false)
        }),
    },
    Check {
        id: "PARSE-2",
        layer: Layer::Parse,
        rationale: "A failure that looks like a success misleads the client and its user.",
        hint: "In every answer to a failed request, put the error where clients look for it.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            scenario.request(ann, Request::Login("!!".to_owned()))?;
            has_error(scenario, ann, true)
        }),
    },
    Check {
        id: "PARSE-3",
        layer: Layer::App,
        rationale: "A client that sends an unknown request still waits for an answer.",
        hint: "The last branch of the chain that compares `request` must send an error.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let word = scenario.words.word();
            scenario.request(ann, Request::Unknown(word))?;
            scenario.expect_error(ann, Some("Unknown request!"))
        }),
    },
    Check {
        id: "PARSE-4",
        layer: Layer::Parse,
        rationale: "One wrong request must not close the connection.",
        hint: "Reading a missing key raises an exception (`KeyError`). Where do you catch it?",
        after: &["LOGIN-1", "PARSE-2", "LOGIN-6"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            scenario.request(ann, Request::LoginWithoutName)?;
            scenario.expect_error(ann, None)?;
            let name = scenario.name("ann");
            scenario.log_in_as(ann, &name).map(drop)
        }),
    },
    Check {
        id: "PARSE-5",
        layer: Layer::Parse,
        rationale: "Invalid JSON comes from a bug in a client, or from a user who experiments.",
        hint: "What happens when the JSON parser fails? Answer with an error, and go on.",
        after: &["PARSE-2", "PARSE-6"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            for wrong in ["[1,2]\n", "{\"request\":}\n"] {
                scenario.send(ann, "an invalid request", wrong.as_bytes())?;
                scenario.expect_error(ann, None)?;
            }
            scenario.expect_nothing_more(ann)
        }),
    },
    Check {
        id: "PARSE-6",
        layer: Layer::Parse,
        rationale: "A client that waits for several answers must know which request this one answers.",
        hint: "`response` contains the name of the request that it answers.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            let name = scenario.name("ann");
            scenario.request(ann, Request::Login(name))?;
            names_its_request(scenario, ann, "login")?;
            scenario.request(ann, Request::Names)?;
            let names = if scenario.dialect == Dialect::Json { "names" } else { "listUsers" };
            names_its_request(scenario, ann, names)
        }),
    },
    Check {
        id: "PARSE-7",
        layer: Layer::Parse,
        rationale: "With a tag, a client recognizes its own message even if another user sends the same text.",
        hint: "Copy `tag` from the request into its answer, whatever its value is, and into no other message.",
        after: &["PARSE-6"],
        dialects: &[Dialect::Json],
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            for tag in [json!(7), json!("x"), json!([1, {"two": null}])] {
                let bytes = format!("{{\"request\":\"names\",\"tag\":{tag}}}\n");
                scenario.send(
                    ann,
                    &format!("ask for the names, with the tag {tag}"),
                    bytes.as_bytes(),
                )?;
                has(scenario, ann, &format!("an answer with the tag {tag}"), |answer| {
                    answer.get("tag") == Some(&tag)
                })?;
            }
            Ok(())
        }),
    },
    Check {
        id: "PARSE-8",
        layer: Layer::Parse,
        rationale: "The clients of this course read all four keys without checking whether they exist.",
        hint: "Build every answer in one function, with `timestamp`, `sender`, `response` and `content`.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Ktn15],
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            let name = scenario.name("ann");
            let requests = [Request::Login(name), Request::Names, Request::Login("!!".to_owned())];
            for request in requests {
                scenario.request(ann, request)?;
                has(scenario, ann, "an answer with all four keys, and no null", |answer| {
                    let keys = ["timestamp", "sender", "response", "content"];
                    keys.iter().all(|key| answer.get(key).is_some_and(|value| !value.is_null()))
                })?;
            }
            Ok(())
        }),
    },
];

/// Expects the next frame that is no notice to contain an error, or not to.
fn has_error(scenario: &mut Scenario, who: PeerId, wanted: bool) -> Result<(), Stop> {
    let ktn15 = scenario.dialect == Dialect::Ktn15;
    let expected = match (ktn15, wanted) {
        (true, _) => "an answer whose response is \"error\"",
        (false, true) => "an answer with the key \"error\" and a string",
        (false, false) => "an answer without the key \"error\"",
    };
    has(scenario, who, expected, |answer| {
        let error = answer.get("error");
        match (ktn15, wanted) {
            (true, _) => answer.get("response").is_some_and(|response| response == "error"),
            (false, true) => error.and_then(Value::as_str).is_some_and(|error| !error.is_empty()),
            (false, false) => error.is_none(),
        }
    })
}

/// Expects the next frame that is no notice to answer this request.
fn names_its_request(scenario: &mut Scenario, who: PeerId, word: &str) -> Result<(), Stop> {
    has(scenario, who, &format!("an answer whose response is {word:?}"), |answer| {
        answer.get("response").is_some_and(|response| response == word)
    })
}

/// Expects the next frame that is no notice to fit.
fn has(
    scenario: &mut Scenario,
    who: PeerId,
    expected: &str,
    fits: impl Fn(&Value) -> bool,
) -> Result<(), Stop> {
    loop {
        let (response, value) = scenario.next_with_value(who, expected)?;
        if matches!(response, Response::Notice(_)) {
            continue;
        }
        if value.as_ref().is_some_and(&fits) {
            return Ok(());
        }
        let got =
            value.map_or_else(|| "a frame that is not JSON".to_owned(), |value| value.to_string());
        return Err(scenario.differs(who, expected, &got));
    }
}
