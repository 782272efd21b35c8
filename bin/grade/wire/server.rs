//! The server's side of the dialects: decodes the requests of a client, and encodes responses.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Dialect, Frame, Message, Request, Response, ktn14};

/// The form in which `ktn15` sends the history. Its servers never agreed on one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum HistoryFormat {
    /// Each message in a separate frame.
    #[default]
    Messages,
    /// A list of objects.
    Objects,
    /// A list of strings that contain objects.
    Strings,
}

/// Encodes the responses of a server.
#[derive(Debug)]
pub(crate) struct ResponseEncoder {
    dialect: Dialect,
    history: HistoryFormat,
    /// Id of the previous message.
    last: u64,
}

/// A decoded request of a client.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReceivedRequest {
    pub(crate) request: Request,
    /// The tag that the answer has to repeat.
    pub(crate) tag: Option<Value>,
}

impl Dialect {
    /// Decodes a request of a client.
    ///
    /// # Errors
    /// The reason, in words, why the frame is no request.
    pub(crate) fn decode_request(self, frame: &Frame) -> Result<ReceivedRequest, String> {
        let Some(Value::Object(object)) = &frame.value else {
            return Err("it is not a JSON object".to_owned());
        };
        let request = match self {
            Dialect::Json | Dialect::Ktn14 => parse_request(object, "username", "message")?,
            Dialect::Ktn15 => parse_request(object, "content", "content")?,
        };
        Ok(ReceivedRequest { request, tag: object.get("tag").cloned() })
    }
}

impl ResponseEncoder {
    pub(crate) fn new(dialect: Dialect, history: HistoryFormat) -> ResponseEncoder {
        ResponseEncoder { dialect, history, last: 0 }
    }

    /// Encodes a response as one or more frames. `to` is the request that it answers, if any.
    pub(crate) fn encode(
        &mut self,
        response: &Response,
        to: Option<&ReceivedRequest>,
    ) -> Vec<Vec<u8>> {
        let answers = match self.dialect {
            Dialect::Json => vec![in_json(response, to, &mut self.last)],
            Dialect::Ktn14 => vec![in_ktn14(response, to)],
            Dialect::Ktn15 => in_ktn15(response, self.history),
        };
        let end = if self.dialect == Dialect::Json { "\n" } else { "" };
        answers.into_iter().map(|answer| format!("{answer}{end}").into_bytes()).collect()
    }
}

/// Decodes a request whose name and text stand under these keys.
fn parse_request(object: &Map<String, Value>, name: &str, said: &str) -> Result<Request, String> {
    let string = |key: &str| match object.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(format!("{key:?} is not a string but {other}")),
        None => Err(format!("the key {key:?} is missing")),
    };
    let Some(Value::String(word)) = object.get("request") else {
        return Err("the key \"request\" is missing or not a string".to_owned());
    };
    match word.as_str() {
        "login" => string(name).map(Request::Login),
        "logout" => Ok(Request::Logout),
        "message" | "msg" => string(said).map(Request::Say),
        "names" | "listUsers" => Ok(Request::Names),
        other => Ok(Request::Unknown(other.to_owned())),
    }
}

fn in_json(response: &Response, to: Option<&ReceivedRequest>, last: &mut u64) -> Value {
    let mut said = |line: &Message| {
        *last += 1;
        json!({"id": *last, "username": line.sender, "message": line.text, "timestamp": now()})
    };
    let mut answer = match response {
        Response::LoggedIn { backlog } => {
            let messages: Vec<Value> = backlog.iter().map(said).collect();
            json!({"response": "login", "username": name(to), "messages": messages})
        }
        Response::LoggedOut => json!({"response": "logout", "username": name(to)}),
        Response::Message(line) => {
            let Value::Object(said) = said(line) else { return Value::Null };
            let response = ("response".to_owned(), json!("message"));
            Value::Object([response].into_iter().chain(said).collect())
        }
        Response::History(past) => {
            let messages: Vec<Value> = past.iter().map(said).collect();
            json!({"response": "history", "messages": messages})
        }
        Response::Names(names) => json!({"response": "names", "names": names}),
        Response::Error(error) => json!({"response": word(to, Dialect::Json), "error": error}),
        Response::Notice(news) | Response::UnmarkedError(news) | Response::Unexpected(news) => {
            json!({"response": "notice", "message": news})
        }
    };
    if let (Some(answer), Some(tag)) = (answer.as_object_mut(), to.and_then(|to| to.tag.clone())) {
        answer.insert("tag".to_owned(), tag);
    }
    answer
}

