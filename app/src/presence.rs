//! Who is here: asks the log for a name, and grants what the log hands back.
//!
//! A login is a draft, like a message. The chat grants or refuses it when the log hands it back. Then
//! every server that has this log decides alike, because the decision depends only on the names that
//! the log has handed out before. A departure and the way into a room and out of it are drafts, too.
//!
//! Whether the password is still right, the name is banned or the earlier messages can be read is
//! known to the server of the peer only. If one of them fails, the name is the peer's in the log and
//! the peer cannot have it. So its server appends a departure at once, and tells no peer of either.

use parse::{Dict, Peer, Value, address};

use crate::log::{Change, Departure, Draft, Origin, PresenceChange};
use crate::people::Name;
use crate::replies::{answer, farewell, notice};
use crate::roster::{Away, wall_of};
use crate::session::Arriving;
use crate::state::State;
use crate::{Now, Refusal, Replies, moderation};

/// The name of the first response to an anonymous peer.
const WELCOME: &str = "welcome";

/// The notice to each person of a server that the other servers have declared gone.
const CUT_OFF: &str = "This server was cut off from the chat. Log in again.";

/// The notice to a person who has logged in from elsewhere, and replaced this session.
const REPLACED: &str = "You have logged in elsewhere.";

/// Requests.
impl State {
    /// Asks the log for a name. The peer gets it, and its answer, when the log hands the draft back.
    ///
    /// # Errors
    /// Returns an error if the name is banned, or if the log is full.
    pub(crate) fn ask_for_name(
        &mut self,
        username: &Name,
        how: Arriving,
        origin: Origin,
        now: Now,
    ) -> Result<(), Refusal> {
        moderation::check_name(&self.log, username)?;
        let peer = origin.peer;
        if let Some(lost) = self.roster.supersede(peer, username) {
            let (departure, reason) = (Departure::Broken, None);
            let departure = PresenceChange::Depart { peer: lost, departure, reason };
            self.append_surely(departure, now.wall);
        }
        let session = self.roster.connected(peer);
        let replaces = matches!(how, Arriving::Owner { replaces: true, .. });
        let change = PresenceChange::Arrive {
            peer,
            username: Name::clone(username),
            address: session.arrival.address,
            dialect: session.arrival.dialect.into(),
            since: wall_of(session.since, now),
            replaces,
        };
        let change = Change::Presence(change);
        self.log.append(Draft { change, timestamp: now.wall, origin: Some(origin) })?;
        self.roster.connected_mut(peer).arriving = Some(how);
        Ok(())
    }

    /// Asks the log for the name of the address of an anonymous peer. Closes the connection if that
    /// fails, because the peer cannot ask for another name. Returns whether the welcome is
    /// outstanding.
    pub(crate) fn ask_for_welcome(&mut self, peer: Peer, now: Now, replies: &mut Replies) -> bool {
        let username = address::name(self.roster.connected(peer).arrival.address).into();
        let origin = Origin { peer, to: None, request: WELCOME.into(), tag: None };
        let asked = if self.limits.guests {
            self.ask_for_name(&username, Arriving::Welcome, origin, now)
        } else {
            Err(Refusal::NotAllowed)
        };
        asked.map_err(|refusal| self.turn_away(peer, refusal, replies)).is_ok()
    }

    fn turn_away(&mut self, peer: Peer, refusal: Refusal, replies: &mut Replies) {
        tracing::debug!(%peer, %refusal, "closed: it cannot log in under its address");
        replies.say(peer, answer(WELCOME, Err(refusal), None));
        self.roster.close(peer, replies);
    }
}

