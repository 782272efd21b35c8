//! A chat to test in: peers ask, and what each of them heard is read back as lines.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use parse::{Arrival, CloseReason, Dict, Event, ParseError, Peer, Request, Response, Value};

use crate::{Chat, Limits, Memory, Replies, Reply, Timestamp};

/// A chat in which it is the first moment of 1970, until somebody says that time passes.
pub(crate) struct Room {
    chat: Chat,
    now: Timestamp,
    peers: u64,
    heard: HashMap<Peer, Vec<String>>,
}

/// A dict with one string in it.
pub(crate) fn dict(key: &str, value: &str) -> Dict {
    Dict::new().with(key, value)
}

impl Room {
    pub(crate) fn new() -> Room {
        let chat = Chat::new(Box::new(Memory::new(1000)), Limits::default());
        Room { chat, now: Timestamp::UNIX_EPOCH, peers: 0, heard: HashMap::new() }
    }

    /// Somebody connects.
    pub(crate) fn connect(&mut self) -> Peer {
        self.peers += 1;
        let peer = Peer::new(self.peers);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        self.happens(Event::Joined(peer, Arrival { address, dialect: "json" }));
        peer
    }

    /// Somebody connects and logs in; the answer to that is not kept.
    pub(crate) fn login(&mut self, name: &str) -> Peer {
        let peer = self.connect();
        self.ask(peer, "login", dict("username", name));
        let said = self.heard(peer);
        let want = format!("login username={name:?}");
        assert!(matches!(&*said, [line] if line.starts_with(&want)), "{said:?}");
        peer
    }

    /// A peer asks for something.
    pub(crate) fn ask(&mut self, peer: Peer, name: &str, arguments: Dict) {
        self.happens(Event::Asked(peer, Request::new(name, arguments)));
    }

    /// A peer asks for something, with a tag.
    pub(crate) fn ask_tagged(&mut self, peer: Peer, name: &str, arguments: Dict, tag: Value) {
        self.happens(Event::Asked(peer, Request::new(name, arguments).tagged(tag)));
    }

    /// A peer sends what is no request.
    pub(crate) fn babble(&mut self, peer: Peer) {
        let error = ParseError::NotAnObject { reason: "babble".to_owned() };
        self.happens(Event::Unreadable(peer, error.into()));
    }

    /// A peer says that it will ask nothing more.
    pub(crate) fn finish(&mut self, peer: Peer) {
        self.happens(Event::Finished(peer));
    }

    /// A peer's connection is over.
    pub(crate) fn leave(&mut self, peer: Peer) {
        self.happens(Event::Left(peer, CloseReason::Finished));
    }

    /// Time passes: as much as the chat said that it would do nothing in, and no more than this.
    /// Says how much that was.
    pub(crate) fn pass(&mut self, most: Duration) -> Duration {
        let passed = self.chat.idle(self.now).unwrap_or(Duration::MAX).min(most);
        self.now += passed;
        let mut replies = Replies::new();
        self.chat.tick(self.now, &mut replies);
        self.keep(replies);
        passed
    }

    /// The server says goodbye.
    pub(crate) fn farewell(&mut self, text: &str) {
        let mut replies = Replies::new();
        self.chat.farewell(text, &mut replies);
        self.keep(replies);
    }

    /// What a peer was told since this was asked last: a line for each response, and `(closed)`.
    pub(crate) fn heard(&mut self, peer: Peer) -> Vec<String> {
        self.heard.remove(&peer).unwrap_or_default()
    }

    fn happens(&mut self, event: Event) {
        let mut replies = Replies::new();
        self.chat.handle(event, self.now, &mut replies);
        self.keep(replies);
    }

    fn keep(&mut self, mut replies: Replies) {
        for reply in replies.drain() {
            let (audience, line) = match &reply {
                Reply::Say(audience, response) => (audience.to_vec(), line(response)),
                Reply::Close(peer) => (vec![*peer], "(closed)".to_owned()),
            };
            for peer in audience {
                self.heard.entry(peer).or_default().push(line.clone());
            }
        }
    }
}

/// `name key=value key=value`, or `name error: text`; and the tag, if there is one.
fn line(response: &Response) -> String {
    let mut line = match &response.outcome {
        Err(error) => format!("{} error: {error}", response.name),
        Ok(body) => body
            .iter()
            .fold(response.name.to_string(), |line, (key, value)| format!("{line} {key}={value}")),
    };
    if let Some(tag) = &response.tag {
        line += &format!(" tag={tag}");
    }
    line
}