fn in_ktn14(response: &Response, to: Option<&ReceivedRequest>) -> Value {
    let said = |words: String| json!({"response": "message", "message": words});
    let line = |line: &Message| said(ktn14::said(line, &now()));
    let lines =
        |past: &[Message]| -> Vec<String> { past.iter().map(|it| line(it).to_string()).collect() };
    match response {
        Response::LoggedIn { backlog } => {
            json!({"response": "login", "username": name(to), "messages": lines(backlog)})
        }
        Response::LoggedOut => json!({"response": "logout", "username": name(to)}),
        Response::Message(said) => line(said),
        Response::History(past) => json!({"response": "login", "messages": lines(past)}),
        Response::Names(names) => json!({"response": "listUsers", "users": names}),
        Response::Error(error) => {
            json!({"response": word(to, Dialect::Ktn14), "error": error, "username": name(to)})
        }
        Response::Notice(news) | Response::UnmarkedError(news) | Response::Unexpected(news) => {
            said(format!("* {news}"))
        }
    }
}

fn in_ktn15(response: &Response, history: HistoryFormat) -> Vec<Value> {
    let answer = |sender: &str, response: &str, content: Value| {
        json!({
            "timestamp": now(), "sender": sender, "response": response, "content": content,
        })
    };
    let line = |line: &Message| answer(&line.sender, "message", json!(line.text));
    let info = |content: &str| answer("server", "info", json!(content));
    let lines = |past: &[Message]| -> Vec<Value> {
        let strings = || past.iter().map(|it| line(it).to_string()).collect();
        match history {
            HistoryFormat::Messages => past.iter().map(line).collect(),
            // An empty history is not sent at all.
            _ if past.is_empty() => Vec::new(),
            HistoryFormat::Objects => {
                vec![answer("server", "history", past.iter().map(line).collect())]
            }
            HistoryFormat::Strings => vec![answer("server", "history", strings())],
        }
    };
    match response {
        Response::LoggedIn { backlog } => {
            [info("Logged in.")].into_iter().chain(lines(backlog)).collect()
        }
        Response::LoggedOut => vec![info("Logged out.")],
        Response::Message(said) => vec![line(said)],
        Response::History(past) => lines(past),
        Response::Names(names) => vec![info(&names.join(", "))],
        Response::Error(error) => vec![answer("server", "error", json!(error))],
        Response::Notice(news) | Response::UnmarkedError(news) | Response::Unexpected(news) => {
            vec![info(news)]
        }
    }
}

impl Request {
    /// The word of the request in a dialect.
    pub(crate) fn word(&self, dialect: Dialect) -> &str {
        match self {
            Request::Login(_) | Request::LoginWithoutName => "login",
            Request::Logout => "logout",
            Request::Say(_) => "message",
            Request::Names if dialect == Dialect::Ktn14 => "listUsers",
            Request::Names => "names",
            Request::Unknown(word) => word,
        }
    }
}

/// The name in a login request; empty for any other request.
fn name(to: Option<&ReceivedRequest>) -> &str {
    match to.map(|to| &to.request) {
        Some(Request::Login(name)) => name,
        _ => "",
    }
}

/// The word of a request, or `error` if there is none.
fn word(to: Option<&ReceivedRequest>, dialect: Dialect) -> &str {
    to.map_or("error", |to| to.request.word(dialect))
}

