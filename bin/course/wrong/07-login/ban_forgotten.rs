//! Does not check the ban, because the request was checked when it arrived.
//!
//! Fails: NAME-8

impl State {
    fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        let name = self.roster.enter(peer, username, replies)?;
        self.timers.cancel_login(peer);
        Ok(name)
    }
}
