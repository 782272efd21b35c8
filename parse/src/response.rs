//! What a peer is told.

use std::borrow::Cow;

use crate::request::TAG;
use crate::{Dict, DictError, Value};

/// The answer to a request, or something that happened.
///
/// It holds either a body or an error, never both and never neither. On the wire that is the
/// rule that a client can rely on: the `error` key is there exactly when the request failed.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The request that it answers, or what happened.
    pub name: Cow<'static, str>,
    /// What it says: a body, or the text of an error.
    pub outcome: Result<Dict, String>,
    /// The tag of the request that it answers.
    pub tag: Option<Value>,
}

/// The key of a dict that holds the name of the response.
const RESPONSE: &str = "response";
/// The key of a dict that holds the error.
const ERROR: &str = "error";

impl Response {
    /// A request that was done, or something that happened.
    ///
    /// # Panics
    /// When `body` has one of the keys `response`, `error` and `tag`, which are not the body's
    /// to set: that is a bug in the command that built it.
    pub fn ok(name: impl Into<Cow<'static, str>>, body: Dict) -> Response {
        for key in [RESPONSE, ERROR, TAG] {
            assert!(!body.contains(key), "the key {key:?} of a response is not the body's to set");
        }
        Response { name: name.into(), outcome: Ok(body), tag: None }
    }

    /// A request that failed.
    pub fn error(name: impl Into<Cow<'static, str>>, error: impl Into<String>) -> Response {
        Response { name: name.into(), outcome: Err(error.into()), tag: None }
    }

    /// The response with the tag of the request that it answers.
    #[must_use]
    pub fn tagged(mut self, tag: Option<Value>) -> Response {
        self.tag = tag;
        self
    }

    /// The dict that says this.
    pub fn to_dict(&self) -> Dict {
        let mut dict = Dict::new().with(RESPONSE, self.name.as_ref());
        match &self.outcome {
            Ok(body) => {
                for (key, value) in body.iter() {
                    dict.insert(key, value.clone());
                }
            }
            Err(error) => dict.insert(ERROR, error.as_str()),
        }
        if let Some(tag) = &self.tag {
            dict.insert(TAG, tag.clone());
        }
        dict
    }

    /// Takes a dict apart.
    ///
    /// # Errors
    /// When `response` is missing, or it or `error` is no string.
    pub fn from_dict(mut dict: Dict) -> Result<Response, DictError> {
        let name = dict.string(RESPONSE)?.to_owned();
        let error = dict.optional_string(ERROR)?.map(str::to_owned);
        let tag = dict.remove(TAG);
        dict.remove(RESPONSE);
        let outcome = match error {
            Some(error) => Err(error),
            None => Ok(dict),
        };
        Ok(Response { name: name.into(), outcome, tag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_key_is_there_exactly_when_it_failed() {
        let done = Response::ok("login", Dict::new().with("username", "alice")).to_dict();
        assert!(!done.contains("error"));
        let failed = Response::error("login", "Invalid username!").to_dict();
        assert_eq!(failed.string("error"), Ok("Invalid username!"));
    }

    #[test]
    fn a_response_survives_the_way_through_a_dict() {
        for response in [
            Response::ok("names", Dict::new().with("names", vec!["a", "b"])),
            Response::error("fly", "Unknown request!").tagged(Some(Value::Null)),
        ] {
            assert_eq!(Response::from_dict(response.to_dict()), Ok(response));
        }
    }

    #[test]
    #[should_panic(expected = "not the body's to set")]
    fn a_body_cannot_smuggle_an_error_key_in() {
        let _ = Response::ok("login", Dict::new().with("error", "no"));
    }
}
