//! Cancels the login deadline before the ban and the name are checked, so a refused peer can stay.
//!
//! Fails: NAME-12

impl State {
    fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        self.timers.cancel_login(peer);
        moderation::check_name(&*self.log, username)?;
        self.roster.enter(peer, username, replies)
    }
}
