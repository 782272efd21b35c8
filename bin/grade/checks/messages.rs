//! Messages: who receives them, and in which order.

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request, Response};

/// Number of messages that each of six users sends.
const MANY: usize = 50;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "MESSAGE-1",
        layer: Layer::App,
        rationale: "Delivering messages is the purpose of a chat.",
        hint: "Send the message to every user who is logged in. Every copy has the name of the sender. From which connection do you take the name when you send?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let (ann, ben, cat) =
                (scenario.log_in("ann")?, scenario.log_in("ben")?, scenario.log_in("cat")?);
            let text = scenario.text();
            scenario.request(ann, Request::Say(text.clone()))?;
            comes_from(scenario, ben, "ann", &text)?;
            has_the_form(scenario, cat, &text)
        }),
    },
    Check {
        id: "MESSAGE-2",
        layer: Layer::App,
        rationale: "The sender's own copy shows that the message has arrived.",
        hint: "When you send a message to all users, include the sender.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let text = scenario.text();
            scenario.request(ann, Request::Say(text.clone()))?;
            scenario.expect_text(ann, &text)?;
            scenario.expect_silence(ann)
        }),
    },
    Check {
        id: "MESSAGE-3",
        layer: Layer::App,
        rationale: "A client that has not logged in must not be able to read along.",
        hint: "Send messages to the users who are logged in, not to all connections.",
        after: &["MESSAGE-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let (ann, stranger) = (scenario.log_in("ann")?, scenario.connect("ben")?);
            // The server has accepted the stranger's connection, and others log in before and after it.
            scenario.sync(stranger)?;
            let cat = scenario.log_in("cat")?;
            let text = scenario.text();
            scenario.request(ann, Request::Say(text.clone()))?;
            scenario.expect_text(cat, &text)?;
            scenario.expect_silence(stranger)
        }),
    },
    Check {
        id: "MESSAGE-4",
        layer: Layer::App,
        rationale: "A client that is not logged in yet needs to know why its message failed.",
        hint: "Before you process a request, check whether the connection has a name. If not, answer with an error, and keep the connection open.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            let text = scenario.text();
            scenario.request(ann, Request::Say(text))?;
            let text = scenario.course.errors.not_logged_in.clone();
            scenario.expect_error(ann, text.as_deref())?;
            let name = scenario.name("ann");
            scenario.log_in_as(ann, &name).map(drop)
        }),
    },
    Check {
        id: "MESSAGE-5",
        layer: Layer::App,
        rationale: "A conversation in the wrong order has another meaning.",
        hint: "Does each receiver have one queue, and does exactly one thread empty it?",
        after: &["MESSAGE-1", "FRAME-2"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            let texts: Vec<String> = (0..8).map(|_| scenario.text()).collect();
            let requests: Vec<Request> = texts.iter().cloned().map(Request::Say).collect();
            let bytes: Vec<u8> =
                requests.iter().flat_map(|request| scenario.dialect.encode(request)).collect();
            requests.iter().for_each(|request| scenario.add_pending(ann, request));
            scenario.send(ann, "eight messages", &bytes)?;
            for text in &texts {
                scenario.expect_text(ben, text)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "MESSAGE-6",
        layer: Layer::Parse,
        rationale: "People write quotes and braces, and paste program code into chats.",
        hint: "Let the JSON library encode and decode strings. Never put quotes around a text yourself.",
        after: &["MESSAGE-2"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let hearer = scenario.hearer(ann)?;
            let word = scenario.words.word();
            for text in ["\"quoted\"", "{\"a\": [1}", "back\\slash \\n", "null", "}{", "åäö 漢字"]
            {
                let text = format!("{word} {text}");
                scenario.request(ann, Request::Say(text.clone()))?;
                scenario.expect_text(hearer, &text)?;
            }
            // These messages are earlier messages for the next user, who then asks for something.
            let cat = scenario.log_in("cat")?;
            scenario.sync_except(cat, |response| matches!(response, Response::Message(_)))
        }),
    },
    Check {
        id: "MESSAGE-7",
        layer: Layer::App,
        rationale: "An empty message is a mistake, and puts an empty line on every screen.",
        hint: "Remove the white space around the text and check whether it is empty, before you send it on.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            for text in ["", "  "] {
                scenario.request(ann, Request::Say(text.to_owned()))?;
                let text = scenario.course.errors.empty_message.clone();
                scenario.expect_error(ann, text.as_deref())?;
            }
            Ok(())
        }),
    },
    Check {
        id: "MESSAGE-8",
        layer: Layer::Net,
        rationale: "When many users write at the same time, no message may be lost.",
        hint: "What do your threads share: the list of users, the queues? What happens when two threads use it at the same time?",
        after: &["MESSAGE-1"],
        dialects: Dialect::ALL,
        run: Function::Server(everything_arrives),
    },
];