/// Grants or refuses a change that the log has handed back, and answers its origin.
pub(crate) fn apply(
    state: &mut State,
    change: PresenceChange,
    origin: Option<Origin>,
    now: Now,
    replies: &mut Replies,
) {
    match change {
        PresenceChange::Arrive { peer, username, address, dialect, since, replaces } => {
            if replaces {
                replace(state, &username, peer, now, replies);
            }
            let (rooms, is_announced) = (Vec::new(), true);
            let person = Away { name: username, rooms, address, dialect, since, is_announced };
            arrive(state, peer, person, origin, now, replies);
        }
        PresenceChange::Depart { peer, departure, reason } => {
            if !state.roster.depart(peer, departure, reason.clone(), replies)
                && state.roster.session(peer).is_some()
            {
                state.roster.prepare(peer, departure, reason);
                let left = log_out(state, peer, now, replies);
                let left = left.map(|name| Dict::new().with("username", &*name));
                state.respond(origin, left, replies);
                if state.roster.session(peer).is_some_and(|session| session.superseded) {
                    state.roster.close(peer, replies);
                }
            }
        }
        PresenceChange::Enter { peer, room } => {
            let entered = state.roster.enter_room(&room, peer, replies);
            let entered = entered.and_then(|()| state.inside(peer, &room, now));
            state.respond(origin, entered, replies);
        }
        PresenceChange::Exit { peer, room } => {
            let left = state.roster.leave_room(&room, peer, replies);
            state.respond(origin, left.map(|()| Dict::new().with("room", &*room)), replies);
        }
        PresenceChange::Roll { people, .. } => {
            for person in people {
                let peer = person.peer;
                if let Err(refusal) = state.roster.admit(peer, person.into(), replies) {
                    tracing::error!(%peer, %refusal, "could not admit a person of another server");
                }
            }
        }
    }
}

/// The log could not keep a request of a peer. Returns the origin unless that was a request for a
/// name, which is answered here.
pub(crate) fn refused(
    state: &mut State,
    origin: Option<Origin>,
    refusal: &Refusal,
    replies: &mut Replies,
) -> Option<Origin> {
    let origin = origin?;
    let session = state.roster.session_mut(origin.peer);
    let Some(how) = session.and_then(|session| session.arriving.take()) else {
        return Some(origin);
    };
    answer_arrival(state, &how, origin, Err(refusal.clone()), replies);
    None
}

/// Another server has joined the chat: tells it who is here.
pub(crate) fn server_joined(state: &mut State, newcomer: u64, now: Now) {
    let people = state.roster.roll(now);
    state.append_surely(PresenceChange::Roll { newcomer, people }, now.wall);
}

/// The other servers have declared this one gone: closes every session that is logged in.
pub(crate) fn separate(state: &mut State, replies: &mut Replies) {
    tracing::warn!("the other servers declared this server gone; its people have to log in again");
    for peer in state.roster.clear() {
        if !state.roster.is_closing(peer) {
            replies.say(peer, notice(CUT_OFF));
            state.roster.close(peer, replies);
        }
    }
}

/// Logs out the person who has a name, for a peer that logs in under it. Their server closes the connection,
/// so that the client does not take part without the person.
fn replace(state: &mut State, name: &str, by: Peer, now: Now, replies: &mut Replies) {
    let Some(person) = state.roster.find(name).filter(|person| person.peer != by) else { return };
    if state.roster.depart(person.peer, Departure::Orderly, None, replies) {
        return;
    }
    let _ = log_out(state, person.peer, now, replies);
    state.roster.give_up_whispers(person.peer);
    if !state.roster.is_closing(person.peer) {
        replies.say(person.peer, farewell("replaced", REPLACED));
        state.roster.close(person.peer, replies);
    }
}

/// Logs a person out, and says so in the server's log.
fn log_out(
    state: &mut State,
    peer: Peer,
    now: Now,
    replies: &mut Replies,
) -> Result<Name, Refusal> {
    let left = state.log_out(peer, now, replies)?;
    tracing::info!(%peer, name = &*left, "logged out");
    Ok(left)
}

