//! Takes the name from the session and leaves it in the lobby.
//!
//! Fails: NAME-9

impl Roster {
    pub(crate) fn leave(&mut self, peer: Peer, replies: &mut Replies) -> Option<Name> {
        let name = self.connected_mut(peer).name.take()?;
        let lobby = self.rooms.lobby_mut();
        let body = change(LOBBY, &name, lobby.count() - 1);
        replies.say_to_all(lobby.everyone().except(peer), Response::ok("leave", body));
        Some(name)
    }
}
