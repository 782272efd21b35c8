//! Knows only peers with a name, so an observer cannot log out.
//!
//! Fails: NAME-13

impl State {
    pub(crate) fn log_out(
        &mut self,
        peer: Peer,
        now: Now,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        let name = self.roster.leave(peer, replies).ok_or(Refusal::NothingToLogOut)?;
        self.roster.connected_mut(peer).proof = None;
        self.await_login(peer, now);
        Ok(name)
    }
}