/// Gives a peer its name. The decision depends only on the names in the roster.
#[expect(clippy::expect_used, reason = "a peer of this server asked for the name")]
fn arrive(
    state: &mut State,
    peer: Peer,
    person: Away,
    origin: Option<Origin>,
    now: Now,
    replies: &mut Replies,
) {
    let Some(session) = state.roster.session_mut(peer) else {
        // The peer is elsewhere, or its connection has ended.
        if let Err(refusal) = state.roster.admit(peer, person, replies) {
            tracing::debug!(%peer, %refusal, "refused");
        }
        return;
    };
    let how = session.arriving.take().expect("a request for a name");
    let mut outcome = state.take_name(peer, &person.name, &how, replies);
    if outcome.is_err() {
        // The name is free for the other servers, which have given it to the peer.
        let person = Away { is_announced: false, ..person };
        if state.roster.admit(peer, person, replies).is_ok() {
            let (departure, reason) = (Departure::Orderly, None);
            let departure = PresenceChange::Depart { peer, departure, reason };
            state.append_surely(departure, now.wall);
        }
    }
    if let Ok(body) = &mut outcome {
        // An anonymous peer has the name of its address, and may be a health check.
        if how != Arriving::Welcome {
            tracing::info!(%peer, name = body.string("username").ok(), "logged in");
        }
        let whispers = state.roster.resume_whispers(peer, now.wall);
        if !whispers.is_empty() {
            let whispers: Vec<Value> = whispers.iter().map(|it| it.to_dict().into()).collect();
            body.insert("whispers", whispers);
        }
    }
    if let Some(origin) = origin {
        answer_arrival(state, &how, origin, outcome, replies);
    }
    if how.hash().is_some() {
        state.deliver_kept(peer, now.wall, replies);
    }
}

/// Answers a request for a name.
fn answer_arrival(
    state: &mut State,
    how: &Arriving,
    origin: Origin,
    outcome: Result<Dict, Refusal>,
    replies: &mut Replies,
) {
    match (how, outcome) {
        (Arriving::Welcome, Err(refusal)) => state.turn_away(origin.peer, refusal, replies),
        // Without a login, if a guest took the name in the meantime for example, the peer has its
        // account and can log in later.
        (Arriving::Registration(username, _), Err(refusal)) => {
            tracing::debug!(peer = %origin.peer, %refusal, "registered without a login");
            let body = Dict::new().with("username", &**username);
            state.respond(Some(origin), Ok(body), replies);
        }
        (Arriving::Guest | Arriving::Owner { .. }, Err(refusal)) => {
            tracing::debug!(peer = %origin.peer, %refusal, "refused");
            state.respond(Some(origin), Err(refusal), replies);
        }
        (_, Ok(body)) => state.respond(Some(origin), Ok(body), replies),
    }
}

/// The part of the server to which the peer is connected.
impl State {
    /// Logs a peer in under a name that the log has handed out. Returns the body of the answer.
    ///
    /// # Errors
    /// Returns an error if the name is taken or banned, if its account has another password by now,
    /// or if the log cannot be read. Then the peer is not logged in, and the other peers have seen
    /// nothing.
    fn take_name(
        &mut self,
        peer: Peer,
        name: &Name,
        how: &Arriving,
        replies: &mut Replies,
    ) -> Result<Dict, Refusal> {
        if self.roster.has_name(peer) {
            return Err(Refusal::AlreadyLoggedIn);
        }
        let proof = match how.hash() {
            Some(hash) => Some(self.proof(name, Some(hash.clone()))?),
            None if self.log.account(name)?.is_some() => return Err(self.wrong_password(peer)),
            None => None,
        };
        if *how == Arriving::Welcome {
            return self.log_in_anonymous(peer, name, replies);
        }
        let is_owner = proof.is_some();
        self.log_in(peer, name, proof, replies).map_err(|refusal| match refusal {
            // The person knows the password, so the name is theirs, and the answer may say so.
            Refusal::NameTaken if is_owner => Refusal::LoggedInElsewhere,
            other => other,
        })
    }

    /// The answer to a person who has entered a room. A person who cannot get its messages leaves it
    /// again.
    fn inside(&mut self, peer: Peer, room: &Name, now: Now) -> Result<Dict, Refusal> {
        if self.roster.session(peer).is_none() {
            return Ok(Dict::new());
        }
        let backlog = self.log.page(room, None, self.limits.backlog).inspect_err(|_| {
            let exit = PresenceChange::Exit { peer, room: Name::clone(room) };
            self.append_surely(exit, now.wall);
        })?;
        let members = self.roster.members(room).ok_or(Refusal::NotInRoom)?;
        let body = Dict::new().with("room", &**room).with("online", members.count());
        Ok(body.with("messages", backlog.to_list()))
    }
}
