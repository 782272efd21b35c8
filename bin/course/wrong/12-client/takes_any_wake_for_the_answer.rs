//! Waits once, and takes whatever wakes it for the last answer.
//!
//! Fails: SHOW-11

impl Conversation {
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let known = self.known();
        if known.closed || known.asked.len() + known.own == 0 {
            return true;
        }
        let waited = self.shared.1.wait_timeout(known, timeout);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}
