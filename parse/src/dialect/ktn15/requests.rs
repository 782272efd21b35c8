//! Requests: a word and its content.

use super::Ktn15;
use crate::dialect::{Decoded, Interpreter, keys};
use crate::request::TAG;
use crate::{Dict, ParseError, Request, Response, Unreadable, Value};

/// The words of all requests.
pub(in crate::dialect) const WORDS: [&str; 7] =
    ["login", "logout", "msg", "message", "names", "help", "history"];

impl Interpreter for Ktn15 {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        let mut dict = keys::read(frame, self.nesting)?;
        if dict.get("content").is_some_and(Value::is_null) {
            dict.remove("content");
        }
        // Clients of this dialect have no tags.
        dict.remove(TAG);
        let asked = Request::from_dict(dict)?;
        let content = || -> Result<&str, Box<Unreadable>> {
            let content = asked.arguments.optional_string("content");
            Ok(content.map_err(ParseError::from)?.unwrap_or_default())
        };
        // The content of a request without one is ignored: some clients send "None".
        let (name, arguments) = match asked.name.as_str() {
            "login" => ("login", Dict::new().with("username", content()?)),
            "msg" | "message" => ("message", Dict::new().with("message", content()?)),
            word @ ("logout" | "names" | "help" | "history") => (word, Dict::new()),
            _ => {
                let failed = Response::error(asked.name.clone(), ParseError::UnknownWord);
                return Ok(Decoded::Answered(failed));
            }
        };
        Ok(Decoded::Asked(Request::new(name, arguments)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;
    use crate::dialect::Past;

    fn heard(frame: &str) -> Result<Decoded, Box<Unreadable>> {
        Ktn15::new(&Limits::default(), Past::Messages).decode(frame.as_bytes())
    }

    #[test]
    fn a_request_is_a_word_and_its_content() {
        let no_content = ["", r#","content":null"#, r#","content":"""#, r#","content":"None""#];
        for (word, name) in
            [("logout", "logout"), ("names", "names"), ("help", "help"), ("history", "history")]
        {
            for content in no_content {
                let frame = format!(r#"{{"request":"{word}"{content}}}"#);
                let heard = heard(&frame).unwrap();
                assert_eq!(heard, Decoded::Asked(Request::new(name, Dict::new())), "{frame}");
            }
        }
        for (frame, name, key, text) in [
            (r#"{"request":"login","content":"None"}"#, "login", "username", "None"),
            (r#"{"content":"hi","request":"msg"}"#, "message", "message", "hi"),
            (r#"{"Request":"login","Content":"Gopher"}"#, "login", "username", "Gopher"),
            (r#"{"Request":"msg","content":"a","Content":"b"}"#, "message", "message", "a"),
            (r#"{"REQUEST":"msg","CONTENT":null}"#, "message", "message", ""),
            (r#"{"request":"message","content":"hi"}"#, "message", "message", "hi"),
            (r#"{"request":"msg","content":null}"#, "message", "message", ""),
            (r#"{"request":"login"}"#, "login", "username", ""),
        ] {
            let heard = heard(frame).unwrap();
            assert_eq!(heard, Decoded::Asked(Request::new(name, Dict::new().with(key, text))));
        }
        let unknown = Response::error("fly", ParseError::UnknownWord);
        assert_eq!(heard(r#"{"request":"fly","content":5}"#), Ok(Decoded::Answered(unknown)));
        let number = heard(r#"{"request":"msg","content":5}"#);
        let error = number.unwrap_err().error.to_string();
        assert_eq!(error, "Wrong type for content: wanted string, got number");
    }
}
