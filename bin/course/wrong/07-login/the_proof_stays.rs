//! Takes the proof only from an observer, so a peer that gave a password cannot log in again.
//!
//! Fails: NAME-9

impl State {
    pub(crate) fn log_out(
        &mut self,
        peer: Peer,
        now: Now,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        if let Some(name) = self.roster.leave(peer, replies) {
            self.await_login(peer, now);
            return Ok(name);
        }
        let proof = self.roster.connected_mut(peer).proof.take();
        proof.map(|proof| proof.account).ok_or(Refusal::NothingToLogOut)
    }
}
