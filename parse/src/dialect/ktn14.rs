//! The dialect of a course on networks in 2014: a sequence of JSON values.
//!
//! Its clients take the result of one read for one message, pass it to a JSON parser, and look for
//! fixed keys. So each answer has exactly these keys, and is a separate write. A message has only a
//! text, which contains the sender and the time.

use std::sync::Arc;
use std::time::Duration;

use net::FramingError;
use net::framing::Framing;

use super::spoken::{Said, in_one_read, in_reads, is_own, news, past, text, texts};
use super::values::Values;
use super::{Decoded, Dialect, Encoded, Entry, Interpreter, keys};
use crate::request::TAG;
use crate::{Dict, Limits, ParseError, Request, Response, Unreadable, Value};

pub(super) const ENTRY: Entry = Entry {
    name: "ktn14",
    summary: "a course of 2014: JSON values, a message is a text",
    choices: &[],
    make: |limits, _| Arc::new(Ktn14::new(limits)),
};

/// The word of this dialect for the request `names`.
const LIST_USERS: &str = "listUsers";

/// The `ktn14` dialect.
#[derive(Debug, Clone, Copy)]
pub struct Ktn14 {
    frame: usize,
    nesting: usize,
    gap: Duration,
}

impl Ktn14 {
    /// Creates the dialect with these limits.
    pub fn new(limits: &Limits) -> Ktn14 {
        Ktn14 { frame: limits.frame, nesting: limits.nesting, gap: limits.gap }
    }
}

impl Dialect for Ktn14 {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn framing(&self) -> Arc<dyn Framing> {
        Arc::new(Values::new(self.frame))
    }

    fn gap(&self) -> Option<Duration> {
        Some(self.gap)
    }

    fn unframed(&self, error: FramingError) -> ParseError {
        ParseError::UnframedObject(error)
    }

    fn interpreter(&self) -> Box<dyn Interpreter> {
        // It has no state.
        Box::new(*self)
    }

    fn encode(&self, response: &Response) -> Encoded {
        let name = response.name.as_ref();
        let dicts = match &response.outcome {
            Ok(body) => done(name, body, response),
            Err(failure) => vec![failed(name, &failure.text, response)],
        };
        Encoded::frames(dicts.iter().map(Dict::to_bytes))
    }
}

impl Interpreter for Ktn14 {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let mut dict = keys::read(frame, self.nesting)?;
        // Clients of this dialect have no tags.
        dict.remove(TAG);
        let mut request = Request::from_dict(dict)?;
        // The tag brings the words of the request to the encoder.
        let mut tag = Dict::new().with("request", request.name.as_str());
        if let Ok(username) = request.arguments.string("username") {
            tag.insert("username", username);
        }
        request.tag = Some(tag.into());
        if request.name == LIST_USERS {
            "names".clone_into(&mut request.name);
        }
        Ok(Decoded::Asked(request))
    }
}

/// Returns the word of the request.
fn word<'a>(name: &'a str, response: &'a Response) -> &'a str {
    let word = response.tag.as_ref().and_then(|tag| tag.get("request"));
    word.and_then(Value::as_str).unwrap_or(name)
}

/// Encodes a failure.
fn failed(name: &str, error: &str, response: &Response) -> Dict {
    let dict = Dict::new().with("response", word(name, response)).with("error", error);
    match name {
        "login" | "logout" => {
            let username = response.tag.as_ref().and_then(|tag| tag.get("username"));
            dict.with("username", username.and_then(Value::as_str).unwrap_or_default())
        }
        _ => dict,
    }
}

/// Encodes an answer or an event.
fn done(name: &str, body: &Dict, response: &Response) -> Vec<Dict> {
    let answer = |word: &str| Dict::new().with("response", word);
    match name {
        "login" => logged_in(body),
        "message" => vec![message(said(body, is_own(response)))],
        "logout" => vec![answer("logout").with("username", text(body, "username"))],
        "names" if word(name, response) == LIST_USERS => {
            in_reads(&texts(body, "names"), |part| answer(LIST_USERS).with("users", part.to_vec()))
        }
        _ => match news(name, body) {
            Some(news) => vec![message(format!("* {news}"))],
            // The request was one of `json`, so the client knows the answer of `json`.
            None => vec![Response::ok(response.name.clone(), body.clone()).to_dict()],
        },
    }
}

/// Encodes the answer to a login. It contains as much of the history as fits into one read. The other
/// messages follow like new ones.
fn logged_in(body: &Dict) -> Vec<Dict> {
    let said: Vec<Dict> = past(body).iter().map(|dict| message(said(dict, false))).collect();
    let answer = |messages: &[Dict]| {
        // Each message is a string that contains an object.
        let messages: Vec<String> = messages.iter().map(ToString::to_string).collect();
        let answer = Dict::new().with("response", "login");
        answer.with("username", text(body, "username")).with("messages", messages)
    };
    let (first, rest) = said.split_at(in_one_read(&said, answer));
    std::iter::once(answer(first)).chain(rest.iter().cloned()).collect()
}

fn message(text: String) -> Dict {
    Dict::new().with("response", "message").with("message", text)
}

