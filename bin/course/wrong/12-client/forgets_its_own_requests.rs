//! Waits for the requests of the person only, and forgets the end of the connection.
//!
//! Fails: SCREEN-8, SCREEN-10

impl Conversation {
    pub(crate) fn wait(&self, timeout: Duration) -> bool {
        let until = Instant::now() + timeout;
        let mut known = self.known();
        while !known.asked.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.1.wait_timeout(known, left);
            known = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
