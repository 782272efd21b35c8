//! Encodes replies in `ktn15`: always the same four keys.

use serde_json::{Value, json};

use crate::bugs::{Bug, Bugs};
use crate::clock;
use crate::reply::Message;
use crate::reply::{GREETING, Reply, ending, in_reads};

/// The sender of everything that is no message of a user.
const SERVER: &str = "server";
const HELP: &str = "login NAME, logout, msg TEXT, names, history, help";

pub(crate) fn encode(reply: &Reply, bugs: Bugs) -> Vec<Value> {
    match reply {
        Reply::Refused { error, .. } if bugs.has(Bug::ErrorMissing) => vec![server("info", error)],
        Reply::Refused { error, .. } => vec![server("error", error)],
        Reply::LoggedIn { name, said } => {
            let entered = server("info", &format!("Logged in as {name}."));
            std::iter::once(entered).chain(said.iter().map(|message| past(message, bugs))).collect()
        }
        Reply::LoggedOut { .. } => vec![server("info", "Logged out.")],
        Reply::Message(said) => vec![message(said)],
        Reply::Names { names, .. } => in_reads(names, |part| server("info", &part.join(", "))),
        Reply::History(said) if said.is_empty() => vec![server("info", "Nothing was said yet.")],
        Reply::History(said) => said.iter().map(|message| past(message, bugs)).collect(),
        Reply::Help => vec![server("info", HELP)],
        Reply::Version => vec![server("info", "mutant")],
        Reply::Greeting => vec![server("info", GREETING)],
        Reply::Joined { name, online } => {
            vec![server("info", &format!("{name} joined ({online} online)"))]
        }
        Reply::Left { name, online, broken } => {
            let ending = ending(*broken);
            vec![server("info", &format!("{name} left ({online} online){ending}"))]
        }
    }
}

fn object(timestamp: &str, sender: &str, response: &str, content: &str) -> Value {
    json!({ "timestamp": timestamp, "sender": sender, "response": response, "content": content })
}

fn server(response: &str, content: &str) -> Value {
    object(&clock::now(), SERVER, response, content)
}

fn message(Message { username, text, timestamp, .. }: &Message) -> Value {
    object(timestamp, username, "message", text)
}

/// An answer with this name in place of the server's.
pub(crate) fn signed(mut answer: Value, name: &str) -> Value {
    if let Value::Object(keys) = &mut answer
        && keys.get("sender").and_then(Value::as_str) == Some(SERVER)
    {
        keys.insert("sender".to_owned(), Value::from(name));
    }
    answer
}

/// A message of the backlog. It looks like a new message.
fn past(said: &Message, bugs: Bugs) -> Value {
    if bugs.has(Bug::BacklogEncodedTwice) {
        let inside = message(said).to_string();
        return object(&said.timestamp, &said.username, "message", &inside);
    }
    message(said)
}
