//! Servers that return no tags, or that do not answer every request.
//!
//! The protocol promises an answer with the tag of its request. The server of a student may not know
//! tags yet. Then an answer belongs to the oldest request of its name.

use parse::{Failure, ParseError, Response, Value};

use crate::conversation::{Conversation, Known};
use crate::protocol::{JOIN, MESSAGE, ROOM, USERNAME};
use crate::tags::OWN;

impl Conversation {
    /// Gives up waiting for answers to the client's own requests.
    pub(crate) fn pass_over_own(&self) {
        self.known().own.pass_over(u64::MAX);
    }

    /// Returns the response with the tag of its request, even if the server has returned none, and
    /// the line that tells the person about that, once.
    pub(crate) fn with_tag(&self, response: &Response) -> (Response, Option<String>) {
        let mut known = self.known();
        let found = match &response.tag {
            Some(tag) => {
                known.manners.tags = true;
                Some(tag.clone())
            }
            None if known.manners.tags => None,
            None => known.tag_by_name(response),
        };
        if found.as_ref().is_some_and(|tag| tag == OWN) {
            known.manners.answers = true;
        } else if let Some(tag) = found.as_ref().and_then(Value::as_u64) {
            // A server answers in order, so it has not answered the requests from before.
            known.own.pass_over(tag);
        }
        let is_new = response.tag.is_none() && found.is_some();
        let tell = is_new && !known.manners.told;
        known.manners.told |= is_new;
        drop(known);
        let tagged = Response { tag: found, ..response.clone() };
        let lack = "this server returns no tags; the client guesses which request an answer is for";
        (tagged, tell.then(|| self.style().event(lack)))
    }

    /// Marks a response without a tag as shown, if it is an answer. The caller marks the response as the
    /// server sent it, which changes nothing then.
    pub(crate) fn answered_without_tag(&self, response: &Response, tagged: &Response) {
        if tagged.tag != response.tag {
            self.answered(tagged);
        }
    }
}

impl Known {
    /// The tag of the oldest request that an answer without a tag belongs to; `None` for an event.
    fn tag_by_name(&self, response: &Response) -> Option<Value> {
        let name = response.name.as_ref();
        let is_event = match &response.outcome {
            Ok(body) if name == MESSAGE => {
                let from = body.string(USERNAME).ok();
                from.is_none_or(|from| self.me.as_deref() != Some(from))
            }
            Ok(body) if name == JOIN || name == "leave" => !body.contains(ROOM),
            _ => false,
        };
        // A server that does not know a request. Other errors concern the connection: a ban, say.
        let is_unknown = |failure: &Failure| {
            let code = failure.code.as_ref();
            name == "error" && (code.is_empty() || code == ParseError::UNKNOWN_REQUEST)
        };
        let is_unknown = response.outcome.as_ref().is_err_and(is_unknown);
        let fits = |asked: &str| asked == name || is_unknown;
        let asked = |tag: &u64| self.sent.get(tag).is_some_and(|request| fits(&request.name));
        if is_event {
            None
        } else if self.own.any(fits) {
            Some(OWN.into())
        } else {
            self.outstanding().find(asked).map(Value::from)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use parse::{Dict, Request};

    use super::*;
    use crate::conversation::testing::connected;

    const LACK: &str =
        "* this server returns no tags; the client guesses which request an answer is for";

    fn is_waiting(conversation: &Conversation) -> bool {
        !conversation.wait(Duration::ZERO)
    }

    #[test]
    fn an_answer_without_a_tag_belongs_to_the_oldest_request_of_its_name() {
        let (_server, conversation, _receiver) = connected(false);
        let unknown = Response::error("error", Failure::new("", "what?"));
        assert_eq!(conversation.receive(&unknown), [LACK], "the person did not ask for help");
        assert!(!is_waiting(&conversation));
        let banned = Response::error("error", Failure::new("banned", "You are banned!"));
        assert_eq!(conversation.receive(&banned), ["! You are banned!"]);
        let login = Request::new("login", Dict::new().with("username", "alice"));
        conversation.ask(login).unwrap();
        let said = |name: &str| {
            let body = Dict::new().with("username", name).with("message", "hi");
            conversation.receive(&Response::ok("message", body))
        };
        let body = Dict::new().with("username", "alice").with("messages", Value::Array(vec![]));
        assert_eq!(conversation.receive(&Response::ok("login", body)), ["* you are alice"]);
        conversation.ask(Request::new("message", Dict::new().with("message", "hi"))).unwrap();
        assert_eq!(said("bob"), ["bob: hi"]);
        assert!(is_waiting(&conversation));
        assert_eq!(said("alice"), ["alice: hi"]);
        assert!(!is_waiting(&conversation));
    }

    #[test]
    fn a_request_of_the_client_that_has_no_answer_is_passed_over() {
        let (_server, conversation, _receiver) = connected(false);
        conversation.ask(Request::new("names", Dict::new())).unwrap();
        let names = Response::ok("names", Dict::new().with("names", Value::Array(vec![])));
        let names = names.tagged(Some(1.into()));
        conversation.receive(&names);
        conversation.answered(&names);
        assert!(!is_waiting(&conversation), "the answer to `help` was to come before");
    }

    #[test]
    fn a_server_with_tags_is_believed() {
        let (_server, conversation, _receiver) = connected(false);
        let help = Response::ok("help", Dict::new()).tagged(Some(OWN.into()));
        conversation.receive(&help);
        conversation.answered(&help);
        conversation.ask(Request::new("names", Dict::new())).unwrap();
        let names = Dict::new().with("names", Value::Array(vec![]));
        assert_eq!(conversation.receive(&Response::ok("names", names)), ["* here: "]);
        assert!(is_waiting(&conversation));
    }
}
