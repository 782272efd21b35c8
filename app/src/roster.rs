//! The roster: which peers are connected, under which names, and in which rooms.
//!
//! It announces every change to the other members of a room. A change in the lobby is announced as
//! `join` or `leave`, without a `room`, so that a client that knows no rooms understands it. A
//! change in another room is announced as `entered` or `exited`, so that a client does not mistake
//! it for the answer to its own `join` or `leave`.

mod away;
mod whispers;

use std::collections::HashMap;
use std::sync::Arc;

use parse::{Arrival, Audience, CloseReason, Dict, Peer, Response};

use crate::log::Departure;
use crate::people::{Name, People, Person};
use crate::rooms::{LOBBY, Rooms, in_room};
use crate::session::Session;
use crate::unconfirmed::Ended;
use crate::{Figures, Moment, Now, Refusal, Replies};

pub(crate) use away::{Away, wall_of};

/// The most rooms that a peer can be in, besides the lobby.
const MOST_ROOMS: usize = 16;

/// The connected peers, their names and their rooms.
#[derive(Debug)]
pub(crate) struct Roster {
    sessions: HashMap<Peer, Session>,
    /// The people without a session here.
    away: HashMap<Peer, Away>,
    rooms: Rooms,
    /// The latest whispers to peers that are gone.
    unconfirmed: Ended,
    figures: Arc<Figures>,
}

/// Connections.
impl Roster {
    /// Creates a roster without peers. It counts them in these figures.
    pub(crate) fn new(figures: Arc<Figures>) -> Roster {
        let (sessions, away, rooms, unconfirmed) = Default::default();
        Roster { sessions, away, rooms, unconfirmed, figures }
    }

    /// The counters of the chat.
    pub(crate) fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.figures)
    }

    /// Counts a peer under the dialect and the standing that it has now.
    pub(crate) fn count(&mut self, peer: Peer) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.count(&self.figures);
        }
    }

    /// Counts all peers anew.
    pub(crate) fn count_all(&mut self) {
        self.sessions.values_mut().for_each(|session| session.count(&self.figures));
    }

    /// Adds a peer that has connected.
    pub(crate) fn connect(&mut self, peer: Peer, arrival: Arrival, now: Moment) {
        tracing::debug!(%peer, address = %arrival.address, "accepted");
        self.sessions.insert(peer, Session::new(arrival, now));
    }

    /// Records the dialect that a peer turned out to speak.
    pub(crate) fn set_dialect(&mut self, peer: Peer, dialect: &'static str) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.arrival.dialect = dialect;
        }
    }

    /// Records that a peer has sent something, and logs its connection the first time. A health
    /// check connects every few seconds and sends nothing, so it is not logged.
    pub(crate) fn has_spoken(&mut self, peer: Peer) {
        if let Some(session) = self.sessions.get_mut(&peer)
            && !session.has_spoken
        {
            session.has_spoken = true;
            let Arrival { address, dialect, .. } = session.arrival;
            tracing::info!(%peer, %address, dialect, "connected");
        }
    }

    /// Closes the connection to a peer. The session ends with [`disconnect`](Roster::disconnect).
    pub(crate) fn close(&mut self, peer: Peer, replies: &mut Replies) {
        if let Some(session) = self.sessions.get_mut(&peer)
            && !session.closing
        {
            session.closing = true;
            session.count(&self.figures);
            replies.close(peer);
        }
    }

    /// Removes the session of a peer whose connection has ended. A person keeps their name and rooms
    /// until they [depart](Roster::depart); nothing is sent to them any more. Returns the departure and
    /// its reason, if the peer has a name or has asked the log for one: then it has to depart.
    pub(crate) fn disconnect(
        &mut self,
        peer: Peer,
        reason: CloseReason,
        now: Now,
    ) -> Option<(Departure, Option<String>)> {
        let mut session = self.sessions.remove(&peer)?;
        let name = session.name.as_deref();
        let address = session.arrival.address;
        if session.has_spoken {
            tracing::info!(%peer, %address, name, %reason, "disconnected");
        } else {
            tracing::debug!(%peer, %address, name, %reason, "disconnected without a frame");
        }
        let departs = session.name.is_some() || session.arriving.is_some();
        if session.name.is_some() {
            self.rooms.lobby_mut().silence(peer);
            for room in &session.rooms {
                self.rooms.members(room).into_iter().for_each(|members| members.silence(peer));
            }
        }
        self.away.extend(Away::of_session(&session, now).map(|person| (peer, person)));
        self.unconfirmed.keep(session.unconfirmed);
        let expected = session.departure.take();
        departs.then(|| expected.unwrap_or((departure(reason), None)))
    }

    /// Sets what will end the session of a peer, and the reason.
    pub(crate) fn prepare(&mut self, peer: Peer, departure: Departure, reason: Option<String>) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.departure = Some((departure, reason));
        }
    }

    /// The session of a peer. Returns `None` if the connection has ended.
    pub(crate) fn session(&self, peer: Peer) -> Option<&Session> {
        self.sessions.get(&peer)
    }

    /// The session of a peer, to be changed. Returns `None` if the connection has ended.
    pub(crate) fn session_mut(&mut self, peer: Peer) -> Option<&mut Session> {
        self.sessions.get_mut(&peer)
    }

    /// The session of a peer whose request is running.
    ///
    /// # Panics
    /// If the connection has ended. Then its request must not run.
    #[expect(clippy::expect_used, reason = "a request runs only while its peer is connected")]
    pub(crate) fn connected(&self, peer: Peer) -> &Session {
        self.session(peer).expect("a peer that is connected")
    }

    /// The session of a peer whose request is running, to be changed.
    ///
    /// # Panics
    /// If the connection has ended. Then its request must not run.
    #[expect(clippy::expect_used, reason = "a request runs only while its peer is connected")]
    pub(crate) fn connected_mut(&mut self, peer: Peer) -> &mut Session {
        self.session_mut(peer).expect("a peer that is connected")
    }

    /// All sessions, in no particular order.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = (Peer, &Session)> {
        self.sessions.iter().map(|(peer, session)| (*peer, session))
    }

    /// All connected peers, with or without a name.
    pub(crate) fn everyone(&self) -> Audience {
        self.sessions.keys().copied().collect()
    }

    /// Whether the chat has closed the connection to this peer, or the connection has ended.
    pub(crate) fn is_closing(&self, peer: Peer) -> bool {
        self.session(peer).is_none_or(|session| session.closing)
    }

    /// Whether this peer only observes.
    pub(crate) fn is_observer(&self, peer: Peer) -> bool {
        self.session(peer).is_some_and(Session::is_observer)
    }

    /// Whether this peer is logged in under exactly this name.
    pub(crate) fn is_here(&self, peer: Peer, name: &str) -> bool {
        self.session(peer).is_some_and(|session| session.name.as_deref() == Some(name))
    }
}

