//! How a thing is said in `ktn15`: four keys, always the same.

use serde_json::{Value, json};

use crate::bugs::Bug;
use crate::clock;
use crate::dialect::{Say, ending, in_reads};
use crate::room::Message;

const HELP: &str = "login NAME, logout, msg TEXT, names, history, help";

pub(crate) fn say(say: &Say, bug: Bug) -> Vec<Value> {
    match say {
        Say::Refused { error, .. } if bug == Bug::ErrorMissing => vec![server("info", error)],
        Say::Refused { error, .. } => vec![server("error", error)],
        Say::LoggedIn { name, said } => {
            let entered = server("info", &format!("Logged in as {name}."));
            std::iter::once(entered).chain(said.iter().map(|message| past(message, bug))).collect()
        }
        Say::LoggedOut { .. } => vec![server("info", "Logged out.")],
        Say::Message(said) => vec![message(said)],
        Say::Names { names, .. } => in_reads(names, |part| server("info", &part.join(", "))),
        Say::History(said) if said.is_empty() => vec![server("info", "Nothing was said yet.")],
        Say::History(said) => said.iter().map(|message| past(message, bug)).collect(),
        Say::Help => vec![server("info", HELP)],
        Say::Version => vec![server("info", "mutant")],
        Say::Joined { name, online } => {
            vec![server("info", &format!("{name} joined ({online} online)"))]
        }
        Say::Left { name, online, broken } => {
            let ending = ending(*broken);
            vec![server("info", &format!("{name} left ({online} online){ending}"))]
        }
    }
}

fn told(timestamp: &str, sender: &str, response: &str, content: &str) -> Value {
    json!({ "timestamp": timestamp, "sender": sender, "response": response, "content": content })
}

fn server(response: &str, content: &str) -> Value {
    told(&clock::now(), "server", response, content)
}

fn message(Message { username, text, timestamp, .. }: &Message) -> Value {
    told(timestamp, username, "message", text)
}

/// A message of the backlog: the same again, as if it were said now.
fn past(said: &Message, bug: Bug) -> Value {
    if bug == Bug::BacklogEncodedTwice {
        let inside = message(said).to_string();
        return told(&said.timestamp, &said.username, "message", &inside);
    }
    message(said)
}
