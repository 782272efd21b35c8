//! The tags of requests: they say whose request a response answers.

use parse::{Response, Value};

/// The tag of requests that the client makes for itself. It does not show the answers. Requests of the
/// person have numbers.
pub(crate) const OWN: &str = "own";

/// Whether the response answers a request that the client made for itself.
pub(crate) fn is_own(response: &Response) -> bool {
    response.tag.as_ref().is_some_and(|tag| tag == OWN)
}

/// The number of the person's request that the response answers.
pub(crate) fn number(response: &Response) -> Option<u64> {
    response.tag.as_ref().and_then(Value::as_u64)
}
