//! The other end of the wire: what a client asks for, and what it is answered. The grader plays the
//! server for it.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Ask, Dialect, Frame, Heard, Line, ktn14};

/// In which form `ktn15` tells what was said before: its servers never agreed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum History {
    /// As so many messages.
    #[default]
    Messages,
    /// As a list of objects.
    Objects,
    /// As a list of strings that hold objects.
    Strings,
}

/// A server that tells things to a client.
#[derive(Debug)]
pub(crate) struct Teller {
    dialect: Dialect,
    history: History,
    /// The number of the message before.
    last: u64,
}

/// What a client asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) ask: Ask,
    /// What its answer has to bring back.
    tag: Option<Value>,
}

impl Dialect {
    /// What a client asks for with this frame.
    ///
    /// # Errors
    /// In words, why it is no request.
    pub(crate) fn asked(self, frame: &Frame) -> Result<Asked, String> {
        let Some(Value::Object(object)) = &frame.value else {
            return Err("it is no JSON object".to_owned());
        };
        let ask = match self {
            Dialect::Json | Dialect::Ktn14 => ask(object, "username", "message")?,
            Dialect::Ktn15 => ask(object, "content", "content")?,
        };
        Ok(Asked { ask, tag: object.get("tag").cloned() })
    }
}

impl Teller {
    pub(crate) fn new(dialect: Dialect, history: History) -> Teller {
        Teller { dialect, history, last: 0 }
    }

    /// The frames that tell somebody this, who may have asked for it.
    pub(crate) fn tell(&mut self, heard: &Heard, to: Option<&Asked>) -> Vec<Vec<u8>> {
        let answers = match self.dialect {
            Dialect::Json => vec![in_json(heard, to, &mut self.last)],
            Dialect::Ktn14 => vec![in_ktn14(heard, to)],
            Dialect::Ktn15 => in_ktn15(heard, self.history),
        };
        let end = if self.dialect == Dialect::Json { "\n" } else { "" };
        answers.into_iter().map(|answer| format!("{answer}{end}").into_bytes()).collect()
    }
}

/// A request, where a name and a text stand under these keys.
fn ask(object: &Map<String, Value>, name: &str, said: &str) -> Result<Ask, String> {
    let string = |key: &str| match object.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(format!("{key:?} is no string but {other}")),
        None => Err(format!("there is no {key:?}")),
    };
    let Some(Value::String(request)) = object.get("request") else {
        return Err("there is no \"request\" that is a string".to_owned());
    };
    match request.as_str() {
        "login" => string(name).map(Ask::Login),
        "logout" => Ok(Ask::Logout),
        "message" | "msg" => string(said).map(Ask::Say),
        "names" | "listUsers" => Ok(Ask::Names),
        other => Ok(Ask::Unknown(other.to_owned())),
    }
}

fn in_json(heard: &Heard, to: Option<&Asked>, last: &mut u64) -> Value {
    let mut said = |line: &Line| {
        *last += 1;
        json!({"id": *last, "username": line.by, "message": line.text, "timestamp": now()})
    };
    let mut answer = match heard {
        Heard::In { backlog } => {
            let messages: Vec<Value> = backlog.iter().map(said).collect();
            json!({"response": "login", "username": name(to), "messages": messages})
        }
        Heard::Out => json!({"response": "logout", "username": name(to)}),
        Heard::Said(line) => {
            let Value::Object(said) = said(line) else { return Value::Null };
            let response = ("response".to_owned(), json!("message"));
            Value::Object([response].into_iter().chain(said).collect())
        }
        Heard::Past(past) => {
            let messages: Vec<Value> = past.iter().map(said).collect();
            json!({"response": "history", "messages": messages})
        }
        Heard::Names(names) => json!({"response": "names", "names": names}),
        Heard::Refused(error) => json!({"response": word(to, "names"), "error": error}),
        Heard::News(news) | Heard::Odd(news) => json!({"response": "notice", "message": news}),
    };
    if let (Some(answer), Some(tag)) = (answer.as_object_mut(), to.and_then(|to| to.tag.clone())) {
        answer.insert("tag".to_owned(), tag);
    }
    answer
}

fn in_ktn14(heard: &Heard, to: Option<&Asked>) -> Value {
    let said = |words: String| json!({"response": "message", "message": words});
    let line = |line: &Line| said(ktn14::said(line, &now()));
    let lines =
        |past: &[Line]| -> Vec<String> { past.iter().map(|it| line(it).to_string()).collect() };
    match heard {
        Heard::In { backlog } => {
            json!({"response": "login", "username": name(to), "messages": lines(backlog)})
        }
        Heard::Out => json!({"response": "logout", "username": name(to)}),
        Heard::Said(said) => line(said),
        Heard::Past(past) => json!({"response": "login", "messages": lines(past)}),
        Heard::Names(names) => json!({"response": "listUsers", "users": names}),
        Heard::Refused(error) => {
            json!({"response": word(to, "listUsers"), "error": error, "username": name(to)})
        }
        Heard::News(news) | Heard::Odd(news) => said(format!("* {news}")),
    }
}