/// Names and rooms.
impl Roster {
    /// Finds a person by name, in any case.
    pub(crate) fn find(&self, name: &str) -> Option<Person> {
        self.rooms.lobby().find(name)
    }

    /// Whether another peer is logged in under this name.
    pub(crate) fn is_taken(&self, name: &str, peer: Peer) -> bool {
        self.find(name).is_some_and(|person| person.peer != peer)
    }

    /// The lobby and the other rooms.
    pub(crate) fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// The members of a room. Returns `None` if it has none.
    pub(crate) fn members(&mut self, room: &str) -> Option<&mut People> {
        self.rooms.members(room)
    }

    /// Logs a peer in under a name: adds it to the lobby, gives its session the name, and sends
    /// `join` to the other members of the lobby. Returns the shared copy of the name.
    ///
    /// # Errors
    /// Returns an error if another peer has the name. Then nothing changes, and no peer is told.
    pub(crate) fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        let name = self.rooms.enter(LOBBY, username, peer)?;
        self.connected_mut(peer).name = Some(Name::clone(&name));
        self.announce("join", LOBBY, &name, peer, replies);
        Ok(name)
    }

    /// Takes the name and the rooms of a peer away, and tells the other members of each room and of
    /// the lobby (`leave_all`) of an orderly departure. The proof stays: `State::log_out`
    /// takes it. Returns the name, or `None` if the peer had none; then nothing changes.
    pub(crate) fn leave(&mut self, peer: Peer, replies: &mut Replies) -> Option<Name> {
        let session = self.connected_mut(peer);
        let name = session.name.take()?;
        let rooms = std::mem::take(&mut session.rooms);
        self.leave_all(&name, peer, &rooms, Departure::Orderly, replies);
        Some(name)
    }

    /// Adds a person to a room, and tells the others there.
    ///
    /// # Errors
    /// Returns an error if the peer has no name, or if they are in that room already, or in too many
    /// other rooms.
    pub(crate) fn enter_room(
        &mut self,
        room: &Name,
        peer: Peer,
        replies: &mut Replies,
    ) -> Result<(), Refusal> {
        let (name, rooms) = self.belongings(peer).ok_or(Refusal::NotLoggedIn)?;
        if **room == *LOBBY || rooms.contains(room) {
            return Err(Refusal::InRoomAlready);
        }
        if rooms.len() >= MOST_ROOMS {
            return Err(Refusal::TooManyRooms);
        }
        rooms.push(Name::clone(room));
        // A name that is unique in the lobby is unique in every room.
        self.rooms.enter(room, &name, peer)?;
        self.announce("entered", room, &name, peer, replies);
        Ok(())
    }

    /// Removes a person from a room, and tells the others there.
    ///
    /// # Errors
    /// Returns an error if the peer has no name, if they are not in that room, or if it is the lobby.
    pub(crate) fn leave_room(
        &mut self,
        room: &Name,
        peer: Peer,
        replies: &mut Replies,
    ) -> Result<(), Refusal> {
        if **room == *LOBBY {
            return Err(Refusal::LobbyStays);
        }
        let (name, rooms) = self.belongings(peer).ok_or(Refusal::NotLoggedIn)?;
        let at = rooms.iter().position(|joined| joined == room);
        rooms.remove(at.ok_or(Refusal::NotInRoom)?);
        self.exit(room, &name, peer, replies);
        Ok(())
    }

    /// The name and the rooms of a person.
    fn belongings(&mut self, peer: Peer) -> Option<(Name, &mut Vec<Name>)> {
        if let Some(person) = self.away.get_mut(&peer) {
            return Some((Name::clone(&person.name), &mut person.rooms));
        }
        let session = self.sessions.get_mut(&peer)?;
        Some((session.name.clone()?, &mut session.rooms))
    }

    /// Removes a person from all rooms, and from the lobby last. The name is free again. The lobby
    /// gets the departure, unless another one was [prepared](Roster::prepare).
    fn leave_all(
        &mut self,
        name: &str,
        peer: Peer,
        rooms: &[Name],
        departure: Departure,
        replies: &mut Replies,
    ) {
        let session = self.sessions.get_mut(&peer);
        let prepared = session.and_then(|session| session.departure.take());
        let (departure, reason) = prepared.unwrap_or((departure, None));
        self.leave_with(name, peer, rooms, departure, reason, replies);
    }

    /// Removes a person from all rooms, and from the lobby last. The lobby gets the departure and the reason.
    fn leave_with(
        &mut self,
        name: &str,
        peer: Peer,
        rooms: &[Name],
        departure: Departure,
        reason: Option<String>,
        replies: &mut Replies,
    ) {
        for room in rooms {
            self.exit(room, name, peer, replies);
        }
        self.rooms.leave(LOBBY, name);
        let lobby = self.rooms.lobby_mut();
        let mut body = change(LOBBY, name, lobby.count());
        if departure == Departure::Broken {
            body.insert("broken", true);
        }
        departure.act().into_iter().for_each(|act| body.insert("departure", act));
        if let Some(reason) = reason {
            body.insert("reason", reason);
        }
        replies.say_to_all(lobby.everyone().except(peer), Response::ok("leave", body));
    }

    fn exit(&mut self, room: &Name, name: &str, peer: Peer, replies: &mut Replies) {
        self.rooms.leave(room, name);
        self.announce("exited", room, name, peer, replies);
    }

    /// Tells every member of a room except the peer itself about a change.
    fn announce(
        &mut self,
        what: &'static str,
        room: &str,
        name: &str,
        peer: Peer,
        replies: &mut Replies,
    ) {
        let Some(members) = self.rooms.members(room) else { return };
        let body = change(room, name, members.count());
        replies.say_to_all(members.everyone().except(peer), Response::ok(what, body));
    }
}

/// The departure of a peer whose connection ended like this.
fn departure(reason: CloseReason) -> Departure {
    match reason {
        // The peer ended the connection, or the server ended it and told the peer why.
        CloseReason::Finished
        | CloseReason::Asked
        | CloseReason::Unframed
        | CloseReason::Flooded => Departure::Orderly,
        // The network failed. A peer that does not read looks the same: the last frames that
        // the server sent are lost, too.
        CloseReason::Broken(_) | CloseReason::Stalled | CloseReason::OutboxFull { .. } => {
            Departure::Broken
        }
        // The server failed. (An anonymous peer has a name before it has a thread.)
        CloseReason::Refused(_) | CloseReason::Bug => Departure::Broken,
    }
}

/// A body that names a person, and says how many members the room has now.
fn change(room: &str, name: &str, online: usize) -> Dict {
    in_room(room).with("username", name).with("online", online)
}
