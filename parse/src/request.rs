//! What a peer asks for.

use crate::{Dict, Unreadable, Value};

/// A command name and its arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is asked for. It need not be a command that exists.
    pub name: String,
    /// Everything else that was in the dict.
    pub arguments: Dict,
    /// The asker's own mark, which comes back unchanged in the answer to this request.
    pub tag: Option<Value>,
}

/// The key of a dict that holds the name of the request.
const REQUEST: &str = "request";
/// The key of a dict that holds the tag, in both directions.
pub(crate) const TAG: &str = "tag";

impl Request {
    /// A request without a tag.
    pub fn new(name: impl Into<String>, arguments: Dict) -> Request {
        Request { name: name.into(), arguments, tag: None }
    }

    /// The request with a tag.
    #[must_use]
    pub fn tagged(mut self, tag: impl Into<Value>) -> Request {
        self.tag = Some(tag.into());
        self
    }

    /// Takes a dict apart.
    ///
    /// # Errors
    /// When `request` is missing, or is no string.
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

    /// The dict that [`from_dict`](Request::from_dict) would take apart into this request.
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
        let dict = Dict::new().with("request", "message").with("message", "hi").with("tag", 7);
        let request = Request::from_dict(dict.clone()).unwrap();
        assert_eq!(request.name, "message");
        assert_eq!(request.arguments, Dict::new().with("message", "hi"));
        assert_eq!(request.tag, Some(Value::from(7)));
        assert_eq!(request.into_dict(), dict);
    }

    #[test]
    fn what_is_no_request_keeps_its_tag() {
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
