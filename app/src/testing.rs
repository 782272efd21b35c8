//! A chat for tests: peers send requests, and their responses are read back as lines.

mod disk;
mod reader;
mod several;

use std::cell::{RefCell, RefMut};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use parse::{
    Arrival, CloseReason, Dict, Event, ParseError, Peer, Presence, Request, Response, Value,
};

use crate::log::{Account, Change, Draft, Log};
use crate::rooms::LOBBY;
use crate::{Chat, Limits, Memory, Moment, Now, Ordered, Replies, Reply, Retention, Timestamp};

use reader::{Reader, readable_hash};

pub(crate) use disk::Disk;
use several::Server;
pub(crate) use several::Several;

/// A chat whose time is the start of 1970 until a test lets time pass.
pub(crate) struct Room {
    chat: Chat,
    passwords: Rc<RefCell<Reader>>,
    now: Now,
    peers: u64,
    heard: HashMap<Peer, Vec<String>>,
    /// The server of this chat, if there are several.
    server: Option<Server>,
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
        Room::with(Box::new(Ordered::new(log)))
    }

    /// A chat whose log gets the changes of presence like everything else.
    pub(crate) fn with(log: Box<dyn Log>) -> Room {
        let passwords = Rc::new(RefCell::new(Reader::default()));
        let chat = Chat::new(log, Box::new(Rc::clone(&passwords)), Limits::default());
        let now = Now { wall: Timestamp::UNIX_EPOCH, monotonic: Moment::default() };
        Room { chat, passwords, now, peers: 0, heard: HashMap::new(), server: None }
    }

    /// The limits of the chat, to be changed.
    pub(crate) fn limits(&mut self) -> &mut Limits {
        &mut self.chat.state.limits
    }

    /// The worker for passwords.
    pub(crate) fn passwords(&self) -> RefMut<'_, Reader> {
        self.passwords.borrow_mut()
    }

    /// Adds an account.
    pub(crate) fn register(&mut self, name: &str, password: &str) {
        self.account(name, password, false);
    }

    /// Adds the account of an administrator, with the password `correct horse`.
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

    /// Connects a peer from this machine.
    pub(crate) fn connect(&mut self) -> Peer {
        self.connect_from(&format!("127.0.0.1:{}", self.peers + 1))
    }

    /// Connects a peer from this machine, in a dialect with this presence.
    pub(crate) fn connect_as(&mut self, presence: Presence) -> Peer {
        self.arrive(&format!("127.0.0.1:{}", self.peers + 1), presence)
    }

    /// Connects a peer from this address.
    pub(crate) fn connect_from(&mut self, address: &str) -> Peer {
        self.arrive(address, Presence::Named)
    }

    /// Connects a peer from this address, in a dialect with this presence.
    pub(crate) fn arrive(&mut self, address: &str, presence: Presence) -> Peer {
        self.peers += 1;
        let peer = Peer::new(self.peers);
        let arrival = Arrival { address: address.parse().unwrap(), dialect: "json", presence };
        self.happens(Event::Joined(peer, arrival));
        peer
    }

    /// Connects an administrator and logs them in.
    pub(crate) fn login_admin(&mut self, name: &str) -> Peer {
        self.register_admin(name);
        let peer = self.connect();
        self.ask(peer, "login", dict("username", name).with("password", "correct horse"));
        assert!(self.heard(peer)[0].starts_with("login username="));
        peer
    }

    /// Connects a peer and logs it in. Drops the answer.
    pub(crate) fn login(&mut self, name: &str) -> Peer {
        let peer = self.connect();
        self.ask(peer, "login", dict("username", name));
        let said = self.heard(peer);
        let want = format!("login username={name:?}");
        assert!(matches!(&*said, [line] if line.starts_with(&want)), "{said:?}");
        peer
    }

    /// Connects a peer that asks for a name. The log has not granted it yet.
    pub(crate) fn asks_for(&mut self, name: &str) -> Peer {
        let peer = self.connect();
        self.ask(peer, "login", dict("username", name));
        assert_eq!(self.heard(peer), [""; 0]);
        peer
    }

    /// A peer sends a request.
    pub(crate) fn ask(&mut self, peer: Peer, name: &str, arguments: Dict) {
        self.happens(Event::Asked(peer, Request::new(name, arguments)));
    }

    /// A peer sends a request with a tag.
    pub(crate) fn ask_tagged(&mut self, peer: Peer, name: &str, arguments: Dict, tag: Value) {
        self.happens(Event::Asked(peer, Request::new(name, arguments).tagged(tag)));
    }

    /// A person on another server with the same log sends a message to the lobby, or a whisper.
    pub(crate) fn says_elsewhere(&mut self, username: &str, to: Option<&str>, text: &str) {
        let (username, room) = (username.into(), LOBBY.into());
        let (to, text) = (to.map(Into::into), text.to_owned());
        let change = Change::Say { username, room, to, text, action: false };
        let draft = Draft { change, timestamp: self.now.wall, origin: None };
        self.chat.state.log.append(draft).unwrap();
        self.deliver();
    }

    /// A peer sends an unreadable frame.
    pub(crate) fn babble(&mut self, peer: Peer) {
        let error = ParseError::NotAnObject { reason: "babble".to_owned() };
        self.happens(Event::Unreadable(peer, error.into()));
    }

    /// The dialect of a peer answers a frame itself.
    pub(crate) fn answer(&mut self, peer: Peer, response: Response) {
        self.happens(Event::Answered(peer, response));
    }

    /// A peer closes its sending side.
    pub(crate) fn finish(&mut self, peer: Peer) {
        self.happens(Event::Finished(peer));
    }

    /// The connection of a peer ends.
    pub(crate) fn leave(&mut self, peer: Peer) {
        self.leave_because(peer, CloseReason::Finished);
    }

    /// The connection of a peer ends for this reason.
    pub(crate) fn leave_because(&mut self, peer: Peer, reason: CloseReason) {
        self.happens(Event::Left(peer, reason));
    }

    /// Lets time pass until the next timer, but at most this long. Returns the time that passed.
    pub(crate) fn pass(&mut self, most: Duration) -> Duration {
        let passed = self.chat.idle(self.now).unwrap_or(Duration::MAX).min(most);
        self.now.wall += passed;
        self.now.monotonic = self.now.monotonic.after(passed);
        let mut replies = Replies::new();
        self.chat.tick(self.now, &mut replies);
        self.keep(replies);
        passed
    }

    /// Sets the wall clock, forward or back.
    pub(crate) fn set_wall(&mut self, wall: Timestamp) {
        self.now.wall = wall;
    }

    /// Lets time pass while the process stands still.
    pub(crate) fn stand_still(&mut self, time: Duration) {
        self.now.wall += time;
        self.now.monotonic = self.now.monotonic.after(time);
        self.chat.stood_still(self.now);
    }

    /// The server sends its farewell.
    pub(crate) fn farewell(&mut self, text: &str) {
        let mut replies = Replies::new();
        self.chat.farewell(text, &mut replies);
        self.keep(replies);
    }

    /// Takes the responses to a peer since the last call: a line for each, and `(closed)`.
    pub(crate) fn heard(&mut self, peer: Peer) -> Vec<String> {
        self.heard.remove(&peer).unwrap_or_default()
    }

    /// Drops the responses to all peers so far.
    pub(crate) fn heard_all(&mut self) {
        self.heard.clear();
    }

    /// Delivers the entries of the log and the results of password jobs.
    pub(crate) fn deliver(&mut self) {
        let mut replies = Replies::new();
        self.chat.deliver(self.now, &mut replies);
        self.keep(replies);
    }

    /// Whether a peer waits for an answer.
    pub(crate) fn is_busy(&self) -> bool {
        self.chat.is_busy()
    }

    /// Whether the chat has ended.
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
