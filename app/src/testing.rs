//! A chat to test in: peers ask, and what each of them heard is read back as lines.

mod disk;
mod reader;

use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use parse::{
    Arrival, CloseReason, Dict, Event, ParseError, Peer, Presence, Request, Response, Value,
};

use crate::log::{Account, Change, Draft, Log};
use crate::{Chat, Limits, Memory, Moment, Now, Replies, Reply, Retention, Timestamp};

use reader::{Reader, readable_hash};

pub(crate) use disk::Disk;

/// A chat in which it is the first moment of 1970, until somebody says that time passes.
pub(crate) struct Room {
    chat: Chat,
    passwords: Rc<RefCell<Reader>>,
    now: Now,
    peers: u64,
    heard: HashMap<Peer, Vec<String>>,
}

/// A dict with one string in it.
pub(crate) fn dict(key: &str, value: &str) -> Dict {
    Dict::new().with(key, value)
}

impl Room {
    pub(crate) fn new() -> Room {
        Room::over(Memory::new(Retention::default()))
    }

    pub(crate) fn over(log: impl Log + 'static) -> Room {
        let passwords = Rc::new(RefCell::new(Reader::default()));
        let chat = Chat::new(Box::new(log), Box::new(Rc::clone(&passwords)), Limits::default());
        let now = Now { wall: Timestamp::UNIX_EPOCH, monotonic: Moment::default() };
        Room { chat, passwords, now, peers: 0, heard: HashMap::new() }
    }

    /// The bounds of the chat, to be changed.
    pub(crate) fn limits(&mut self) -> &mut Limits {
        &mut self.chat.state.limits
    }

    /// Whoever looks at passwords.
    pub(crate) fn passwords(&self) -> RefMut<'_, Reader> {
        self.passwords.borrow_mut()
    }

    /// A name has an account.
    pub(crate) fn register(&mut self, name: &str, password: &str) {
        self.account(name, password, false);
    }

    /// A name has an account that may administer, with the password `correct horse`.
    pub(crate) fn register_admin(&mut self, name: &str) {
        self.account(name, "correct horse", true);
    }

    fn account(&mut self, name: &str, password: &str, admin: bool) {
        let account = Account { username: name.into(), hash: readable_hash(password), admin };
        let change = Change::Register(account);
        self.chat
            .state
            .log
            .append(Draft { change, timestamp: self.now.wall, origin: None })
            .unwrap();
        self.deliver();
    }

    /// Somebody connects from this machine.
    pub(crate) fn connect(&mut self) -> Peer {
        self.connect_from(&format!("127.0.0.1:{}", self.peers + 1))
    }

    /// Somebody connects from this machine, where a dialect is spoken in which one is there like
    /// this.
    pub(crate) fn connect_as(&mut self, presence: Presence) -> Peer {
        self.arrive(&format!("127.0.0.1:{}", self.peers + 1), presence)
    }

    /// Somebody connects.
    pub(crate) fn connect_from(&mut self, address: &str) -> Peer {
        self.arrive(address, Presence::Named)
    }

    /// Somebody connects from there, to be there like this.
    pub(crate) fn arrive(&mut self, address: &str, presence: Presence) -> Peer {
        self.peers += 1;
        let peer = Peer::new(self.peers);
        let arrival = Arrival { address: address.parse().unwrap(), dialect: "json", presence };
        self.happens(Event::Joined(peer, arrival));
        peer
    }

    /// An administrator connects and logs in.
    pub(crate) fn login_admin(&mut self, name: &str) -> Peer {
        self.register_admin(name);
        let peer = self.connect();
        self.ask(peer, "login", dict("username", name).with("password", "correct horse"));
        assert!(self.heard(peer)[0].starts_with("login username="));
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
        self.leave_because(peer, CloseReason::Finished);
    }

    /// A peer's connection is over for this reason.
    pub(crate) fn leave_because(&mut self, peer: Peer, reason: CloseReason) {
        self.happens(Event::Left(peer, reason));
    }

    /// Time passes: as much as the chat said that it would do nothing in, and no more than this.
    /// Says how much that was.
    pub(crate) fn pass(&mut self, most: Duration) -> Duration {
        let passed = self.chat.idle(self.now).unwrap_or(Duration::MAX).min(most);
        self.now.wall += passed;
        self.now.monotonic = self.now.monotonic.after(passed);
        let mut replies = Replies::new();
        self.chat.tick(self.now, &mut replies);
        self.keep(replies);
        passed
    }

    /// The wall clock is set, forward or back.
    pub(crate) fn set_wall(&mut self, wall: Timestamp) {
        self.now.wall = wall;
    }

    /// Time passes in which the process does not run.
    pub(crate) fn stand_still(&mut self, time: Duration) {
        self.now.wall += time;
        self.now.monotonic = self.now.monotonic.after(time);
        self.chat.stood_still(self.now);
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

    /// Forgets what everybody was told so far.
    pub(crate) fn heard_all(&mut self) {
        self.heard.clear();
    }

    /// What a log or whoever looks at passwords had for the chat comes to it.
    pub(crate) fn deliver(&mut self) {
        let mut replies = Replies::new();
        self.chat.deliver(self.now, &mut replies);
        self.keep(replies);
    }

    /// Whether somebody waits for an answer.
    pub(crate) fn is_busy(&self) -> bool {
        self.chat.is_busy()
    }

    /// Whether an administrator has ended it.
    pub(crate) fn is_over(&self) -> bool {
        self.chat.is_over()
    }

    fn happens(&mut self, event: Event) {
        let mut replies = Replies::new();
        self.chat.handle(event, self.now, &mut replies);
        self.keep(replies);
    }

    fn keep(&mut self, mut replies: Replies) {
        for reply in replies.drain() {
            let (audience, line) = match &reply {
                Reply::Say(audience, response) => (audience.iter().collect(), line(response)),
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
