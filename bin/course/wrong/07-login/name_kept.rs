//! Takes the name out of the lobby and leaves it in the session, so the peer can still speak.
//!
//! Fails: NAME-9, NAME-14

impl Roster {
    pub(crate) fn leave(&mut self, peer: Peer, replies: &mut Replies) -> Option<Name> {
        let session = self.connected_mut(peer);
        let name = session.name.clone()?;
        let rooms = std::mem::take(&mut session.rooms);
        self.leave_all(&name, peer, &rooms, Departure::Orderly, replies);
        Some(name)
    }
}
