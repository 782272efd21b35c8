//! The state of a chat, and the operations that concern several parts of it: connect, log in, log
//! out.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use parse::{Arrival, Dict, Peer, Presence, Response};

use crate::authentication::Authentication;
use crate::log::{Change, Draft, Log, Origin, PresenceChange};
use crate::passwords::Passwords;
use crate::people::Name;
use crate::replies::answer;
use crate::rooms::LOBBY;
use crate::roster::Roster;
use crate::session::Proof;
use crate::timed::Timed;
use crate::timers::Timers;
use crate::{Figures, Limits, Message, Now, Refusal, Replies, Timestamp, moderation};

/// Everything that a chat knows. Commands read and change it.
pub struct State {
    pub(crate) roster: Roster,
    /// The log, with the time of the current event.
    pub(crate) log: Box<Timed>,
    pub(crate) authentication: Authentication,
    pub(crate) timers: Timers,
    pub(crate) limits: Limits,
    /// The receivers of kept whispers, in lower case, and the id of the last whisper that they got.
    /// The log has not recorded these deliveries yet.
    handed_over: HashMap<String, u64>,
    /// Changes of presence that the log must get, oldest first. They are here only while the log
    /// refuses them.
    must_append: VecDeque<Draft>,
    /// The chat has ended. It ignores later requests.
    pub(crate) is_over: bool,
}

/// Connections.
impl State {
    pub(crate) fn new(log: Box<dyn Log>, passwords: Box<dyn Passwords>, limits: Limits) -> State {
        let figures = Arc::new(Figures::new(log.figures()));
        State {
            roster: Roster::new(Arc::clone(&figures)),
            log: Box::new(Timed::new(log)),
            authentication: Authentication::new(passwords, figures),
            timers: Timers::default(),
            limits,
            handed_over: HashMap::new(),
            must_append: VecDeque::new(),
            is_over: false,
        }
    }

    /// Adds a peer that has connected. Returns whether it is an anonymous peer that gets its name now:
    /// the caller asks for the name.
    pub(crate) fn connect(
        &mut self,
        peer: Peer,
        arrival: Arrival,
        now: Now,
        replies: &mut Replies,
    ) -> bool {
        self.roster.connect(peer, arrival, now.monotonic);
        if let Err(refusal) = moderation::check_address(&self.log, arrival.address.ip()) {
            tracing::debug!(%peer, "closed: its address is banned");
            replies.say(peer, answer("error", Err(refusal), None));
            self.roster.close(peer, replies);
            return false;
        }
        if arrival.presence == Presence::Named {
            self.await_login(peer, now);
        }
        arrival.presence == Presence::Anonymous
    }

    /// Starts the login deadline of a peer.
    pub(crate) fn await_login(&mut self, peer: Peer, now: Now) {
        if let Some(limit) = self.limits.login {
            self.timers.start_login(peer, now.monotonic.after(limit));
        }
    }

    /// Closes the connection of a peer that has missed its login deadline.
    pub(crate) fn close_late(&mut self, peer: Peer, replies: &mut Replies) {
        let Some(session) = self.roster.session(peer).filter(|session| !session.closing) else {
            return;
        };
        if session.has_spoken {
            tracing::info!(%peer, "closed: no login in time");
        }
        let seconds = self.limits.login.unwrap_or_default().as_secs();
        replies.say(peer, answer("error", Err(Refusal::NoLoginInTime(seconds)), None));
        self.roster.close(peer, replies);
    }

    /// Answers the request behind an entry, if there is one and its peer is still connected.
    pub(crate) fn respond(
        &self,
        origin: Option<Origin>,
        outcome: Result<Dict, Refusal>,
        replies: &mut Replies,
    ) {
        if let Some(Origin { peer, request, tag, .. }) = origin
            && self.roster.session(peer).is_some()
        {
            replies.say(peer, answer(request, outcome, tag));
        }
    }

    /// Appends a change of presence that must not be lost. If the log refuses it now, the chat
    /// [tries again](State::append_rest).
    pub(crate) fn append_surely(&mut self, change: PresenceChange, timestamp: Timestamp) {
        let change = Change::Presence(change);
        self.must_append.push_back(Draft { change, timestamp, origin: None });
        self.append_rest();
    }

    /// Appends the changes that the log has refused before.
    pub(crate) fn append_rest(&mut self) {
        while let Some(draft) = self.must_append.front()
            && self.log.append(draft.clone()).is_ok()
        {
            self.must_append.pop_front();
        }
    }

    /// Whether the log has refused a change that it must get.
    pub(crate) fn has_rest(&self) -> bool {
        !self.must_append.is_empty()
    }
}

/// Logins.
#[allow(
    clippy::explicit_auto_deref,
    reason = "the solutions of lab 7 read any boxed log as `&*log`"
)]
impl State {
    /// Logs a peer in under a name ([`enter`](State::enter)), and stores its proof. `proof` is there
    /// if the peer gave the password of that name. Returns the body of the answer: `username`, then
    /// `messages`, the latest page of the lobby, of the size [`backlog`](Limits::backlog).
    ///
    /// # Errors
    /// Returns an error if the name is banned or taken, or if the log cannot be read. Then the peer
    /// is not logged in, and the other peers have seen nothing.
    pub(crate) fn log_in(
        &mut self,
        peer: Peer,
        username: &str,
        proof: Option<Proof>,
        replies: &mut Replies,
    ) -> Result<Dict, Refusal> {
        // Read this first: if it fails, the peer must not be logged in.
        let backlog = self.log.page(LOBBY, None, self.limits.backlog)?;
        let name = self.enter(peer, username, replies)?;
        self.roster.connected_mut(peer).proof = proof;
        Ok(Dict::new().with("username", &*name).with("messages", backlog.to_list()))
    }

