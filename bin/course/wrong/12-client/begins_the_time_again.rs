//! Gives every wake the whole time again, so that a busy chat makes the client wait without end.
//!
//! Fails: SCREEN-11

impl Conversation {
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let mut known = self.known();
        while !known.closed && known.asked.len() + known.own.len() > 0 {
            let waited = self.shared.1.wait_timeout(known, timeout);
            let (guard, over) = waited.unwrap_or_else(PoisonError::into_inner);
            if over.timed_out() {
                return false;
            }
            known = guard;
        }
        true
    }
}
