//! Sends as many earlier messages as `history` does, which has a larger limit.
//!
//! Fails: NAME-5

impl State {
    pub(crate) fn log_in(
        &mut self,
        peer: Peer,
        username: &str,
        proof: Option<Proof>,
        replies: &mut Replies,
    ) -> Result<Dict, Refusal> {
        let backlog = self.log.page(LOBBY, None, self.limits.history)?;
        let name = self.enter(peer, username, replies)?;
        self.roster.connected_mut(peer).proof = proof;
        Ok(Dict::new().with("username", &*name).with("messages", backlog.to_list()))
    }
}