    /// Logs an anonymous peer in under the name of its address. Returns the body of the welcome. The
    /// name may be taken: by a peer that connected from this address to another listener, or whose
    /// connection has not ended yet.
    ///
    /// # Errors
    /// Returns an error if the name is banned or taken, or if the log cannot be read.
    pub(crate) fn log_in_anonymous(
        &mut self,
        peer: Peer,
        username: &str,
        replies: &mut Replies,
    ) -> Result<Dict, Refusal> {
        let name = self.enter(peer, username, replies)?;
        let online = self.roster.rooms().lobby().count();
        Ok(Dict::new().with("username", &*name).with("online", online))
    }

    /// Records that an observer gave the password of an account. Returns the body of the answer.
    /// An observer gets no name and no messages.
    pub(crate) fn log_in_observer(
        &mut self,
        peer: Peer,
        username: &str,
        proof: Proof,
    ) -> Result<Dict, Refusal> {
        moderation::check_name(&*self.log, username)?;
        self.roster.connected_mut(peer).proof = Some(proof);
        tracing::info!(%peer, name = username, "logged in");
        let messages: Vec<Dict> = Vec::new();
        Ok(Dict::new().with("username", username).with("messages", messages))
    }

    /// Gives a peer a name, and cancels its login deadline. The ban is checked here, not when the
    /// request arrives, because a ban may be added while the password is checked.
    ///
    /// # Errors
    /// Returns an error if the name is banned or taken, or if the log cannot be read. Then nothing
    /// changes.
    fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        moderation::check_name(&*self.log, username)?;
        let name = self.roster.enter(peer, username, replies)?;
        self.timers.cancel_login(peer);
        Ok(name)
    }

    /// Takes the name and the proof of a peer away. Returns the name, or the account of an
    /// observer, which has a proof and no name. A peer that had a name has to log in again before a
    /// new deadline ([`await_login`](State::await_login)); an observer has no deadline.
    ///
    /// # Errors
    /// Returns [`Refusal::NothingToLogOut`] if the peer has neither a name nor a proof.
    pub(crate) fn log_out(
        &mut self,
        peer: Peer,
        now: Now,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        let proof = self.roster.connected_mut(peer).proof.take();
        if let Some(name) = self.roster.leave(peer, replies) {
            self.await_login(peer, now);
            return Ok(name);
        }
        proof.map(|proof| proof.account).ok_or(Refusal::NothingToLogOut)
    }
}

/// Whispers to people who were not here.
impl State {
    /// Delivers the whispers that were kept for a peer, if it has logged in with a password.
    pub(crate) fn deliver_kept(&mut self, peer: Peer, now: Timestamp, replies: &mut Replies) {
        let Some(account) = self.mailbox(peer) else { return };
        // An error is in the log of the server. The next login tries again.
        let Ok(kept) = self.log.kept(&account) else { return };
        let Some(last) = kept.last().map(|message| message.id) else { return };
        let got = self.handed_over.get(&account.to_ascii_lowercase()).copied().unwrap_or(0);
        for message in kept.iter().filter(|message| message.id > got) {
            self.roster.note_whisper(peer, message);
            replies.say(peer, Response::ok("message", message.to_dict()));
        }
        self.hand_over(account, last, now);
    }

    /// Delivers a kept whisper whose receiver has logged in while the log was committing it.
    pub(crate) fn deliver_late(&mut self, message: &Message, replies: &mut Replies) {
        let Some(to) = message.to.as_ref().filter(|_| message.offline) else { return };
        let Some(peer) = self.roster.find(to).map(|person| person.peer) else { return };
        if let Some(account) = self.mailbox(peer) {
            self.roster.note_whisper(peer, message);
            replies.say(peer, Response::ok("message", message.to_dict()));
            self.hand_over(account, message.id, message.timestamp);
        }
    }

    /// The account whose whispers a peer may get: it has the name, and gave the password.
    fn mailbox(&self, peer: Peer) -> Option<Name> {
        let session = self.roster.session(peer)?;
        let proof = session.proof.as_ref()?;
        session.is_named(&proof.account).then(|| Name::clone(&proof.account))
    }

    /// Records a delivery. If the log cannot take it now, the next login of the receiver tries again;
    /// until then they get nothing twice, unless the server restarts.
    fn hand_over(&mut self, to: Name, until: u64, timestamp: Timestamp) {
        self.handed_over.insert(to.to_ascii_lowercase(), until);
        let change = Change::Deliver { to, until };
        let _ = self.log.append(Draft { change, timestamp, origin: None });
    }

    /// The log has recorded a delivery.
    pub(crate) fn was_delivered(&mut self, to: &str, until: u64) {
        let to = to.to_ascii_lowercase();
        if self.handed_over.get(&to) == Some(&until) {
            self.handed_over.remove(&to);
        }
    }
}
