//! The state of a conversation: the client's name, the people present, the outstanding answers.
//!
//! One thread reads the input and another thread receives responses. They share the state behind a
//! lock. A thread holds the lock for a moment only, and never while it sends or prints.
//! `incoming.rs` handles the responses of the server.

mod greeting;
mod lookup;
mod mute;
mod parsing;
mod refusals;
mod sending;
mod session;
mod stale;
#[cfg(test)]
pub(crate) mod testing;
mod unreadable;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::io::PipeWriter;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lookup::Wanted;
use mute::Mute;
use parse::{CloseReason, Dict, Failure, LinkSender, Request, Response, Value};

use crate::absence::Returning;
use crate::attention::Attention;
use crate::catalogue::{Catalogue, Secrets};
use crate::chosen::Chosen;
use crate::closed::text_of_end;
use crate::day::{self, Day};
use crate::expecting::ExpectedSecret;
use crate::foreign::Beginning;
use crate::ignored::Ignored;
use crate::joins::Joins;
use crate::left::Left;
use crate::liveness::Liveness;
use crate::lost::Lost;
use crate::manners::Manners;
use crate::missed::Seen;
use crate::own::OwnRequests;
use crate::palette::Palette;
use crate::protocol::LOGOUT;
use crate::rank::Rank;
use crate::reconnect::Countdown;
use crate::reunion::Reunion;
use crate::rooms::{self, Rooms};
use crate::sanitize::is_word;
use crate::server_limits::ServerLimits;
use crate::style::Style;
use crate::tags::OWN;

/// How long a client that leaves waits for the answer to its `logout`.
const GOODBYE: Duration = Duration::from_secs(2);

/// The most names kept for completion. Without a bound, a server could fill the memory with names.
pub(crate) const NAMES: usize = 20_000;

/// A conversation with a server. Clones share it.
#[derive(Clone)]
pub(crate) struct Conversation {
    /// The sending direction of the current connection.
    link: Arc<Mutex<LinkSender>>,
    style: Style,
    shared: Arc<(Mutex<Known>, Condvar)>,
}

/// The shared state.
pub(crate) struct Known {
    /// The name under which this client is logged in.
    pub(crate) me: Option<String>,
    /// The names of the people in the chat.
    pub(crate) here: BTreeSet<String>,
    pub(crate) palette: Palette,
    /// The day of the last line on the screen.
    pub(crate) day: Day,
    pub(crate) attention: Attention,
    pub(crate) joins: Joins,
    pub(crate) reunion: Reunion,
    pub(crate) ignored: Ignored,
    pub(crate) rooms: Rooms,
    /// The rooms that the person was in before the last logout.
    pub(crate) left: Left,
    pub(crate) chosen: Chosen,
    pub(crate) catalogue: Catalogue,
    pub(crate) limits: ServerLimits,
    pub(crate) rank: Rank,
    /// Whether a line of input failed: the client could not send it, or the server refused it.
    pub(crate) refused: bool,
    /// Whether others can read a password that is sent, and the person does not know that yet.
    pub(crate) exposed: bool,
    /// Whether the connection is closed.
    pub(crate) closed: bool,
    /// Whether the connection is closed and the client does not come back.
    pub(crate) over: bool,
    /// Whether the person was logged in before, and has logged out.
    pub(crate) has_logged_out: bool,
    /// Whether the client has no connection, and waits for a login.
    pub(crate) is_resting: bool,
    /// Whether no more requests follow.
    pub(crate) finished: bool,
    /// Whether this client shut the server down, and has not left it yet. Then the end of the connection is
    /// no error.
    pub(crate) shut_down: bool,
    /// Outstanding requests, by tag. A request that may succeed with a password is kept, so that
    /// the client can repeat it with one.
    asked: BTreeMap<u64, Option<Request>>,
    /// The requests of the person, by tag, with some that are answered already.
    pub(crate) sent: BTreeMap<u64, Request>,
    /// The tags of outstanding messages that the client has not shown.
    pub(crate) unshown: BTreeSet<u64>,
    pub(crate) lost: Lost,
    pub(crate) expects_secret: ExpectedSecret,
    /// The login that succeeded, with its password. It is in memory only.
    pub(crate) login: Option<Request>,
    /// The name of the person, if a login was refused because of its password while the main thread did not
    /// wait for the answer: the login of a return, or one that was answered late.
    pub(crate) refused_login: Option<String>,
    pub(crate) seen: Seen,
    /// The secret of the client's sessions.
    session: Option<String>,
    /// Whether the next names tell the person who is here.
    pub(crate) tells_company: bool,
    /// Whether the client connects again when it loses the connection.
    pub(crate) reconnects: bool,
    /// Whether the person wants the client to connect again at once.
    pub(crate) hurries: bool,
    /// When the client connects or logs in again.
    pub(crate) countdown: Countdown,
    /// Whether a return is over, and the prompt does not show that yet.
    pub(crate) has_returned: bool,
    /// Whether the server wants this client to go: it was kicked or banned.
    pub(crate) expelled: bool,
    /// The person who whispered last.
    pub(crate) whisperer: Option<String>,
    /// The mute of the person, if the server has told of one, and has accepted no message since.
    pub(crate) mute: Option<Mute>,
    pub(crate) liveness: Liveness,
    pub(crate) beginning: Beginning,
    pub(crate) manners: Manners,
    /// In a pipe, an end of a pipe that is open while somebody reads the output. The thread that reads the
    /// input has the other end, and notices when this one is dropped.
    pub(crate) output: Option<PipeWriter>,
    /// Why the client has given the connection up.
    pub(crate) given_up: Option<String>,
    /// The return to the conversation, from the loss of the connection until everything that was
    /// missed is here.
    pub(crate) returning: Option<Returning>,
    /// The line that says that the client is connected, until it is shown.
    pub(crate) greeting: Option<String>,
    /// The prompt that the editor shows. `None` while the main thread does something else, or if the client is
    /// not connected.
    shown_prompt: Option<String>,
    /// The tag of the request whose answer the main thread waits for, because it decides about the next prompt.
    pub(crate) awaited: Option<u64>,
    /// The tag of a request for another room, whose answer the main thread no longer awaits.
    pub(crate) undecided: Option<u64>,
    /// A request that the server refused because it needs a password.
    locked: Option<Request>,
    /// Whether the refusal of that request says that every name needs an account.
    pub(crate) needs_account: bool,
    /// The tag of a request whose refusal is not shown.
    silent: Option<u64>,
    /// The refusal of that request.
    refusal: Option<Failure>,
    next: u64,
    /// The page of the history for which a search waits.
    wanted: Option<Wanted>,
    /// Outstanding requests that the client made for itself.
    pub(crate) own: OwnRequests,
}

