//! Waits of the threads for a return to the server.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Conversation, Known};
use crate::reconnect::Wish;

impl Conversation {
    /// Waits while the client is on its way back to the conversation, or is about to be.
    pub(crate) fn wait_for_return(&self) {
        let mut known = self.known();
        while known.returning.is_some() || known.is_breaking() {
            known = self.shared.1.wait(known).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for the page of a search, or until the connection is closed. Returns `false` if `timeout` passes
    /// first.
    pub(crate) fn wait_for_page(&self, timeout: Duration) -> bool {
        let waits = |known: &mut Known| !known.closed && !known.has_page();
        let waited = self.shared.1.wait_timeout_while(self.known(), timeout, waits);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Waits for this time, or until the person wants the next attempt to connect, or none. Returns this wish.
    pub(crate) fn wait_for_wish(&self, time: Duration) -> Wish {
        let waits = |known: &mut Known| !known.hurries && !known.is_given_up();
        let waited = self.shared.1.wait_timeout_while(self.known(), time, waits);
        let mut known = waited.unwrap_or_else(PoisonError::into_inner).0;
        match std::mem::take(&mut known.hurries) {
            _ if known.is_given_up() => Wish::Stop,
            true => Wish::Hurry,
            false => Wish::Wait,
        }
    }
}