fn in_ktn15(heard: &Heard, history: History) -> Vec<Value> {
    let answer = |sender: &str, response: &str, content: Value| {
        json!({
            "timestamp": now(), "sender": sender, "response": response, "content": content,
        })
    };
    let line = |line: &Line| answer(&line.by, "message", json!(line.text));
    let info = |content: &str| answer("server", "info", json!(content));
    let lines = |past: &[Line]| -> Vec<Value> {
        let strings = || past.iter().map(|it| line(it).to_string()).collect();
        match history {
            History::Messages => past.iter().map(line).collect(),
            // Where nothing was said before there is nothing.
            _ if past.is_empty() => Vec::new(),
            History::Objects => {
                vec![answer("server", "history", past.iter().map(line).collect())]
            }
            History::Strings => vec![answer("server", "history", strings())],
        }
    };
    match heard {
        Heard::In { backlog } => [info("Logged in.")].into_iter().chain(lines(backlog)).collect(),
        Heard::Out => vec![info("Logged out.")],
        Heard::Said(said) => vec![line(said)],
        Heard::Past(past) => lines(past),
        Heard::Names(names) => vec![info(&names.join(", "))],
        Heard::Refused(error) => vec![answer("server", "error", json!(error))],
        Heard::News(news) | Heard::Odd(news) => vec![info(news)],
    }
}

/// The name that somebody asked for, or none.
fn name(to: Option<&Asked>) -> &str {
    match to.map(|to| &to.ask) {
        Some(Ask::Login(name)) => name,
        _ => "",
    }
}

/// The word of a request, where `names` is the one for the names.
fn word<'a>(to: Option<&'a Asked>, names: &'a str) -> &'a str {
    match to.map(|to| &to.ask) {
        Some(Ask::Login(_) | Ask::Nameless) => "login",
        Some(Ask::Logout) => "logout",
        Some(Ask::Say(_)) => "message",
        Some(Ask::Names) => names,
        Some(Ask::Unknown(word)) => word,
        None => "error",
    }
}

fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    #[test]
    fn what_is_asked_for_is_what_was_meant() {
        let asks = [
            Ask::Login("ann".to_owned()),
            Ask::Say("a \"b\" {".to_owned()),
            Ask::Names,
            Ask::Logout,
            Ask::Unknown("help".to_owned()),
        ];
        for dialect in Dialect::ALL {
            for ask in &asks {
                let frame = dialect.cut(&mut dialect.encode(ask)).unwrap();
                assert_eq!(dialect.asked(&frame).unwrap().ask, *ask);
            }
            for wrong in ["[1]\n", "{\"request\":5}\n", "{\"request\":\"login\"}\n", "x\n"] {
                let frame = dialect.cut(&mut wrong.into()).unwrap();
                assert!(dialect.asked(&frame).is_err(), "{wrong}");
            }
        }
    }

    /// What somebody hears who gets these frames, who waits for the answers to these.
    fn heard(dialect: Dialect, frames: &[u8], mut pending: VecDeque<Ask>) -> Heard {
        let mut stream = frames.to_vec();
        let mut heard = std::iter::from_fn(|| {
            dialect.cut(&mut stream).map(|frame| dialect.decode(&frame, &mut pending))
        });
        let mut first = heard.next().unwrap();
        for later in heard {
            match (&mut first, later) {
                (Heard::In { backlog }, Heard::Said(line)) => backlog.push(line),
                (Heard::In { backlog }, Heard::Past(past)) => backlog.extend(past),
                (_, later) => panic!("{later:?}"),
            }
        }
        first
    }

    #[test]
    fn what_is_told_is_heard_by_those_who_asked() {
        let line = |text: &str| Line { by: "ben".to_owned(), text: text.to_owned() };
        for (dialect, history) in [
            (Dialect::Json, History::default()),
            (Dialect::Ktn14, History::Messages),
            (Dialect::Ktn15, History::Messages),
            (Dialect::Ktn15, History::Objects),
            (Dialect::Ktn15, History::Strings),
        ] {
            let past = [line("first"), line("second")];
            for (ask, wanted) in [
                (Some(Ask::Login("ann".to_owned())), Heard::In { backlog: past.to_vec() }),
                (Some(Ask::Login("ann".to_owned())), Heard::In { backlog: Vec::new() }),
                (Some(Ask::Names), Heard::Names(vec!["ann".to_owned(), "ben".to_owned()])),
                (Some(Ask::Logout), Heard::Out),
                (Some(Ask::Say("x".to_owned())), Heard::Refused("No!".to_owned())),
                (None, Heard::Said(line("a: \"b\" @ c"))),
            ] {
                let to = ask.clone().map(|ask| Asked { ask, tag: Some(json!(7)) });
                let frames = Teller::new(dialect, history).tell(&wanted, to.as_ref()).concat();
                assert_eq!(heard(dialect, &frames, VecDeque::from_iter(ask)), wanted);
                let frame = dialect.cut(&mut frames.clone()).unwrap().value.unwrap();
                let brings_it = dialect == Dialect::Json && to.is_some();
                assert_eq!(frame.get("tag").is_some(), brings_it);
            }
        }
    }

    #[test]
    fn no_number_is_used_twice() {
        let line = |text: &str| Line { by: "ben".to_owned(), text: text.to_owned() };
        let mut teller = Teller::new(Dialect::Json, History::default());
        let backlog = vec![line("a"), line("b")];
        let told = teller.tell(&Heard::In { backlog }, None).concat();
        let later = teller.tell(&Heard::Said(line("c")), None).concat();
        let told: Value = serde_json::from_slice(&told).unwrap();
        let later: Value = serde_json::from_slice(&later).unwrap();
        assert_eq!(
            (&told["messages"][0]["id"], &told["messages"][1]["id"]),
            (&json!(1), &json!(2))
        );
        assert_eq!(later["id"], 3);
    }
}
