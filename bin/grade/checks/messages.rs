//! Messages: who receives them, and in which order.

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request};

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
            let (name, text) = (scenario.name("ann"), scenario.text());
            scenario.request(ann, Request::Say(text.clone()))?;
            scenario.expect_message(ben, &name, &text)?;
            scenario.expect_message(cat, &name, &text)
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
            says(scenario, ann, "ann").map(drop)
        }),
    },
    Check {
        id: "MESSAGE-3",
        layer: Layer::App,
        rationale: "A client that has not logged in must not be able to read along.",
        hint: "Send messages to the users who are logged in, not to all connections.",
        after: &["MESSAGE-2", "MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let (ann, stranger) = (scenario.log_in("ann")?, scenario.connect("ben")?);
            scenario.expect_nothing_more(stranger)?;
            says(scenario, ann, "ann")?;
            scenario.expect_nothing_more(stranger)
        }),
    },
    Check {
        id: "MESSAGE-4",
        layer: Layer::App,
        rationale: "A client that is not logged in yet needs to know why its message failed.",
        hint: "Before you process a request, check whether the connection has a name. If not, answer with an error, and keep the connection open.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            let text = scenario.text();
            scenario.request(ann, Request::Say(text))?;
            scenario.expect_error(ann, Some("You are not logged in!"))?;
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
            let name = scenario.name("ann");
            let texts: Vec<String> = (0..8).map(|_| scenario.text()).collect();
            let requests: Vec<Request> = texts.iter().cloned().map(Request::Say).collect();
            let bytes: Vec<u8> =
                requests.iter().flat_map(|request| scenario.dialect.encode(request)).collect();
            scenario.send(ann, "eight messages", &bytes)?;
            for text in &texts {
                scenario.expect_message(ben, &name, text)?;
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
            let name = scenario.name("ann");
            let word = scenario.words.word();
            for text in ["\"quoted\"", "{\"a\": [1}", "back\\slash \\n", "null", "}{", "åäö 漢字"]
            {
                let text = format!("{word} {text}");
                scenario.request(ann, Request::Say(text.clone()))?;
                scenario.expect_message(ann, &name, &text)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "MESSAGE-7",
        layer: Layer::App,
        rationale: "An empty message is a mistake, and puts an empty line on every screen.",
        hint: "Remove the white space around the text and check whether it is empty, before you send it on.",
        after: &["MESSAGE-2", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            for text in ["", "  "] {
                scenario.request(ann, Request::Say(text.to_owned()))?;
                scenario.expect_error(ann, Some("Empty message!"))?;
            }
            Ok(())
        }),
    },
    Check {
        id: "MESSAGE-8",
        layer: Layer::Net,
        rationale: "When many users write at the same time, no message may be lost.",
        hint: "What do your threads share: the list of users, the queues? What happens when two threads use it at the same time?",
        after: &["MESSAGE-2", "MESSAGE-5"],
        dialects: Dialect::ALL,
        run: Function::Server(everything_arrives),
    },
];

/// Sends a message and expects the sender's own copy.
pub(super) fn says(scenario: &mut Scenario, who: PeerId, role: &str) -> Result<String, Stop> {
    let (name, text) = (scenario.name(role), scenario.text());
    scenario.request(who, Request::Say(text.clone()))?;
    scenario.expect_message(who, &name, &text)?;
    Ok(text)
}

/// Six users send many messages, and a seventh receives all of them, in the order of each sender.
fn everything_arrives(scenario: &mut Scenario) -> Result<(), Stop> {
    // With a pause between messages, fewer of them take as long.
    let many = if scenario.dialect == Dialect::Json { MANY } else { MANY / 5 };
    let mut people = Vec::new();
    for role in ["ann", "ben", "cat", "dan", "eve", "fay"] {
        let who = scenario.log_in(role)?;
        people.push((who, scenario.name(role), 0));
    }
    let listener = scenario.log_in("gil")?;
    for round in 0..many {
        for (who, _, _) in &people {
            scenario.request(*who, Request::Say(format!("number {round}")))?;
        }
    }
    for _ in 0..many * people.len() {
        let expected = "each message of the six others once, in the order of its sender";
        let response = scenario.next_message(listener, expected)?;
        let next = people.iter_mut().find(|(_, name, next)| {
            *name == response.sender && response.text == format!("number {next}")
        });
        match next {
            Some((_, _, next)) => *next += 1,
            None => {
                return Err(scenario.differs(listener, expected, &response.words()));
            }
        }
    }
    Ok(())
}
