//! Saying something: to whom it goes, and in which order.

use crate::check::{Check, Layer, Stop, Trial};
use crate::stage::{Stage, Who};
use crate::wire::{Ask, Dialect};

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
        run: Trial::Server(|stage| {
            let (ann, ben, cat) =
                (stage.logs_in("ann")?, stage.logs_in("ben")?, stage.logs_in("cat")?);
            let (name, text) = (stage.name("ann"), stage.text());
            stage.asks(ann, Ask::Say(text.clone()))?;
            stage.hears_said(ben, &name, &text)?;
            stage.hears_said(cat, &name, &text)
        }),
    },
    Check {
        id: "MESSAGE-2",
        layer: Layer::App,
        rationale: "The sender's own copy tells it that the message has arrived.",
        hint: "Do not leave the sender out when you send a message to everybody.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            says(stage, ann, "ann").map(drop)
        }),
    },
    Check {
        id: "MESSAGE-3",
        layer: Layer::App,
        rationale: "Who has not said who it is should not be able to listen.",
        hint: "Send messages to those who are logged in, not to all connections.",
        after: &["MESSAGE-2", "MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let (ann, stranger) = (stage.logs_in("ann")?, stage.enters("ben")?);
            stage.has_heard_everything(stranger)?;
            says(stage, ann, "ann")?;
            stage.has_heard_everything(stranger)
        }),
    },
    Check {
        id: "MESSAGE-4",
        layer: Layer::App,
        rationale: "A client that is not logged in yet wants to hear why nobody answers.",
        hint: "Look whether the connection has a name before you do what it asks for; answer, and do not hang up.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            let text = stage.text();
            stage.asks(ann, Ask::Say(text))?;
            stage.is_refused(ann, Some("You are not logged in!"))?;
            let name = stage.name("ann");
            stage.is_let_in(ann, &name).map(drop)
        }),
    },
    Check {
        id: "MESSAGE-5",
        layer: Layer::App,
        rationale: "A conversation in the wrong order is another conversation.",
        hint: "Is there one queue for each receiver, and does one thread empty it?",
        after: &["MESSAGE-1", "FRAME-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let (ann, ben) = (stage.logs_in("ann")?, stage.logs_in("ben")?);
            let name = stage.name("ann");
            let texts: Vec<String> = (0..8).map(|_| stage.text()).collect();
            let asks: Vec<Ask> = texts.iter().cloned().map(Ask::Say).collect();
            let bytes: Vec<u8> = asks.iter().flat_map(|ask| stage.dialect.encode(ask)).collect();
            stage.sends(ann, "eight messages", &bytes)?;
            for text in &texts {
                stage.hears_said(ben, &name, text)?;
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
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            let name = stage.name("ann");
            let word = stage.words.word();
            for text in ["\"quoted\"", "{\"a\": [1}", "back\\slash \\n", "null", "}{", "åäö 漢字"]
            {
                let text = format!("{word} {text}");
                stage.asks(ann, Ask::Say(text.clone()))?;
                stage.hears_said(ann, &name, &text)?;
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
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            for text in ["", "  "] {
                stage.asks(ann, Ask::Say(text.to_owned()))?;
                stage.is_refused(ann, Some("Empty message!"))?;
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
pub(super) fn says(stage: &mut Stage, who: Who, role: &str) -> Result<String, Stop> {
    let (name, text) = (stage.name(role), stage.text());
    stage.asks(who, Ask::Say(text.clone()))?;
    stage.hears_said(who, &name, &text)?;
    Ok(text)
}

/// Six people say a lot at once, and a seventh hears all of it, in the order of each of them.
fn everything_arrives(stage: &mut Stage) -> Result<(), Stop> {
    // Where each message is a write of its own, with a gap before the next, fewer take as long.
    let many = if stage.dialect == Dialect::Json { MANY } else { MANY / 5 };
    let mut people = Vec::new();
    for role in ["ann", "ben", "cat", "dan", "eve", "fay"] {
        let who = stage.logs_in(role)?;
        people.push((who, stage.name(role), 0));
    }
    let listener = stage.logs_in("gil")?;
    for round in 0..many {
        for (who, _, _) in &people {
            stage.asks(*who, Ask::Say(format!("number {round}")))?;
        }
    }
    for _ in 0..many * people.len() {
        let expected = "what the six others say, in their order, each once";
        let heard = stage.next_said(listener, expected)?;
        let next = people
            .iter_mut()
            .find(|(_, name, next)| *name == heard.by && heard.text == format!("number {next}"));
        match next {
            Some((_, _, next)) => *next += 1,
            None => {
                return Err(stage.differs(listener, expected, &heard.words()));
            }
        }
    }
    Ok(())
}
