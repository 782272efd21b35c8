//! Saying something: to whom it goes, and in which order.

use crate::check::{Check, Layer, Trial};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request};

/// How many messages each of six people says at once.
const MANY: usize = 50;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "MESSAGE-1",
        layer: Layer::App,
        rationale: "This is what a chat is for.",
        hint: "Send it to everybody who is logged in. The name in it is the sender's, for each of them: which connection's name do you use when you send?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
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
        rationale: "The sender's own copy tells it that the message has arrived.",
        hint: "Do not leave the sender out when you send a message to everybody.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            says(scenario, ann, "ann").map(drop)
        }),
    },
    Check {
        id: "MESSAGE-3",
        layer: Layer::App,
        rationale: "Who has not said who it is should not be able to listen.",
        hint: "Send messages to those who are logged in, not to all connections.",
        after: &["MESSAGE-2", "MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let (ann, stranger) = (scenario.log_in("ann")?, scenario.connect("ben")?);
            scenario.expect_nothing_more(stranger)?;
            says(scenario, ann, "ann")?;
            scenario.expect_nothing_more(stranger)
        }),
    },
    Check {
        id: "MESSAGE-4",
        layer: Layer::App,
        rationale: "A client that is not logged in yet wants to hear why nobody answers.",
        hint: "Look whether the connection has a name before you do what it asks for; answer, and do not hang up.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
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
        rationale: "A conversation in the wrong order is another conversation.",
        hint: "Is there one queue for each receiver, and does one thread empty it?",
        after: &["MESSAGE-1", "FRAME-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            let name = scenario.name("ann");
            let texts: Vec<String> = (0..8).map(|_| scenario.text()).collect();
            let asks: Vec<Request> = texts.iter().cloned().map(Request::Say).collect();
            let bytes: Vec<u8> = asks.iter().flat_map(|ask| scenario.dialect.encode(ask)).collect();
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
        rationale: "People write quotes and braces, and programs are pasted into chats.",
        hint: "Let the JSON library write strings and read them; never put quotes around a text yourself.",
        after: &["MESSAGE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
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
        rationale: "An empty message is a slip of the finger, and a line of nothing on everybody's screen.",
        hint: "Look at the text without its white space before you send it on.",
        after: &["MESSAGE-2", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
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
        rationale: "When everybody talks, nothing may be lost.",
        hint: "What is shared between threads: the list of users, the queues? What happens when two use it at once?",
        after: &["MESSAGE-2", "MESSAGE-5"],
        dialects: Dialect::ALL,
        run: Trial::Server(everything_arrives),
    },
];

/// Somebody says something, and hears it itself.
pub(super) fn says(scenario: &mut Scenario, who: PeerId, role: &str) -> Result<String, Stop> {
    let (name, text) = (scenario.name(role), scenario.text());
    scenario.request(who, Request::Say(text.clone()))?;
    scenario.expect_message(who, &name, &text)?;
    Ok(text)
}

/// Six people say a lot at once, and a seventh hears all of it, in the order of each of them.
fn everything_arrives(scenario: &mut Scenario) -> Result<(), Stop> {
    // Where each message is a write of its own, with a gap before the next, fewer take as long.
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
        let expected = "what the six others say, in their order, each once";
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
