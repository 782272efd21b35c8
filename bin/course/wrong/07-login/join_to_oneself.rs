//! Announces a login to everyone, and so to the peer that has logged in.
//!
//! Fails: NAME-4, NAME-5, NAME-6, NAME-7, NAME-8, NAME-9, NAME-12, NAME-13

impl Roster {
    pub(crate) fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        let name = self.rooms.enter(LOBBY, username, peer)?;
        self.connected_mut(peer).name = Some(Name::clone(&name));
        let lobby = self.rooms.lobby_mut();
        let body = change(LOBBY, &name, lobby.count());
        replies.say_to_all(lobby.everyone(), Response::ok("join", body));
        Ok(name)
    }
}
