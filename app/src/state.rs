//! The state of a chat, and the operations that concern several parts of it: connect, log in, log
//! out.

use std::collections::HashMap;
use std::net::SocketAddr;

use parse::{Arrival, Dict, Peer, Presence, Response, address};

use crate::authentication::Authentication;
use crate::log::{Account, Change, Draft, Log, Origin};
use crate::passwords::{Hash, Job, JobResult, Passwords};
use crate::people::Name;
use crate::replies::answer;
use crate::rooms::LOBBY;
use crate::roster::Roster;
use crate::session::Proof;
use crate::timers::Timers;
use crate::{Limits, Message, Now, Refusal, Replies, Timestamp, moderation, rights};

/// The name of the first response to an anonymous peer.
const WELCOME: &str = "welcome";

/// Everything that a chat knows. Commands read and change it.
pub struct State {
    pub(crate) roster: Roster,
    pub(crate) log: Box<dyn Log>,
    pub(crate) authentication: Authentication,
    pub(crate) timers: Timers,
    pub(crate) limits: Limits,
    /// The receivers of kept whispers, in lower case, and the id of the last whisper that they got.
    /// The log has not recorded these deliveries yet.
    handed_over: HashMap<String, u64>,
    /// The chat has ended. It ignores later requests.
    pub(crate) is_over: bool,
}

/// Connections.
impl State {
    pub(crate) fn new(log: Box<dyn Log>, passwords: Box<dyn Passwords>, limits: Limits) -> State {
        State {
            roster: Roster::default(),
            log,
            authentication: Authentication::new(passwords),
            timers: Timers::default(),
            limits,
            handed_over: HashMap::new(),
            is_over: false,
        }
    }

    /// Adds a peer that has connected. Its dialect says how it gets a name.
    pub(crate) fn connect(
        &mut self,
        peer: Peer,
        arrival: Arrival,
        now: Now,
        replies: &mut Replies,
    ) {
        self.roster.connect(peer, arrival, now.monotonic);
        if moderation::is_address_banned(&*self.log, arrival.address.ip()) {
            tracing::debug!(%peer, "closed: its address is banned");
            replies.say(peer, answer("error", Err(Refusal::Banned), None));
            self.roster.close(peer, replies);
            return;
        }
        match arrival.presence {
            Presence::Named => self.await_login(peer, now),
            Presence::Anonymous => self.welcome(peer, arrival.address, replies),
            Presence::Observer => {}
        }
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

    /// Logs an anonymous peer in under the name of its address. Closes the connection if that
    /// fails, because the peer cannot ask for another name.
    fn welcome(&mut self, peer: Peer, address: SocketAddr, replies: &mut Replies) {
        match self.enter_anonymous(peer, address, replies) {
            Ok(name) => {
                let online = self.roster.rooms().lobby().count();
                let body = Dict::new().with("username", &*name).with("online", online);
                replies.say(peer, Response::ok(WELCOME, body));
            }
            Err(refusal) => {
                tracing::debug!(%peer, %refusal, "closed: it cannot log in under its address");
                replies.say(peer, answer(WELCOME, Err(refusal), None));
                self.roster.close(peer, replies);
            }
        }
    }

    fn enter_anonymous(
        &mut self,
        peer: Peer,
        address: SocketAddr,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        if !self.limits.guests {
            return Err(Refusal::NotAllowed);
        }
        // The name may be taken: by a peer that connected from this address to another listener,
        // or whose connection has not ended yet.
        self.enter(peer, &address::name(address), replies)
    }
}

/// Logins.
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