/// Expects a message to have the form of its dialect. Everything else reads messages in any form.
fn has_the_form(scenario: &mut Scenario, who: PeerId, text: &str) -> Result<(), Stop> {
    let (response, value) = scenario.next_answer(who, "a message")?;
    let key = if scenario.dialect == Dialect::Ktn15 { "content" } else { "message" };
    let word = value.as_ref().and_then(|value| value.get("response"));
    let whole = value.as_ref().and_then(|value| value.get(key)).and_then(|whole| whole.as_str());
    // In `ktn14`, the text of a message also says who sent it, in whatever form.
    let is_bare = scenario.dialect != Dialect::Ktn14 && scenario.course.answers.bare_messages;
    let fits = |whole: &str| if is_bare { whole == text } else { whole.contains(text) };
    if word.is_some_and(|word| word == "message") && whole.is_some_and(fits) {
        return Ok(());
    }
    let expected = format!("a message with the response \"message\" and the text {text:?}");
    let got = value.map_or_else(|| response.words(), |value| value.to_string());
    Err(scenario.differs(who, &expected, &got))
}

/// Expects a message with this text. If messages of this server name their senders, expects the name of
/// this role.
fn comes_from(scenario: &mut Scenario, who: PeerId, role: &str, text: &str) -> Result<(), Stop> {
    let names_nobody = scenario.vocabulary.pattern().is_some_and(|pattern| !pattern.has_name());
    if names_nobody {
        return scenario.expect_text(who, text);
    }
    let name = scenario.name(role);
    scenario.expect_message(who, &name, text)
}

/// Sends a message and expects it to be delivered, as far as this server sends it to its sender.
pub(super) fn says(scenario: &mut Scenario, who: PeerId) -> Result<String, Stop> {
    let text = scenario.text();
    scenario.request(who, Request::Say(text.clone()))?;
    if scenario.vocabulary.echoes {
        scenario.expect_text(who, &text)?;
    } else {
        scenario.settle()?;
    }
    Ok(text)
}

/// Six users send many messages, and a seventh receives all of them, in the order of each sender. Each
/// user sends the next message when the last one has arrived, so six of them are on their way at any
/// time, and never two of one user.
fn everything_arrives(scenario: &mut Scenario) -> Result<(), Stop> {
    // With a pause between messages, fewer of them take as long.
    let many = if scenario.dialect == Dialect::Json { MANY } else { MANY / 5 };
    let mut people = Vec::new();
    for role in ["ann", "ben", "cat", "dan", "eve", "fay"] {
        let who = scenario.log_in(role)?;
        people.push((who, scenario.words.word(), 0));
    }
    let listener = scenario.log_in("gil")?;
    for (who, word, _) in &people {
        scenario.request(*who, Request::Say(format!("{word} number 0")))?;
    }
    for _ in 0..many * people.len() {
        let expected = "each message of the six others once, in the order of its sender";
        let response = scenario.next_message(listener, expected)?;
        let next = people
            .iter_mut()
            .find(|(_, word, next)| response.text == format!("{word} number {next}"));
        let Some((who, word, next)) = next else {
            return Err(scenario.differs(listener, expected, &response.words()));
        };
        *next += 1;
        if *next < many {
            let (who, text) = (*who, format!("{word} number {next}"));
            scenario.request(who, Request::Say(text))?;
        }
        scenario.shorten_trace();
    }
    Ok(())
}
