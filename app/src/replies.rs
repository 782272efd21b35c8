//! The decisions of the chat, before any of them is carried out.

use std::borrow::Cow;

use parse::{Audience, Dict, Peer, Response, Value};

use crate::Refusal;

/// One decision.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Send this response to these peers.
    Say(Audience, Response),
    /// Close the connection to this peer, after the earlier responses.
    Close(Peer),
}

/// The decisions of a chat, in order. A command never sends: it adds to the replies, and the caller
/// of the chat carries them out.
///
/// ```
/// use app::{Replies, Reply};
/// use parse::{Dict, Peer, Response};
///
/// let mut replies = Replies::new();
/// let response = Response::ok("notice", Dict::new().with("message", "hello"));
/// replies.say(Peer::new(1), response.clone());
/// replies.close(Peer::new(1));
/// let decided: Vec<Reply> = replies.drain().collect();
/// assert_eq!(decided, [Reply::Say(Peer::new(1).into(), response), Reply::Close(Peer::new(1))]);
/// ```
#[derive(Debug, Default)]
pub struct Replies(Vec<Reply>);

impl Replies {
    /// Creates an empty list of replies.
    pub fn new() -> Replies {
        Replies::default()
    }

    /// Sends a response to one peer.
    pub fn say(&mut self, peer: Peer, response: Response) {
        self.say_to_all(peer.into(), response);
    }

    /// Sends the same response to many peers.
    pub fn say_to_all(&mut self, audience: Audience, response: Response) {
        if audience.iter().next().is_some() {
            self.0.push(Reply::Say(audience, response));
        }
    }

    /// Closes the connection to a peer.
    pub fn close(&mut self, peer: Peer) {
        self.0.push(Reply::Close(peer));
    }

    /// Returns the number of replies.
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Takes all replies, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = Reply> + '_ {
        self.0.drain(..)
    }
}

/// The answer to a request: a body, or the refusal.
pub(crate) fn answer(
    request: impl Into<Cow<'static, str>>,
    outcome: Result<Dict, Refusal>,
    tag: Option<Value>,
) -> Response {
    let response = match outcome {
        Ok(body) => Response::ok(request, body),
        Err(refusal) => Response::error(request, refusal),
    };
    response.tagged(tag)
}

/// A notice to a client that administrators, or the end of its account, concern. Programs read the
/// reason, people the text.
pub(crate) fn farewell(reason: &str, text: &str) -> Response {
    Response::ok("notice", Dict::new().with("message", text).with("reason", reason))
}

/// A notice from the server itself.
pub(crate) fn notice(text: &str) -> Response {
    Response::ok("notice", Dict::new().with("message", text))
}
