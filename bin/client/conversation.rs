//! What the client knows: who it is, who is here, and which answers are still to come.
//!
//! One thread types and another one hears, so what they share stands behind a lock, which is held
//! for a moment only and never while something is sent or shown. What is made of the server's
//! words stands in `hearing.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use parse::{CloseReason, Dict, LinkSender, Request, Response, Unsent, Value};

use crate::catalogue::{Catalogue, Entry, Secrets};
use crate::input::{self, Input};
use crate::rooms::Rooms;
use crate::sanitize::is_word;
use crate::style::Style;

/// The tag of what the client asks for on its own account; the answers are not shown.
pub(crate) const OWN: &str = "own";

/// The most names that are completed, so that a server that goes on inventing names fills no memory.
const NAMES: usize = 20_000;

/// A conversation with a server. Clones share it.
#[derive(Clone)]
pub(crate) struct Conversation {
    sender: LinkSender,
    style: Style,
    shared: Arc<(Mutex<Known>, Condvar)>,
}

/// What is known.
pub(crate) struct Known {
    /// The name under which this client is logged in.
    pub(crate) me: Option<String>,
    /// The names of those who are here.
    pub(crate) here: BTreeSet<String>,
    pub(crate) rooms: Rooms,
    pub(crate) catalogue: Catalogue,
    /// Something that was typed could not be done, or was refused.
    pub(crate) refused: bool,
    /// The connection is over.
    pub(crate) closed: bool,
    /// The server was told to end, so that it hangs up is what was wanted.
    pub(crate) shut_down: bool,
    /// The requests that have no answer yet, by their tags. A request that may succeed with a
    /// password is kept with it.
    asked: BTreeMap<u64, Option<Request>>,
    /// A request that was refused for want of a password.
    locked: Option<Request>,
    next: u64,
    /// How many answers to requests of the client's own are still to come.
    own: usize,
}

impl Known {
    /// Nothing is known but the commands that this client was built with.
    pub(crate) fn new(secrets: Secrets) -> Known {
        Known {
            me: None,
            here: BTreeSet::new(),
            rooms: Rooms::default(),
            catalogue: Catalogue::built_in(secrets),
            refused: false,
            closed: false,
            shut_down: false,
            asked: BTreeMap::new(),
            locked: None,
            next: 1,
            own: 0,
        }
    }

    /// Remembers a name for completion, unless it cannot be typed, or there are too many.
    pub(crate) fn add_name(&mut self, name: &str) {
        if is_word(name) && self.here.len() < NAMES {
            self.here.insert(name.to_owned());
        }
    }
}

impl Conversation {
    /// A conversation in which nothing was said yet; asks the server for its commands.
    pub(crate) fn start(sender: LinkSender, style: Style, secrets: Secrets) -> Conversation {
        let known = Known::new(secrets);
        let shared = Arc::new((Mutex::new(known), Condvar::new()));
        let conversation = Conversation { sender, style, shared };
        conversation.ask_own("help");
        conversation
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// What is known, to look at and to change. Hold it for a moment only: everything else here
    /// takes the same lock.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name under which this client is logged in.
    pub(crate) fn me(&self) -> Option<String> {
        self.known().me.clone()
    }

    /// What a typed line means.
    pub(crate) fn parse_input(&self, line: &str) -> Input {
        let known = self.known();
        input::parse(line, &known.catalogue, &known.rooms, &known.here)
    }

    /// What `/help` shows.
    pub(crate) fn help(&self) -> Vec<String> {
        self.known().catalogue.help()
    }

    /// Asks the server for something.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(crate) fn ask(&self, request: Request) -> Result<(), Unsent> {
        let mut known = self.known();
        let tag = known.next;
        known.next += 1;
        let lacks = |entry: &Entry| {
            entry.secrets.iter().any(|secret| !request.arguments.contains(&secret.name))
        };
        let lacks_secret = known.catalogue.find(&request.name).is_some_and(lacks);
        // Before it is sent, because the answer may be here before this thread is.
        known.asked.insert(tag, lacks_secret.then(|| request.clone()));
        drop(known);
        let sent = self.sender.send(request.tagged(tag));
        if sent.is_err() {
            self.known().asked.remove(&tag);
        }
        sent
    }

    /// Takes note of a refusal if a password would help; then it need not be shown, because
    /// [`locked`](Conversation::locked) gives the request to whoever can ask for one.
    pub(crate) fn lock(&self, response: &Response) -> bool {
        let Some(tag) = response.tag.as_ref().and_then(Value::as_u64) else { return false };
        let wants_password = app::Refusal::WrongPassword.to_string();
        if response.outcome.as_ref().err() != Some(&wants_password) {
            return false;
        }
        let mut known = self.known();
        known.locked = known.asked.get_mut(&tag).and_then(Option::take);
        known.locked.is_some()
    }

    /// The request that was refused for want of a password. Those that have no answer yet will
    /// be refused like any other, since nobody waits for them any more.
    pub(crate) fn locked(&self) -> Option<Request> {
        let mut known = self.known();
        known.asked.values_mut().for_each(|request| *request = None);
        known.locked.take()
    }

    /// Goes on in a room that was joined before; returns the line that says so.
    pub(crate) fn switch_room(&self, room: &str) -> String {
        self.known().rooms.switch_to(room);
        self.style.event(&format!("you are in {room}"))
    }

    /// Asks for something that the client itself wants to know.
    pub(crate) fn ask_own(&self, name: &str) {
        self.known().own += 1;
        if self.sender.send(Request::new(name, Dict::new()).tagged(OWN)).is_err() {
            self.known().own -= 1;
        }
    }

    /// Something that was typed cannot be done; returns the line that says so.
    pub(crate) fn mistake(&self, why: &str) -> String {
        self.known().refused = true;
        self.style.error(why)
    }

    /// Says that nothing more will be asked.
    pub(crate) fn finish(&self) {
        self.sender.finish();
    }

    /// Waits until every answer has come, but no longer than `timeout`; false when some has not.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        let mut known = self.known();
        while !known.closed && known.asked.len() + known.own > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.1.wait_timeout(known, left);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// What the server said has been shown, so whoever waits for it can go on.
    pub(crate) fn answered(&self, response: &Response) {
        let mut known = self.known();
        match &response.tag {
            Some(Value::Number(tag)) => {
                tag.as_u64().map(|tag| known.asked.remove(&tag));
            }
            Some(tag) if tag == OWN => known.own = known.own.saturating_sub(1),
            _ => {}
        }
        drop(known);
        self.shared.1.notify_all();
    }

    /// The connection is over; returns what to say of it.
    pub(crate) fn end(&self, reason: CloseReason) -> String {
        self.known().closed = true;
        self.shared.1.notify_all();
        match reason {
            CloseReason::Finished => "the server closed the connection".to_owned(),
            reason => format!("connection to the server: {reason}"),
        }
    }
}