    /// Records that an observer gave the password of an account. Returns the body of the answer.
    /// An observer gets no name and no messages.
    fn log_in_observer(
        &mut self,
        peer: Peer,
        username: &str,
        proof: Proof,
    ) -> Result<Dict, Refusal> {
        moderation::check_name(&*self.log, username)?;
        self.roster.connected_mut(peer).proof = Some(proof);
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

/// Passwords and accounts.
impl State {
    /// Continues a `login`, `register` or `passwd` whose password job is done. Returns whether the
    /// answer is no longer outstanding.
    pub(crate) fn finish_job(
        &mut self,
        job: Job,
        result: JobResult,
        now: Now,
        replies: &mut Replies,
    ) -> bool {
        let Job { peer, username, request, tag, hash, .. } = job;
        if self.roster.is_closing(peer) {
            self.authentication.release(peer);
            return true;
        }
        let is_login = result == JobResult::Right;
        let outcome = match result {
            JobResult::Right => self.proof(&username, hash).and_then(|proof| {
                if self.roster.is_observer(peer) {
                    self.log_in_observer(peer, &username, proof)
                } else {
                    // The person knows the password, so the name is theirs, and the answer may say so.
                    let logged_in = self.log_in(peer, &username, Some(proof), replies);
                    logged_in.map_err(|refusal| match refusal {
                        Refusal::NameTaken => Refusal::LoggedInElsewhere,
                        other => other,
                    })
                }
            }),
            JobResult::Wrong => Err(self.wrong_password(peer)),
            // Another peer may have taken the name while the password was hashed.
            JobResult::Hash(_) if self.roster.is_taken(&username, peer) => Err(Refusal::NameTaken),
            JobResult::Hash(new) => {
                let tag = tag.clone();
                let origin = Some(Origin { peer, to: None, request: request.into(), tag });
                let change = match hash {
                    Some(old) => Change::Password { username, old, new },
                    None => Change::Register(Account { username, hash: new, admin: false }),
                };
                match self.log.append(Draft { change, timestamp: now.wall, origin }) {
                    // The answer follows when the log has committed the change.
                    Ok(()) => return false,
                    Err(refusal) => Err(refusal),
                }
            }
            JobResult::Failed => Err(Refusal::Busy),
        };
        if outcome.is_err() {
            self.authentication.release(peer);
        }
        replies.say(peer, answer(request, outcome, tag));
        if is_login {
            self.deliver_kept(peer, now.wall, replies);
        }
        true
    }

    /// The refusal of a password that is wrong or missing. Where only accounts may log in, it advises
    /// to make one. The advice depends on the settings only: it does not reveal which names are
    /// registered.
    pub(crate) fn wrong_password(&self, peer: Peer) -> Refusal {
        let needs_account = self.limits.register && !self.limits.guests;
        if needs_account && self.may_log_in(peer) {
            Refusal::WrongPassword.advised("If you have no account, register one.")
        } else {
            Refusal::WrongPassword
        }
    }

    /// Makes the proof that a peer gave the password with this hash.
    ///
    /// # Errors
    /// Returns an error if the account has another password by now or was removed, or if the log
    /// cannot read it.
    fn proof(&self, username: &Name, hash: Option<Hash>) -> Result<Proof, Refusal> {
        let account = self.log.account(username)?;
        let hash = hash.filter(|hash| account.is_some_and(|account| account.hash == *hash));
        let account = Name::clone(username);
        hash.map(|hash| Proof { account, hash }).ok_or(Refusal::WrongPassword)
    }

    /// An account now exists. Its peer is logged in if it asked for that. A peer that registered its
    /// own name has given the password; the connection of any other peer under that name is closed.
    /// Returns the body of the answer: `username`, and `messages` after a login.
    pub(crate) fn registered(
        &mut self,
        account: &Account,
        by: Option<Peer>,
        replies: &mut Replies,
    ) -> Dict {
        let username = &account.username;
        let login = by.filter(|peer| self.authentication.confirm(*peer) && self.may_log_in(*peer));
        let proof = || Proof { account: Name::clone(username), hash: account.hash.clone() };
        // Without a login, if a guest took the name in the meantime for example, the peer has its
        // account and can log in later.
        let body = login
            .and_then(|peer| self.log_in(peer, username, Some(proof()), replies).ok())
            .unwrap_or_else(|| Dict::new().with("username", &**username));
        self.prove(account, by);
        rights::close_without_right(&mut self.roster, username, Some(account), replies);
        body
    }

    /// Records that a peer gave the password of its account.
    pub(crate) fn prove(&mut self, account: &Account, by: Option<Peer>) {
        let username = &account.username;
        if let Some(session) = by.and_then(|peer| self.roster.session_mut(peer))
            && session.is_named(username)
        {
            let (account, hash) = (Name::clone(username), account.hash.clone());
            session.proof = Some(Proof { account, hash });
        }
    }

    /// Whether a peer is connected, has no name yet, and can have one.
    fn may_log_in(&self, peer: Peer) -> bool {
        let session = self.roster.session(peer);
        session.is_some_and(|it| !it.closing && it.name.is_none() && !it.is_observer())
    }
}

/// Whispers to people who were not here.
impl State {
    /// Delivers the whispers that were kept for a peer, if it has logged in with a password.
    fn deliver_kept(&mut self, peer: Peer, now: Timestamp, replies: &mut Replies) {
        let Some(account) = self.mailbox(peer) else { return };
        // An error is in the log of the server. The next login tries again.
        let Ok(kept) = self.log.kept(&account) else { return };
        let Some(last) = kept.last().map(|message| message.id) else { return };
        let got = self.handed_over.get(&account.to_ascii_lowercase()).copied().unwrap_or(0);
        for message in kept.iter().filter(|message| message.id > got) {
            replies.say(peer, Response::ok("message", message.to_dict()));
        }
        self.hand_over(account, last, now);
    }

    /// Delivers a kept whisper whose receiver has logged in while the log was committing it.
    pub(crate) fn deliver_late(&mut self, message: &Message, replies: &mut Replies) {
        let Some(to) = message.to.as_ref().filter(|_| message.offline) else { return };
        let Some(peer) = self.roster.find(to).map(|person| person.peer) else { return };
        if let Some(account) = self.mailbox(peer) {
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
