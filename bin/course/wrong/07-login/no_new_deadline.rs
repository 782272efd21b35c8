//! Starts no deadline after a logout, so a peer can stay forever without a name.
//!
//! Fails: NAME-11

impl State {
    pub(crate) fn log_out(
        &mut self,
        peer: Peer,
        _now: Now,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        let proof = self.roster.connected_mut(peer).proof.take();
        let account = proof.map(|proof| proof.account);
        self.roster.leave(peer, replies).or(account).ok_or(Refusal::NothingToLogOut)
    }
}
