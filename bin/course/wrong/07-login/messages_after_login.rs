//! Logs the peer in before it reads the earlier messages, and keeps it logged in if that fails.
//!
//! Fails: NAME-6

impl State {
    pub(crate) fn log_in(
        &mut self,
        peer: Peer,
        username: &str,
        proof: Option<Proof>,
        replies: &mut Replies,
    ) -> Result<Dict, Refusal> {
        let name = self.enter(peer, username, replies)?;
        self.roster.connected_mut(peer).proof = proof;
        let backlog = self.log.page(LOBBY, None, self.limits.backlog)?;
        Ok(Dict::new().with("username", &*name).with("messages", backlog.to_list()))
    }
}
