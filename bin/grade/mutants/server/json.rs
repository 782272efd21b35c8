//! Encodes replies in `json`: one dict per line.

use serde_json::{Value, json};

use crate::bugs::Bug;
use crate::reply::Message;
use crate::reply::{COMMANDS, GREETING, Reply, answer_name, done, refused};

pub(crate) fn encode(reply: &Reply, bug: Bug) -> Value {
    match reply {
        Reply::Refused { request, error, .. } => refused(request, error, bug),
        Reply::LoggedIn { name, said } => {
            let mut answer = json!({ "response": "login", "username": name });
            let silent = bug == Bug::BacklogMissingWhenEmpty && said.is_empty();
            if let Value::Object(keys) = &mut answer
                && !silent
            {
                let said = said.iter().map(|message| past(message, bug)).collect();
                keys.insert("messages".to_owned(), said);
            }
            done(answer, bug)
        }
        Reply::LoggedOut { name } => {
            done(json!({ "response": answer_name("logout", bug), "username": name }), bug)
        }
        Reply::Message(Message { id, username, text, timestamp }) => {
            let message = json!({
                "response": "message",
                "id": id,
                "username": username,
                "message": text,
                "timestamp": timestamp,
            });
            done(message, bug)
        }
        Reply::Names { request, names } => {
            done(json!({ "response": answer_name(request, bug), "names": names }), bug)
        }
        Reply::History(said) => {
            let said: Vec<Value> = said.iter().map(|message| past(message, bug)).collect();
            let request = answer_name("history", bug);
            done(json!({ "response": request, "messages": said, "more": false }), bug)
        }
        Reply::Help => {
            let line = |(request, summary)| json!({ "request": request, "arguments": [], "summary": summary });
            let help: Vec<Value> = COMMANDS.into_iter().map(line).collect();
            done(json!({ "response": answer_name("help", bug), "help": help }), bug)
        }
        Reply::Version => {
            done(json!({ "response": answer_name("version", bug), "version": "mutant" }), bug)
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
fn past(Message { id, username, text, timestamp }: &Message, bug: Bug) -> Value {
    let message = json!({
        "id": id,
        "username": username,
        "message": text,
        "timestamp": timestamp,
    });
    if bug == Bug::BacklogEncodedTwice { Value::from(message.to_string()) } else { message }
}
