//! Rooms: the lobby, where everybody is who is logged in, and others that are joined by name.
//!
//! A room needs no founding: it is there while somebody is in it. What was said there is kept by
//! the log all the same, so whoever comes next finds it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use parse::{Dict, Peer, Response};

use crate::leaving::Parting;
use crate::people::{self, Name, People};
use crate::{Chat, Refusal, Replies};

/// Where everybody is who is logged in.
pub(crate) const LOBBY: &str = "lobby";

/// In how many rooms one can be, besides the lobby.
const MOST: usize = 16;

/// The rooms that somebody is in, but for the lobby.
pub(crate) type Rooms = BTreeMap<Name, People>;

/// The name of a room, as it is kept: in lower case.
///
/// # Errors
/// When it has another character than `[A-Za-z0-9_]` in it, or is empty or over the `limit`.
pub(crate) fn read(room: &str, limit: usize) -> Result<Name, Refusal> {
    if !people::is_word(room, limit) {
        return Err(Refusal::InvalidRoom);
    }
    Ok(room.to_ascii_lowercase().into())
}

impl Chat {
    /// Those who are in a room; `None` when nobody is.
    pub(crate) fn members(&mut self, room: &str) -> Option<&mut People> {
        if room == LOBBY { Some(&mut self.people) } else { self.rooms.get_mut(room) }
    }

    /// Lets somebody into a room, and tells the others there.
    ///
    /// # Errors
    /// When it is there already, or in too many others.
    pub(crate) fn enter_room(
        &mut self,
        room: &Name,
        name: &str,
        peer: Peer,
        replies: &mut Replies,
    ) -> Result<(), Refusal> {
        let session = self.sessions.get_mut(&peer).ok_or(Refusal::NotLoggedIn)?;
        if **room == *LOBBY || session.rooms.contains(room) {
            return Err(Refusal::InRoomAlready);
        }
        if session.rooms.len() >= MOST {
            return Err(Refusal::TooManyRooms);
        }
        // Under a name that is unique in the lobby it is unique here.
        self.rooms.entry(Name::clone(room)).or_default().enter(name, peer)?;
        session.rooms.push(Name::clone(room));
        self.announce("entered", room, name, peer, replies);
        Ok(())
    }

    /// Lets somebody out of a room, and tells the others there.
    ///
    /// # Errors
    /// When it is not there, or when it is the lobby.
    pub(crate) fn leave_room(
        &mut self,
        room: &Name,
        name: &str,
        peer: Peer,
        replies: &mut Replies,
    ) -> Result<(), Refusal> {
        if **room == *LOBBY {
            return Err(Refusal::LobbyStays);
        }
        let session = self.sessions.get_mut(&peer).ok_or(Refusal::NotLoggedIn)?;
        let at = session.rooms.iter().position(|joined| joined == room);
        session.rooms.remove(at.ok_or(Refusal::NotInRoom)?);
        self.go_out(room, name, peer, replies);
        Ok(())
    }

    /// Lets somebody out of all rooms, and of the lobby last, where the others learn how that came;
    /// the name is free again.
    pub(crate) fn leave_all(
        &mut self,
        name: &str,
        peer: Peer,
        rooms: &[Name],
        parting: Parting,
        replies: &mut Replies,
    ) {
        for room in rooms {
            self.go_out(room, name, peer, replies);
        }
        self.people.leave(name);
        let mut body = somebody(LOBBY, name, self.people.count());
        if parting == Parting::Broken {
            body.insert("broken", true);
        }
        replies.say_to_all(self.people.everyone().except(peer), Response::ok("leave", body));
    }

    fn go_out(&mut self, room: &Name, name: &str, peer: Peer, replies: &mut Replies) {
        if let Entry::Occupied(mut members) = self.rooms.entry(Name::clone(room)) {
            members.get_mut().leave(name);
            if members.get().count() == 0 {
                members.remove();
            }
        }
        self.announce("exited", room, name, peer, replies);
    }

    /// Tells everybody in a room but the peer itself that somebody came or went.
    ///
    /// What happens in the lobby is called `join` and `leave`, and has no `room`: so it was before
    /// there were rooms, and a client that never heard of them gets nothing else. In the others
    /// it is called `entered` and `exited`, so that it is not taken for the answer to a `join`.
    pub(crate) fn announce(
        &mut self,
        what: &'static str,
        room: &str,
        name: &str,
        peer: Peer,
        replies: &mut Replies,
    ) {
        let Some(members) = self.members(room) else { return };
        let body = somebody(room, name, members.count());
        replies.say_to_all(members.everyone().except(peer), Response::ok(what, body));
    }
}

/// A body about somebody who came or went, and about how many are there now.
fn somebody(room: &str, name: &str, online: usize) -> Dict {
    in_room(room).with("username", name).with("online", online)
}

/// A body that begins with the room, unless that is the lobby.
pub(crate) fn in_room(room: &str) -> Dict {
    if room == LOBBY { Dict::new() } else { Dict::new().with("room", room) }
}
