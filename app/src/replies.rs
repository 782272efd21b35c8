//! What the chat has decided, before any of it is sent.

use parse::{Audience, Peer, Response};

/// Something to be done, in the order in which it was decided.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Say this to all of them.
    Say(Audience, Response),
    /// Hang up on this peer, after it got what it was told before.
    Close(Peer),
}

/// Everything that the chat answers. A command never sends: it puts its answers in here, and
/// whoever called the chat sees to them.
#[derive(Debug, Default)]
pub struct Replies(Vec<Reply>);

impl Replies {
    /// No replies.
    pub fn new() -> Replies {
        Replies::default()
    }

    /// Says something to one peer.
    pub fn say(&mut self, peer: Peer, response: Response) {
        self.say_to_all(peer.into(), response);
    }

    /// Says the same to many peers.
    pub fn say_to_all(&mut self, audience: Audience, response: Response) {
        if audience.iter().next().is_some() {
            self.0.push(Reply::Say(audience, response));
        }
    }

    /// Hangs up on a peer.
    pub fn close(&mut self, peer: Peer) {
        self.0.push(Reply::Close(peer));
    }

    /// Takes everything out, in order.
    pub fn drain(&mut self) -> impl Iterator<Item = Reply> + '_ {
        self.0.drain(..)
    }
}