impl Known {
    /// The initial state: only the built-in commands are known.
    pub(crate) fn new(secrets: Secrets) -> Known {
        Known {
            me: None,
            here: BTreeSet::new(),
            palette: Palette::default(),
            day: Day::new(day::today()),
            attention: Attention::default(),
            joins: Joins::default(),
            reunion: Reunion::default(),
            ignored: Ignored::default(),
            rooms: Rooms::default(),
            left: Left::default(),
            chosen: Chosen::default(),
            catalogue: Catalogue::built_in(secrets),
            limits: ServerLimits::default(),
            rank: Rank::default(),
            refused: false,
            exposed: false,
            closed: false,
            over: false,
            has_logged_out: false,
            is_resting: false,
            finished: false,
            shut_down: false,
            asked: BTreeMap::new(),
            sent: BTreeMap::new(),
            unshown: BTreeSet::new(),
            lost: Lost::default(),
            expects_secret: ExpectedSecret::default(),
            login: None,
            refused_login: None,
            seen: Seen::default(),
            session: session::secret(),
            tells_company: false,
            reconnects: false,
            hurries: false,
            countdown: Countdown::default(),
            has_returned: false,
            expelled: false,
            whisperer: None,
            mute: None,
            liveness: Liveness::new(Instant::now()),
            beginning: Beginning::default(),
            manners: Manners::default(),
            output: None,
            given_up: None,
            returning: None,
            greeting: None,
            shown_prompt: None,
            awaited: None,
            undecided: None,
            locked: None,
            needs_account: false,
            silent: None,
            refusal: None,
            next: 1,
            wanted: None,
            own: OwnRequests::default(),
        }
    }

    /// Whether the connection is closed, and it is not decided yet whether the client comes back.
    pub(crate) fn is_breaking(&self) -> bool {
        self.closed && self.reconnects && !self.over
    }

    /// The tags of the person's requests that have no answer, oldest first.
    pub(crate) fn outstanding(&self) -> impl Iterator<Item = u64> {
        self.asked.keys().copied()
    }

    /// Forgets the requests of the person that are outstanding, and returns them.
    pub(crate) fn take_outstanding(&mut self) -> Vec<Request> {
        let asked = std::mem::take(&mut self.asked);
        self.own.clear();
        let sent = std::mem::take(&mut self.sent);
        sent.into_iter().filter(|(tag, _)| asked.contains_key(tag)).map(|sent| sent.1).collect()
    }

