//! Responses: what a server sends to a peer.

use std::borrow::Cow;

use crate::request::TAG;
use crate::{Dict, DictError, Failure, Value};

/// The answer to a request, or something that happened.
///
/// It holds either a body or a failure. So a client can rely on one rule: a response has the key
/// `error` exactly if the request failed.
///
/// ```
/// use parse::{Dict, Failure, Response};
///
/// let done = Response::ok("login", Dict::new().with("username", "alice"));
/// assert_eq!(done.to_dict().to_string(), r#"{"response":"login","username":"alice"}"#);
///
/// let failed = Response::error("login", Failure::new("name-taken", "Name already taken!"));
/// assert_eq!(
///     failed.to_dict().to_string(),
///     r#"{"response":"login","error":"Name already taken!","code":"name-taken"}"#
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The name of the request, or of the event.
    pub name: Cow<'static, str>,
    /// The body, or the failure.
    pub outcome: Result<Dict, Failure>,
    /// The tag of the request, if it had one.
    pub tag: Option<Value>,
}

/// The key of a dict that holds the name of the response.
const RESPONSE: &str = "response";
/// The key of a dict that holds the text of a failure.
const ERROR: &str = "error";
/// The key of a dict that holds the code of a failure.
const CODE: &str = "code";

impl Response {
    /// Creates the answer to a request that succeeded, or the report of an event.
    ///
    /// # Panics
    /// If `body` has one of the keys `response`, `error`, `code` and `tag`. That is a bug in the
    /// command that built the body.
    pub fn ok(name: impl Into<Cow<'static, str>>, body: Dict) -> Response {
        for key in [RESPONSE, ERROR, CODE, TAG] {
            assert!(!body.contains(key), "the key {key:?} of a response is reserved");
        }
        Response { name: name.into(), outcome: Ok(body), tag: None }
    }

    /// Creates the answer to a request that failed.
    pub fn error(name: impl Into<Cow<'static, str>>, failure: impl Into<Failure>) -> Response {
        Response { name: name.into(), outcome: Err(failure.into()), tag: None }
    }

    /// Sets the tag: that of the answered request.
    #[must_use]
    pub fn tagged(mut self, tag: Option<Value>) -> Response {
        self.tag = tag;
        self
    }

    /// Returns the dict that stands for this response on the wire: `response`, then the keys of the
    /// body in their order, or `error` and `code`, then `tag` if the response has one. An empty code
    /// is left out. A response without a failure has no key `error`, not even with the value `null`.
    pub fn to_dict(&self) -> Dict {
        let mut dict = Dict::new().with(RESPONSE, self.name.as_ref());
        match &self.outcome {
            Ok(body) => {
                for (key, value) in body.iter() {
                    dict.insert(key, value.clone());
                }
            }
            Err(failure) => {
                dict.insert(ERROR, failure.text.as_str());
                if !failure.code.is_empty() {
                    dict.insert(CODE, &*failure.code);
                }
            }
        }
        if let Some(tag) = &self.tag {
            dict.insert(TAG, tag.clone());
        }
        dict
    }

    /// Reads a response from a dict.
    ///
    /// # Errors
    /// If `response` is missing, or if `response`, `error` or the `code` of an error is not a string.
    pub fn from_dict(mut dict: Dict) -> Result<Response, DictError> {
        let name = dict.string(RESPONSE)?.to_owned();
        let failure = match dict.optional_string(ERROR)? {
            Some(text) => {
                let code = dict.optional_string(CODE)?.unwrap_or_default();
                Some(Failure::new(code.to_owned(), text))
            }
            None => None,
        };
        let tag = dict.remove(TAG);
        dict.remove(RESPONSE);
        let outcome = failure.map_or(Ok(dict), Err);
        Ok(Response { name: name.into(), outcome, tag })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure::new("unknown-request", "Unknown request!")
    }

    #[test]
    fn a_response_has_an_error_and_a_code_exactly_if_the_request_failed() {
        let body = Dict::new().with("username", "alice").with("online", 2);
        let done = Response::ok("login", body).tagged(Some(Value::Null)).to_dict();
        assert_eq!(
            done.to_string(),
            r#"{"response":"login","username":"alice","online":2,"tag":null}"#
        );
        let failed = Response::error("fly", failure()).tagged(Some(Value::from(1))).to_dict();
        assert_eq!(
            failed.to_string(),
            r#"{"response":"fly","error":"Unknown request!","code":"unknown-request","tag":1}"#
        );
    }

    #[test]
    fn a_response_survives_the_conversion_to_a_dict_and_back() {
        for response in [
            Response::ok("names", Dict::new().with("names", vec!["a", "b"])),
            Response::error("fly", failure()).tagged(Some(Value::Null)),
        ] {
            assert_eq!(Response::from_dict(response.to_dict()), Ok(response));
        }
    }

    #[test]
    fn the_code_of_an_error_may_be_missing_but_must_be_a_string() {
        let error = Dict::new().with("response", "fly").with("error", "No!");
        let response = Response::from_dict(error.clone()).unwrap();
        assert_eq!(response, Response::error("fly", Failure::new("", "No!")));
        assert_eq!(response.to_dict(), error);
        assert!(Response::from_dict(error.with("code", 7)).is_err());
        let done = Dict::new().with("response", "fly").with("code", 7);
        assert!(Response::from_dict(done).is_ok(), "a response without an error has any keys");
    }

    #[test]
    #[should_panic(expected = "is reserved")]
    fn a_body_with_an_error_key_is_a_bug() {
        let _ = Response::ok("login", Dict::new().with("error", "no"));
    }
}
