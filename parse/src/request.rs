//! Requests: what a peer sends to a server.

use crate::{Dict, Unreadable, Value};

/// The name of a command, and its arguments.
///
/// ```
/// use parse::{Dict, Request};
///
/// let dict = Dict::new().with("request", "message").with("message", "hi").with("tag", 7);
/// let request = Request::from_dict(dict).unwrap();
/// assert_eq!(request.name, "message");
/// assert_eq!(request.arguments.to_string(), r#"{"message":"hi"}"#);
/// assert_eq!(request.tag, Some(7.into()));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The name. A command of that name may not exist.
    pub name: String,
    /// All other keys of the dict.
    pub arguments: Dict,
    /// A mark of the client, which the answer to this request repeats.
    pub tag: Option<Value>,
}

/// The key of a dict that holds the name of the request.
const REQUEST: &str = "request";
/// The key of a dict that holds the tag, in both directions.
pub(crate) const TAG: &str = "tag";

impl Request {
    /// Creates a request without a tag.
    pub fn new(name: impl Into<String>, arguments: Dict) -> Request {
        Request { name: name.into(), arguments, tag: None }
    }

    /// Sets the tag.
    #[must_use]
    pub fn tagged(mut self, tag: impl Into<Value>) -> Request {
        self.tag = Some(tag.into());
        self
    }

    /// Reads a request from a dict. The value of `request` is the name. `tag` is the tag: any value,
    /// even `null`. All other keys are the arguments; the names `request` and `tag` are not among
    /// them.
    ///
    /// # Errors
    /// If `request` is missing or is not a string. The error contains the tag, because the client
    /// finds the request by it.
    pub fn from_dict(mut dict: Dict) -> Result<Request, Box<Unreadable>> {
        let tag = dict.remove(TAG);
        match dict.string(REQUEST).map(str::to_owned) {
            Ok(name) => {
                dict.remove(REQUEST);
                Ok(Request { name, arguments: dict, tag })
            }
            Err(error) => Err(Box::new(Unreadable { error: error.into(), tag })),
        }
    }

    /// Returns the dict that stands for this request on the wire: `request`, then the arguments in
    /// their order, then `tag` if the request has one. It is the inverse of
    /// [`from_dict`](Request::from_dict).
    pub fn into_dict(self) -> Dict {
        let mut dict = Dict::new().with(REQUEST, self.name);
        for (key, value) in self.arguments.iter() {
            dict.insert(key, value.clone());
        }
        if let Some(tag) = self.tag {
            dict.insert(TAG, tag);
        }
        dict
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dict_becomes_a_request_and_back() {
        let arguments = Dict::new().with("message", "hi").with("to", "bob");
        let dict = Dict::new().with("request", "message").with("message", "hi").with("to", "bob");
        let request = Request::from_dict(dict.clone()).unwrap();
        assert_eq!(request, Request::new("message", arguments.clone()));
        assert_eq!(request.into_dict().to_string(), dict.to_string());
        for tag in [Value::from(7), Value::Null] {
            let dict = dict.clone().with("tag", tag.clone());
            let request = Request::from_dict(dict.clone()).unwrap();
            assert_eq!(request, Request::new("message", arguments.clone()).tagged(tag));
            assert_eq!(request.into_dict().to_string(), dict.to_string());
        }
    }

    #[test]
    fn a_dict_that_is_not_a_request_keeps_its_tag() {
        let unreadable = Request::from_dict(Dict::new().with("tag", "x")).unwrap_err();
        assert_eq!(unreadable.error.to_string(), "Missing argument: request");
        assert_eq!(unreadable.tag, Some(Value::from("x")));
        let unreadable = Request::from_dict(Dict::new().with("request", 1)).unwrap_err();
        assert_eq!(
            unreadable.error.to_string(),
            "Wrong type for request: wanted string, got number"
        );
    }
}
