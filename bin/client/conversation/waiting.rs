//! Waits of the threads for a return to the server.

use std::sync::PoisonError;
use std::time::Duration;

use super::Conversation;

impl Conversation {
    /// Waits while the client is on its way back to the conversation, or is about to be.
    pub(crate) fn wait_for_return(&self) {
        let mut known = self.known();
        while known.returning.is_some() || known.is_breaking() {
            known = self.shared.1.wait(known).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for this time, or until the person asks for the next attempt to connect. Returns whether they do.
    pub(crate) fn wait_for_hurry(&self, time: Duration) -> bool {
        let waited = self.shared.1.wait_timeout_while(self.known(), time, |known| !known.hurries);
        let mut known = waited.unwrap_or_else(PoisonError::into_inner).0;
        std::mem::take(&mut known.hurries)
    }
}
