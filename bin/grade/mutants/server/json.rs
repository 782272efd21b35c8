//! Encodes replies in `json`: one dict per line.

use serde_json::{Value, json};

use crate::bugs::{Bug, Bugs};
use crate::reply::Message;
use crate::reply::{COMMANDS, GREETING, Reply, answer_name, done, refused};

pub(crate) fn encode(reply: &Reply, bugs: Bugs) -> Value {
    match reply {
        Reply::Refused { request, error, .. } => refused(request, error, bugs),
        Reply::LoggedIn { name, said } => {
            let mut answer = json!({ "response": "login", "username": name });
            let silent = bugs.has(Bug::BacklogMissingWhenEmpty) && said.is_empty();
            if let Value::Object(keys) = &mut answer
                && !silent
            {
                let said = said.iter().map(|message| past(message, bugs)).collect();
                keys.insert("messages".to_owned(), said);
            }
            done(answer, bugs)
        }
        Reply::LoggedOut { name } => {
            done(json!({ "response": answer_name("logout", bugs), "username": name }), bugs)
        }
        Reply::Message(Message { id, username, text, timestamp }) => {
            let message = json!({
                "response": "message",
                "id": id,
                "username": username,
                "message": text,
                "timestamp": timestamp,
            });
            done(message, bugs)
        }
        Reply::Names { request, names } => {
            done(json!({ "response": answer_name(request, bugs), "names": names }), bugs)
        }
        Reply::History(said) => {
            let said: Vec<Value> = said.iter().map(|message| past(message, bugs)).collect();
            let request = answer_name("history", bugs);
            done(json!({ "response": request, "messages": said, "more": false }), bugs)
        }
        Reply::Help => {
            let line = |(request, summary)| json!({ "request": request, "arguments": [], "summary": summary });
            let help: Vec<Value> = COMMANDS.into_iter().map(line).collect();
            done(json!({ "response": answer_name("help", bugs), "help": help }), bugs)
        }
        Reply::Version => {
            done(json!({ "response": answer_name("version", bugs), "version": "mutant" }), bugs)
        }
        Reply::Greeting => json!({ "response": "notice", "message": GREETING }),
        Reply::Joined { name, online } => {
            json!({ "response": "join", "username": name, "online": online })
        }
        Reply::Left { name, online, broken: false } => {
            json!({ "response": "leave", "username": name, "online": online })
        }
        Reply::Left { name, online, broken: true } => {
            json!({ "response": "leave", "username": name, "online": online, "broken": true })
        }
    }
}

/// A message as an element of the backlog.
fn past(Message { id, username, text, timestamp }: &Message, bugs: Bugs) -> Value {
    let message = json!({
        "id": id,
        "username": username,
        "message": text,
        "timestamp": timestamp,
    });
    if bugs.has(Bug::BacklogEncodedTwice) { Value::from(message.to_string()) } else { message }
}
