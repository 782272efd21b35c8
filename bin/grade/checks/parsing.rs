//! What a request and an answer look like.

use serde_json::{Value, json};

use crate::check::{Check, Layer, Trial};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request, Response};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "PARSE-1",
        layer: Layer::Parse,
        rationale: "Clients look for the key `error` first: if it is there, the request failed, whatever it holds.",
        hint: "Do not set `error` to null, false or an empty string on success: leave it out.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Trial::Server(|scenario| {
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
        rationale: "A failure that looks like a success is the worst answer of all.",
        hint: "Every answer to a request that failed says so in the one place where clients look.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            scenario.request(ann, Request::Login("!!".to_owned()))?;
            has_error(scenario, ann, true)
        }),
    },
    Check {
        id: "PARSE-3",
        layer: Layer::App,
        rationale: "A client that asks for what you do not have waits for an answer all the same.",
        hint: "The last branch of the chain that looks at `request` has to answer, too.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let word = scenario.words.word();
            scenario.request(ann, Request::Unknown(word))?;
            scenario.expect_error(ann, Some("Unknown request!"))
        }),
    },
    Check {
        id: "PARSE-4",
        layer: Layer::Parse,
        rationale: "One wrong request of one client must not be the end of its conversation.",
        hint: "Looking up a key that is not there raises an error (`KeyError`): where is that caught?",
        after: &["LOGIN-1", "PARSE-2", "LOGIN-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
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
        rationale: "What is no JSON comes from a mistake, or from somebody who tries things out.",
        hint: "What happens when reading the JSON fails? Answer with an error, and go on.",
        after: &["PARSE-2", "PARSE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            for wrong in ["[1,2]\n", "{\"request\":}\n"] {
                scenario.send(ann, "what is no request", wrong.as_bytes())?;
                scenario.expect_error(ann, None)?;
            }
            scenario.expect_nothing_more(ann)
        }),
    },
    Check {
        id: "PARSE-6",
        layer: Layer::Parse,
        rationale: "A client that waits for several answers has to know which one this is.",
        hint: "`response` has the name of the request that it answers.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json, Dialect::Ktn14],
        run: Trial::Server(|scenario| {
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
        rationale: "With a tag a client tells its own message from the same words said twice.",
        hint: "Copy `tag` from the request into its answer, whatever it holds, and into no other.",
        after: &["PARSE-6"],
        dialects: &[Dialect::Json],
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            for tag in [json!(7), json!("x"), json!([1, {"two": null}])] {
                let bytes = format!("{{\"request\":\"names\",\"tag\":{tag}}}\n");
                scenario.send(
                    ann,
                    &format!("ask who is here, with the tag {tag}"),
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
        rationale: "The clients of this course look all four keys up without asking whether they are there.",
        hint: "Make every answer in one place, with `timestamp`, `sender`, `response` and `content`.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Ktn15],
        run: Trial::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            let name = scenario.name("ann");
            let asks = [Request::Login(name), Request::Names, Request::Login("!!".to_owned())];
            for ask in asks {
                scenario.request(ann, ask)?;
                has(scenario, ann, "an answer with all four keys, none of them null", |answer| {
                    let keys = ["timestamp", "sender", "response", "content"];
                    keys.iter().all(|key| answer.get(key).is_some_and(|value| !value.is_null()))
                })?;
            }
            Ok(())
        }),
    },
];

/// The next frame that is no news has the key of an error, or has it not.
fn has_error(scenario: &mut Scenario, who: PeerId, wanted: bool) -> Result<(), Stop> {
    let ktn15 = scenario.dialect == Dialect::Ktn15;
    let expected = match (ktn15, wanted) {
        (true, _) => "an answer whose response is \"error\"",
        (false, true) => "an answer with the key \"error\", a string",
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

/// The next frame that is no news answers this request.
fn names_its_request(scenario: &mut Scenario, who: PeerId, word: &str) -> Result<(), Stop> {
    has(scenario, who, &format!("an answer whose response is {word:?}"), |answer| {
        answer.get("response").is_some_and(|response| response == word)
    })
}

/// The next frame that is no news is like that.
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
        let got = value.map_or_else(|| "what is no JSON".to_owned(), |value| value.to_string());
        return Err(scenario.differs(who, expected, &got));
    }
}
