//! The dialect of Strata: a JSON object on a line.
//!
//! Requests and responses are dicts. `handout/protocol.md` specifies them, with examples that a test
//! runs.

use std::sync::Arc;

use net::FramingError;
use net::framing::{Framing, Lines};

use super::{Decoded, Dialect, Encoded, Entry, Interpreter};
use crate::{Limits, ParseError, Request, Response, Unreadable, strict};

pub(super) const ENTRY: Entry = Entry {
    name: "json",
    summary: "Strata's own: a JSON object on a line",
    choices: &[],
    make: |limits, _| Arc::new(Json::new(limits)),
};

/// Maximum number of values in a response: ten times the names on a crowded server.
const VALUES: usize = 100_000;

/// The `json` dialect, for servers (as a [`Dialect`]) and for clients.
#[derive(Debug, Clone, Copy)]
pub struct Json {
    frame: usize,
    nesting: usize,
}

impl Json {
    /// Creates the dialect with these limits.
    pub fn new(limits: &Limits) -> Json {
        Json { frame: limits.frame, nesting: limits.nesting }
    }

    /// Encodes a request of a client.
    pub fn encode_request(&self, request: Request) -> Vec<u8> {
        request.into_dict().to_bytes()
    }

    /// Decodes a frame from a server.
    ///
    /// # Errors
    /// If the frame is not a response, or has more than 100,000 values.
    pub fn decode_response(&self, frame: &[u8]) -> Result<Response, ParseError> {
        Ok(Response::from_dict(strict::read_bounded(frame, self.nesting, VALUES)?)?)
    }
}

impl Dialect for Json {
    fn name(&self) -> &'static str {
        ENTRY.name
    }

    fn framing(&self) -> Arc<dyn Framing> {
        Arc::new(Lines::new(self.frame))
    }

    fn keeps_lines(&self) -> bool {
        true
    }

    fn unframed(&self, error: FramingError) -> ParseError {
        ParseError::UnframedObject(error)
    }

    fn interpreter(&self) -> Box<dyn Interpreter> {
        // It has no state.
        Box::new(*self)
    }

    fn encode(&self, response: &Response) -> Encoded {
        Encoded::frame(response.to_dict().to_bytes())
    }
}

impl Interpreter for Json {
    fn decode(&mut self, frame: &[u8]) -> Result<Decoded, Box<Unreadable>> {
        // A person pressed Enter, or a client announced its dialect.
        if frame.trim_ascii().is_empty() {
            return Ok(Decoded::Nothing);
        }
        Request::from_dict(strict::read(frame, self.nesting)?).map(Decoded::Asked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dict, Value};

    fn json() -> Json {
        Json::new(&Limits::default())
    }

    fn encode(response: &Response) -> Vec<u8> {
        json().encode(response).frames.concat()
    }

    #[test]
    fn a_line_becomes_a_request() {
        let line = br#"{"request":"message","message":"a\nb","tag":[1,{"x":null}],"extra":1}"#;
        let arguments = Dict::new().with("message", "a\nb").with("extra", 1);
        let tag = vec![Value::from(1), Dict::new().with("x", Value::Null).into()];
        let want = Request::new("message", arguments).tagged(tag);
        assert_eq!(json().decode(line), Ok(Decoded::Asked(want)));
    }

    #[test]
    fn a_blank_line_is_not_a_request() {
        assert_eq!(json().decode(b""), Ok(Decoded::Nothing));
        assert_eq!(json().decode(b" \t\r"), Ok(Decoded::Nothing));
    }

    #[test]
    fn a_response_is_one_line_with_its_keys_in_order() {
        let body = Dict::new().with("id", 7).with("message", "a\nb\u{2028}\"");
        let response = Response::ok("message", body).tagged(Some(Value::from("t")));
        assert_eq!(
            String::from_utf8(encode(&response)).unwrap(),
            "{\"response\":\"message\",\"id\":7,\"message\":\"a\\nb\\u2028\\\"\",\"tag\":\"t\"}"
        );
        let error = Response::error("fly", ParseError::UnknownWord);
        let want = br#"{"response":"fly","error":"Unknown request!","code":"unknown-request"}"#;
        assert_eq!(encode(&error), want);
    }

    #[test]
    fn a_server_decodes_requests_and_a_client_responses() {
        let request = Request::new("login", Dict::new().with("username", "é")).tagged(1.5);
        let decoded = json().decode(&json().encode_request(request.clone()));
        assert_eq!(decoded, Ok(Decoded::Asked(request)));
        let response = Response::ok("login", Dict::new().with("username", "é"));
        assert_eq!(json().decode_response(&encode(&response)), Ok(response));
    }
}