/// Writes a message with its sender and the time of day.
fn said(message: &Dict, own: bool) -> String {
    let said = Said(message);
    let time = said.at().get(11..19).unwrap_or_default();
    format!("{} said @ {time}: {}", said.by(), said.words(own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;
    use crate::dialect::spoken::READ;

    fn ktn14() -> Ktn14 {
        Ktn14::new(&Limits::default())
    }

    fn asked(frame: &str) -> Request {
        match Interpreter::decode(&mut ktn14(), frame.as_bytes()).unwrap() {
            Decoded::Asked(request) => request,
            other => panic!("{other:?}"),
        }
    }

    /// Encodes the answer to a request.
    fn answer(frame: &str, name: &'static str, outcome: Result<Dict, &str>) -> Vec<String> {
        let outcome = outcome.map_err(|text| Failure::new("some-code", text));
        frames(&Response { name: name.into(), outcome, tag: asked(frame).tag })
    }

    fn frames(response: &Response) -> Vec<String> {
        let frames = ktn14().encode(response).frames.into_iter();
        frames.map(|frame| String::from_utf8(frame).unwrap()).collect()
    }

    fn line(text: &str) -> Dict {
        let dict = Dict::new().with("id", 1).with("username", "bob").with("message", text);
        dict.with("timestamp", "2014-03-28T13:15:29.123Z")
    }

    #[test]
    fn requests_are_those_of_json_except_for_one_word() {
        let login = asked(r#"{"request":"login","username":"bob"}"#);
        assert_eq!((login.name.as_str(), login.arguments.string("username")), ("login", Ok("bob")));
        assert_eq!(asked(r#"{"request":"listUsers"}"#).name, "names");
        let go = asked(r#"{"Request":"login","Username":"Bob","Tag":{"request":"fly"}}"#);
        assert_eq!(go, asked(r#"{"request":"login","username":"Bob"}"#));
        let error = ktn14().decode(b"[1]").unwrap_err().error.to_string();
        assert!(error.starts_with("Not a JSON object: invalid type: sequence"), "{error}");
        let tagged = ktn14().decode(br#"{"tag":{"request":"login"}}"#).unwrap_err();
        assert_eq!(tagged.tag, None, "the encoder would take it for the tag of the interpreter");
    }

    #[test]
    fn answers_have_exactly_the_keys_of_the_course() {
        let names = Dict::new().with("names", vec!["alice", "bob"]);
        let name = Dict::new().with("username", "bob");
        for (frame, response, outcome, want) in [
            (
                r#"{"request":"login","username":"b b"}"#,
                "login",
                Err("Invalid username!"),
                r#"{"response":"login","error":"Invalid username!","username":"b b"}"#,
            ),
            (
                r#"{"request":"login"}"#,
                "login",
                Err("Missing argument: username"),
                r#"{"response":"login","error":"Missing argument: username","username":""}"#,
            ),
            (
                r#"{"request":"message","message":""}"#,
                "message",
                Err("Empty message!"),
                r#"{"response":"message","error":"Empty message!"}"#,
            ),
            (
                r#"{"request":"message","message":"hi"}"#,
                "message",
                Ok(line("hi")),
                r#"{"response":"message","message":"bob said @ 13:15:29: hi"}"#,
            ),
            (
                r#"{"request":"logout"}"#,
                "logout",
                Ok(name),
                r#"{"response":"logout","username":"bob"}"#,
            ),
            (
                r#"{"request":"logout"}"#,
                "logout",
                Err("Not logged in!"),
                r#"{"response":"logout","error":"Not logged in!","username":""}"#,
            ),
            (
                r#"{"request":"listUsers"}"#,
                "names",
                Ok(names),
                r#"{"response":"listUsers","users":["alice","bob"]}"#,
            ),
            (
                r#"{"request":"listUsers"}"#,
                "names",
                Err("You are not logged in!"),
                r#"{"response":"listUsers","error":"You are not logged in!"}"#,
            ),
            (
                r#"{"request":"fly"}"#,
                "fly",
                Err("Unknown request!"),
                r#"{"response":"fly","error":"Unknown request!"}"#,
            ),
        ] {
            assert_eq!(answer(frame, response, outcome), [want]);
        }
    }

    #[test]
    fn a_login_yields_messages_as_strings_that_contain_objects() {
        let login = |messages: Vec<Dict>| {
            let messages: Vec<Value> = messages.into_iter().map(Value::from).collect();
            let body = Dict::new().with("username", "eve").with("messages", messages);
            answer(r#"{"request":"login","username":"eve"}"#, "login", Ok(body))
        };
        assert_eq!(login(vec![]), [r#"{"response":"login","username":"eve","messages":[]}"#]);
        let inside =
            r#"{\"response\":\"message\",\"message\":\"bob said @ 13:15:29: \\\"hi\\\"\"}"#;
        let want = format!(r#"{{"response":"login","username":"eve","messages":["{inside}"]}}"#);
        assert_eq!(login(vec![line("\"hi\"")]), [want]);
    }

    #[test]
    fn messages_beyond_one_read_follow_in_order() {
        let messages: Vec<Value> = (0..50).map(|n| line(&format!("no {n}")).into()).collect();
        let body = Dict::new().with("username", "eve").with("messages", messages);
        let frames = frames(&Response::ok("login", body));
        assert!(frames[0].len() <= READ && frames[0].contains("no 5"), "{}", frames[0]);
        let all = frames.concat();
        let places: Vec<_> = (0..50)
            .map(|n| all.find(&format!(": no {n}\\")).or(all.find(&format!(": no {n}\""))))
            .collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
        let long = Dict::new()
            .with("username", "eve")
            .with("messages", vec![Value::from(line(&"x".repeat(2000)))]);
        assert_eq!(self::frames(&Response::ok("login", long)).len(), 2);
    }

    #[test]
    fn events_are_messages_of_the_server() {
        let join = Dict::new().with("username", "bob").with("online", 3);
        let want = r#"{"response":"message","message":"* bob joined (3 online)"}"#;
        assert_eq!(frames(&Response::ok("join", join)), [want]);
        let notice = Dict::new().with("message", "bye");
        let want = r#"{"response":"message","message":"* bye"}"#;
        assert_eq!(frames(&Response::ok("notice", notice)), [want]);
    }
}
