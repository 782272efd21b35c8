//! Whispers that a lost connection may have swallowed, and the session over that connection.

use parse::Peer;

use super::Roster;
use crate::{Message, Timestamp};

impl Roster {
    /// Keeps a whisper to a peer, in case that its connection is about to break.
    pub(crate) fn note_whisper(&mut self, peer: Peer, whisper: &Message) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.unconfirmed.note(whisper);
        }
    }

    /// Finds the session under this name that the client of a peer has lost. Its whispers are for the next login.
    pub(crate) fn supersede(&mut self, peer: Peer, username: &str) -> Option<Peer> {
        let old = self.find(username)?.peer;
        let (new, lost) = (self.session(peer)?, self.session(old)?);
        if old == peer || !new.unconfirmed.is_of_same_client(&lost.unconfirmed) {
            return None;
        }
        self.give_up_whispers(old);
        self.session_mut(old)?.superseded = true;
        Some(old)
    }

    /// Ends the session of a peer as far as its whispers are concerned: the next login may get them.
    pub(crate) fn give_up_whispers(&mut self, peer: Peer) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            self.unconfirmed.keep(std::mem::take(&mut session.unconfirmed));
        }
    }

    /// The whispers to earlier sessions of the client of this peer.
    pub(crate) fn resume_whispers(&mut self, peer: Peer, now: Timestamp) -> Vec<Message> {
        let session = self.sessions.get_mut(&peer);
        session.map_or(Vec::new(), |it| self.unconfirmed.resume(&mut it.unconfirmed, now))
    }
}