    /// Remembers the name of a person who came, if it is a plain word and fewer than `NAMES` are known.
    pub(crate) fn add_name(&mut self, name: &str) {
        if is_word(name) && self.here.len() < NAMES && self.here.insert(name.to_owned()) {
            self.palette.arrive(name);
        }
    }

    /// Forgets the name of a person who left.
    pub(crate) fn remove_name(&mut self, name: &str) {
        self.here.remove(name);
        self.palette.leave(name);
    }

    /// Replaces the names of the people in the chat.
    pub(crate) fn replace_names<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        self.here = names.filter(|name| is_word(name)).take(NAMES).map(str::to_owned).collect();
        self.palette.replace(self.me.as_deref(), self.here.iter().map(String::as_str));
    }
}

impl Conversation {
    /// Starts a conversation and asks the server for its commands.
    pub(crate) fn start(sender: LinkSender, style: Style, secrets: Secrets) -> Conversation {
        let known = Known::new(secrets);
        let shared = Arc::new((Mutex::new(known), Condvar::new()));
        let link = Arc::new(Mutex::new(sender));
        let conversation = Conversation { link, style, shared };
        conversation.ask_own("help");
        conversation
    }

    pub(crate) fn style(&self) -> Style {
        self.style
    }

    /// Locks the shared state. Hold the lock for a moment only: all other methods take it too.
    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name under which this client is logged in.
    pub(crate) fn me(&self) -> Option<String> {
        self.known().me.clone()
    }

    /// The sending direction of the current connection.
    pub(crate) fn link(&self) -> LinkSender {
        self.link.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Uses a new connection.
    pub(crate) fn use_link(&self, link: LinkSender) {
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = link;
    }

    /// Makes a joined room the current one, also after a return; returns the line to show.
    pub(crate) fn switch_room(&self, room: &str) -> String {
        let mut known = self.known();
        known.rooms.switch_to(room);
        if let Some(returning) = &mut known.returning {
            room.clone_into(&mut returning.current);
        }
        drop(known);
        self.style.event(&format!("you are in {}", rooms::shown(room)))
    }

    /// Leaves the chat and tells the others why. Waits a moment for the answer, which is not shown.
    /// A person who is not logged in has nobody to tell.
    pub(crate) fn say_goodbye(&self, reason: &str) {
        if self.me().is_some() && !reason.is_empty() {
            self.ask_own_with(Request::new(LOGOUT, Dict::new().with("reason", reason)));
            self.wait(GOODBYE);
        }
    }

    /// Records that a line of input failed; returns the error line to show.
    pub(crate) fn mistake(&self, why: &str) -> String {
        self.known().refused = true;
        self.style.error(why)
    }

    /// Tells the server that no more requests follow.
    pub(crate) fn finish(&self) {
        self.known().finished = true;
        self.link().finish();
    }

    /// Waits until no answer is outstanding, to requests of the person or of the client itself, or until
    /// the connection is closed. Returns `false` if `timeout` passes first.
    ///
    /// The waiting thread sleeps and does not hold the lock. Any response wakes it, even an event, but
    /// `timeout` counts from the call.
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        let mut known = self.known();
        while !known.closed && known.asked.len() + known.own.len() > 0 {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.1.wait_timeout(known, left);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Wakes the threads that wait.
    pub(crate) fn wake(&self) {
        self.shared.1.notify_all();
    }

    /// Marks a response as shown, and wakes the threads that [`wait`](Conversation::wait).
    ///
    /// The tag identifies the request: a number is a request of the person in `asked`, and [`OWN`] is one of
    /// the `own` requests of the client. An event has no tag. A server may send any tag, also a tag twice,
    /// so an answer without a request changes nothing.
    pub(crate) fn answered(&self, response: &Response) {
        let mut known = self.known();
        match &response.tag {
            Some(Value::Number(tag)) => {
                tag.as_u64().map(|tag| known.asked.remove(&tag));
            }
            Some(tag) if tag == OWN => known.own.answer(&response.name),
            _ => {}
        }
        drop(known);
        self.shared.1.notify_all();
    }

    /// Marks the connection as closed, and wakes the threads that [`wait`](Conversation::wait). Returns
    /// the text to show, which [`text_of_end`] has.
    pub(crate) fn end(&self, reason: CloseReason) -> String {
        self.known().closed = true;
        self.shared.1.notify_all();
        text_of_end(reason)
    }
}

#[cfg(test)]
mod tests;