fn now() -> String {
    Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::wire::{People, Reader, Vocabulary};

    #[test]
    fn an_encoded_request_decodes_to_itself() {
        let requests = [
            Request::Login("ann".to_owned()),
            Request::Say("a \"b\" {".to_owned()),
            Request::Names,
            Request::Logout,
            Request::Unknown("help".to_owned()),
        ];
        for dialect in Dialect::ALL {
            for request in &requests {
                let frame = dialect.cut(&mut dialect.encode(request)).unwrap();
                assert_eq!(dialect.decode_request(&frame).unwrap().request, *request);
            }
            for wrong in ["[1]\n", "{\"request\":5}\n", "{\"request\":\"login\"}\n", "x\n"] {
                let frame = dialect.cut(&mut wrong.into()).unwrap();
                assert!(dialect.decode_request(&frame).is_err(), "{wrong}");
            }
        }
    }

    /// What a client decodes from these frames while it waits for the answers to `pending`.
    fn decoded(dialect: Dialect, frames: &[u8], mut pending: VecDeque<Request>) -> Response {
        let mut stream = frames.to_vec();
        let (vocabulary, everyone) = (Vocabulary::default(), ["ann".to_owned(), "ben".to_owned()]);
        let people = People { me: Some("ann"), everyone: &everyone };
        let reader =
            Reader { dialect, vocabulary: &vocabulary, people, is_logged_in: true, said: &[] };
        let mut response = std::iter::from_fn(|| {
            dialect.cut(&mut stream).map(|frame| reader.decode(&frame, &mut pending))
        });
        let mut first = response.next().unwrap();
        for later in response {
            match (&mut first, later) {
                (Response::LoggedIn { backlog }, Response::Message(line)) => backlog.push(line),
                (Response::LoggedIn { backlog }, Response::History(past)) => backlog.extend(past),
                (_, later) => panic!("{later:?}"),
            }
        }
        first
    }

    #[test]
    fn an_encoded_response_decodes_to_itself() {
        let line = |text: &str| Message { sender: "ben".to_owned(), text: text.to_owned() };
        for (dialect, history) in [
            (Dialect::Json, HistoryFormat::default()),
            (Dialect::Ktn14, HistoryFormat::Messages),
            (Dialect::Ktn15, HistoryFormat::Messages),
            (Dialect::Ktn15, HistoryFormat::Objects),
            (Dialect::Ktn15, HistoryFormat::Strings),
        ] {
            let past = [line("first"), line("second")];
            for (request, wanted) in [
                (
                    Some(Request::Login("ann".to_owned())),
                    Response::LoggedIn { backlog: past.to_vec() },
                ),
                (
                    Some(Request::Login("ann".to_owned())),
                    Response::LoggedIn { backlog: Vec::new() },
                ),
                (Some(Request::Names), Response::Names(vec!["ann".to_owned(), "ben".to_owned()])),
                (Some(Request::Logout), Response::LoggedOut),
                (Some(Request::Say("x".to_owned())), Response::Error("No!".to_owned())),
                (None, Response::Message(line("a: \"b\" @ c"))),
            ] {
                let to =
                    request.clone().map(|request| ReceivedRequest { request, tag: Some(json!(7)) });
                let frames =
                    ResponseEncoder::new(dialect, history).encode(&wanted, to.as_ref()).concat();
                assert_eq!(decoded(dialect, &frames, VecDeque::from_iter(request)), wanted);
                let frame = dialect.cut(&mut frames.clone()).unwrap().value.unwrap();
                let brings_it = dialect == Dialect::Json && to.is_some();
                assert_eq!(frame.get("tag").is_some(), brings_it);
            }
        }
    }

    #[test]
    fn message_ids_are_unique() {
        let line = |text: &str| Message { sender: "ben".to_owned(), text: text.to_owned() };
        let mut encoder = ResponseEncoder::new(Dialect::Json, HistoryFormat::default());
        let backlog = vec![line("a"), line("b")];
        let earlier = encoder.encode(&Response::LoggedIn { backlog }, None).concat();
        let later = encoder.encode(&Response::Message(line("c")), None).concat();
        let earlier: Value = serde_json::from_slice(&earlier).unwrap();
        let later: Value = serde_json::from_slice(&later).unwrap();
        assert_eq!(
            (&earlier["messages"][0]["id"], &earlier["messages"][1]["id"]),
            (&json!(1), &json!(2))
        );
        assert_eq!(later["id"], 3);
    }
}
