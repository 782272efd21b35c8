//! Gives the session the name before it is known whether the name is free.
//!
//! Fails: NAME-7

impl Roster {
    pub(crate) fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        self.connected_mut(peer).name = Some(username.into());
        let name = self.rooms.enter(LOBBY, username, peer)?;
        self.announce("join", LOBBY, &name, peer, replies);
        Ok(name)
    }
}
