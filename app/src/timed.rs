//! The log of a chat, with the time at which the chat uses it.

use std::ops::{Deref, DerefMut};

use crate::Timestamp;
use crate::log::Log;

/// A log and the time of the current event. Bans and mutes end by the clock, so a check of them needs
/// the time, wherever it is made.
pub(crate) struct Timed {
    log: Box<dyn Log>,
    /// The time of the current event, on the wall clock.
    pub(crate) time: Timestamp,
}

impl Timed {
    /// The log before the first event.
    pub(crate) fn new(log: Box<dyn Log>) -> Timed {
        Timed { log, time: Timestamp::UNIX_EPOCH }
    }
}

impl Deref for Timed {
    type Target = dyn Log + 'static;

    fn deref(&self) -> &(dyn Log + 'static) {
        &*self.log
    }
}

impl DerefMut for Timed {
    fn deref_mut(&mut self) -> &mut (dyn Log + 'static) {
        &mut *self.log
    }
}
