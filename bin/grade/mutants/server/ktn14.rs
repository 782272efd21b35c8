//! Encodes replies in `ktn14`: few keys, and the text of a message contains the sender's name.

use serde_json::{Value, json};

use crate::bugs::{Bug, Bugs};
use crate::json;
use crate::reply::Message;
use crate::reply::{GREETING, READ, Reply, answer_name, done, ending, in_reads, refused};

pub(crate) fn encode(reply: &Reply, bugs: Bugs) -> Vec<Value> {
    let one = match reply {
        Reply::Refused { request, username, error } => {
            let mut answer = refused(request, error, bugs);
            if matches!(*request, "login" | "logout")
                && let Value::Object(keys) = &mut answer
            {
                keys.insert("username".to_owned(), Value::from(*username));
            }
            answer
        }
        Reply::LoggedIn { name, said } => {
            return logged_in(name, said.iter().map(message).collect(), bugs);
        }
        Reply::LoggedOut { name } => {
            done(json!({ "response": answer_name("logout", bugs), "username": name }), bugs)
        }
        Reply::Message(said) => done(message(said), bugs),
        Reply::Names { request: request @ "listUsers", names } => {
            let answer = |part: &[String]| {
                done(json!({ "response": answer_name(request, bugs), "users": part }), bugs)
            };
            return in_reads(names, answer);
        }
        // A client that uses the words of `json` gets the answers of `json`.
        Reply::Names { .. } | Reply::History(_) | Reply::Help | Reply::Version => {
            json::encode(reply, bugs)
        }
        Reply::Greeting => text(&format!("* {GREETING}")),
        Reply::Joined { name, online } => text(&format!("* {name} joined ({online} online)")),
        Reply::Left { name, online, broken } => {
            text(&format!("* {name} left ({online} online){}", ending(*broken)))
        }
    };
    vec![one]
}

/// The answer to a login, with as much of the backlog as fits in one read. The rest follows, each
/// message in a frame.
fn logged_in(name: &str, said: Vec<Value>, bugs: Bugs) -> Vec<Value> {
    let answer = |inside: &[Value]| {
        let mut answer = json!({ "response": "login", "username": name });
        let silent = bugs.has(Bug::BacklogMissingWhenEmpty) && said.is_empty();
        if let Value::Object(keys) = &mut answer
            && !silent
        {
            // Each message is a string that contains a dict.
            let messages = inside.iter().map(|message| match bugs.has(Bug::BacklogEncodedTwice) {
                true => Value::from(message.to_string()).to_string(),
                false => message.to_string(),
            });
            keys.insert("messages".to_owned(), messages.collect());
        }
        done(answer, bugs)
    };
    let mut inside = Vec::new();
    let mut after = said.iter().cloned();
    for message in after.by_ref() {
        inside.push(message);
        if answer(&inside).to_string().len() > READ {
            let too_much = inside.pop();
            let rest = too_much.into_iter().chain(after);
            return std::iter::once(answer(&inside)).chain(rest).collect();
        }
    }
    vec![answer(&inside)]
}

#[expect(clippy::string_slice, reason = "the clock writes ASCII, `YYYY-MM-DDTHH:MM:SS.mmmZ`")]
fn message(Message { username, text: words, timestamp, .. }: &Message) -> Value {
    // Only the time of day, because people read it.
    let time = &timestamp[11..19];
    text(&format!("{username} said @ {time}: {words}"))
}

fn text(text: &str) -> Value {
    json!({ "response": "message", "message": text })
}
