//! The form of requests and answers.

use serde_json::{Value, json};

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Awaited, Dialect, Kind, Reaction, Request, Response};

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
            has_no_error(scenario, ann)?;
            scenario.request(ann, Request::Logout)?;
            if scenario.vocabulary.answers_logout {
                has_no_error(scenario, ann)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "PARSE-2",
        layer: Layer::Parse,
        rationale: "A failure that looks like a success misleads the client and its user.",
        hint: "In every answer to a failed request, put the error where clients look for it.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(refusals_look_like_errors),
    },
    Check {
        id: "PARSE-3",
        layer: Layer::App,
        rationale: "A client that sends an unknown request still waits for an answer.",
        hint: "The last branch of the chain that compares `request` must send an error.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let word = scenario.words.word();
            scenario.request(ann, Request::Unknown(word))?;
            let text = scenario.course.errors.unknown_request.clone();
            is_survived(scenario, ann, text.as_deref())
        }),
    },
    Check {
        id: "PARSE-4",
        layer: Layer::Parse,
        rationale: "One wrong request must not close the connection.",
        hint: "Reading a missing key raises an exception (`KeyError`). Where do you catch it?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            scenario.request(ann, Request::LoginWithoutName)?;
            if scenario.course.answers.to_wrong_requests {
                let awaited = Awaited::Refusal(None);
                match scenario.awaiting(&awaited, |it| it.next_response(ann, "a refusal"))? {
                    // In `ktn15` a missing name is an empty name. Another check tests that.
                    Response::LoggedIn { .. } => return Ok(()),
                    Response::Error(_) | Response::UnmarkedError(_) => {}
                    other => return Err(scenario.differs(ann, "a refusal", &other.words())),
                }
            } else {
                scenario.settle()?;
                scenario.skip_answers(ann)?;
            }
            // The connection has to serve another login, unless the server took the first one.
            let name = scenario.name("ann");
            scenario.request(ann, Request::Login(name))?;
            let expected = "an answer to the next login";
            scenario.next_response(ann, expected).map(drop)
        }),
    },
    Check {
        id: "PARSE-5",
        layer: Layer::Parse,
        rationale: "Invalid JSON comes from a bug in a client, or from a user who experiments.",
        hint: "What happens when the JSON parser fails? Answer with an error, and go on.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            for wrong in ["[1,2]\n", "{\"request\":}\n", "hello\n"] {
                scenario.add_pending(ann, &Request::Unknown(wrong.to_owned()));
                scenario.send(ann, "an invalid request", wrong.as_bytes())?;
                is_survived(scenario, ann, None)?;
            }
            Ok(())
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
            if scenario.vocabulary.listing().is_some() {
                scenario.request(ann, Request::Names)?;
                let names = if scenario.dialect == Dialect::Json { "names" } else { "listUsers" };
                names_its_request(scenario, ann, names)?;
            }
            scenario.request(ann, Request::Logout)?;
            if scenario.vocabulary.answers_logout {
                names_its_request(scenario, ann, "logout")?;
            }
            Ok(())
        }),
    },
    Check {
        id: "PARSE-7",
        layer: Layer::Parse,
        rationale: "With a tag, a client recognizes its own message even if another user sends the same text.",
        hint: "Copy `tag` from the request into its answer, whatever its value is, and into no other message.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Json],
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            for tag in [json!(7), json!("x"), json!([1, {"two": null}])] {
                let bytes = format!("{{\"request\":\"names\",\"tag\":{tag}}}\n");
                scenario.add_pending(ann, &Request::Names);
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
            scenario.request(ann, Request::Login(name))?;
            has_four_keys(scenario, ann)?;
            if scenario.vocabulary.listing().is_some() {
                scenario.request(ann, Request::Names)?;
                has_four_keys(scenario, ann)?;
            }
            let stranger = scenario.connect("ben")?;
            let text = scenario.text();
            if scenario.vocabulary.reaction(Kind::Say) == Some(Reaction::Answers) {
                scenario.request(stranger, Request::Say(text))?;
                has_four_keys(scenario, stranger)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "PARSE-9",
        layer: Layer::Parse,
        rationale: "Clients show the sender. An answer under a user's name looks as if that user had written it.",
        hint: "The sender of `info` and `error` is the server, not the user to whom you send them.",
        after: &["LOGIN-1"],
        dialects: &[Dialect::Ktn15],
        run: Function::Server(answers_come_from_the_server),
    },
];

fn has_four_keys(scenario: &mut Scenario, who: PeerId) -> Result<(), Stop> {
    let expected = "an answer with all four keys, none of them null, and a response that exists";
    has(scenario, who, expected, |answer| {
        let keys = ["timestamp", "sender", "response", "content"];
        let words = ["error", "info", "message", "history"];
        keys.iter().all(|key| answer.get(key).is_some_and(|value| !value.is_null()))
            && words.iter().any(|word| answer.get("response").is_some_and(|it| it == word))
    })
}

/// An `info` or `error` does not have a user as sender, whichever request it answers.
fn answers_come_from_the_server(scenario: &mut Scenario) -> Result<(), Stop> {
    let (name, other) = (scenario.name("ann"), scenario.name("ben"));
    let users = [name.clone(), other.clone()];
    let is_server = move |answer: &Value| {
        let word = answer.get("response").and_then(Value::as_str);
        let sender = answer.get("sender").and_then(Value::as_str).unwrap_or_default();
        let is_own = !sender.is_empty() && users.iter().all(|user| user != sender);
        is_own || !matches!(word, Some("info" | "error"))
    };
    let expected = "an answer whose sender is the server";
    let ann = scenario.log_in("ann")?;
    let ben = scenario.connect("ben")?;
    scenario.request(ben, Request::Login(other))?;
    has(scenario, ben, expected, &is_server)?;
    if scenario.vocabulary.listing().is_some() {
        scenario.request(ann, Request::Names)?;
        has(scenario, ann, expected, &is_server)?;
    }
    if scenario.vocabulary.answers_logout {
        scenario.request(ben, Request::Logout)?;
        has(scenario, ben, expected, &is_server)?;
    }
    let text = scenario.text();
    for request in [Request::Login(name), Request::Say(text)] {
        if scenario.vocabulary.reaction(request.kind()) == Some(Reaction::Answers) {
            let stranger = scenario.connect("cat")?;
            scenario.request(stranger, request)?;
            has(scenario, stranger, expected, &is_server)?;
        }
    }
    Ok(())
}

/// Sends requests that must fail, and inspects the refusals. Other checks test which requests a server
/// refuses.
fn refusals_look_like_errors(scenario: &mut Scenario) -> Result<(), Stop> {
    let name = scenario.name("ann");
    scenario.log_in("ann")?;
    let text = scenario.text();
    let requests = [Request::Login(name), Request::Login("!!".to_owned()), Request::Say(text)];
    let mut is_refused = false;
    for request in requests {
        let ben = scenario.connect("ben")?;
        scenario.request(ben, request)?;
        is_refused |=
            scenario.awaiting(&Awaited::Refusal(None), |it| is_refused_with_mark(it, ben))?;
    }
    // A server that answers no request with a refusal has none in the right form.
    match is_refused {
        true => Ok(()),
        false => Err(Stop::differs("ben", "a refusal", "the server refused no request")),
    }
}

/// Expects a refusal to have the mark of an error. Returns whether the request was refused: the server may
/// accept it, or end the connection.
fn is_refused_with_mark(scenario: &mut Scenario, who: PeerId) -> Result<bool, Stop> {
    let Some((response, value)) = scenario.next_or_end(who, "a refusal")? else { return Ok(false) };
    if matches!(response, Response::LoggedIn { .. } | Response::Message(_)) {
        return Ok(false);
    }
    if is_marked(scenario.dialect, value.as_ref()) {
        return Ok(true);
    }
    let mark = match scenario.dialect {
        Dialect::Json | Dialect::Ktn14 => "a refusal with the key \"error\" and a string",
        Dialect::Ktn15 => "a refusal whose response is \"error\"",
    };
    let got = value.map_or_else(|| response.words(), |value| value.to_string());
    Err(scenario.differs(who, mark, &got))
}

/// Whether an answer has the mark of an error.
fn is_marked(dialect: Dialect, answer: Option<&Value>) -> bool {
    let error = answer.and_then(|answer| answer.get("error"));
    let response = answer.and_then(|answer| answer.get("response"));
    match dialect {
        Dialect::Json | Dialect::Ktn14 => {
            error.and_then(Value::as_str).is_some_and(|error| !error.is_empty())
        }
        Dialect::Ktn15 => response.is_some_and(|response| response == "error"),
    }
}

/// Expects a server to refuse a wrong request, or only to go on if the course does not demand an answer.
fn is_survived(scenario: &mut Scenario, who: PeerId, text: Option<&str>) -> Result<(), Stop> {
    if scenario.course.answers.to_wrong_requests {
        return scenario.expect_error(who, text);
    }
    scenario.settle()?;
    scenario.skip_answers(who)?;
    let hearer = scenario.hearer(who)?;
    let text = scenario.text();
    scenario.request(who, Request::Say(text.clone()))?;
    // The server may answer the wrong request at any time.
    scenario.expect_text_among_answers(hearer, &text)
}

/// Expects the answer to have no key `error`.
fn has_no_error(scenario: &mut Scenario, who: PeerId) -> Result<(), Stop> {
    has(scenario, who, "an answer without the key \"error\"", |answer| {
        answer.get("error").is_none()
    })
}

/// Expects the next frame that is no notice to answer this request.
fn names_its_request(scenario: &mut Scenario, who: PeerId, word: &str) -> Result<(), Stop> {
    let expected = format!("an answer whose response is {word:?}");
    scenario.awaiting(&Awaited::Answer(word), |it| {
        has(it, who, &expected, |answer| {
            answer.get("response").is_some_and(|response| response == word)
        })
    })
}

/// Expects the next frame that is no notice and no history to fit.
fn has(
    scenario: &mut Scenario,
    who: PeerId,
    expected: &str,
    fits: impl Fn(&Value) -> bool,
) -> Result<(), Stop> {
    let (_, value) = scenario.next_answer(who, expected)?;
    if value.as_ref().is_some_and(&fits) {
        return Ok(());
    }
    let got =
        value.map_or_else(|| "a frame that is not JSON".to_owned(), |value| value.to_string());
    Err(scenario.differs(who, expected, &got))
}
