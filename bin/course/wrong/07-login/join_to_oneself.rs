//! Announces a login to everyone, and so to the peer that has logged in.
//!
//! Fails: LOGIN-3, LOGIN-4, LOGIN-5, LOGIN-6, LOGIN-7, LOGIN-8, LOGIN-9, LOGIN-12, LOGIN-13

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
