//! Leaves the login deadline running after the login.
//!
//! Fails: NAME-12, NAME-13

impl State {
    fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        moderation::check_name(&*self.log, username)?;
        self.roster.enter(peer, username, replies)
    }
}
