//! What time brings. The chat has no clock; whoever has one asks it when to come again.

use std::time::Duration;

use crate::{Chat, Replies, Timestamp};

/// How long it is from one moment to a later one; nothing if it is not later, since a clock may be
/// set back.
pub(crate) fn between(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or(Duration::ZERO)
}

impl Chat {
    /// Does what is due at this moment.
    pub fn tick(&mut self, now: Timestamp, replies: &mut Replies) {
        self.hang_up_on_late(now, replies);
        self.expires = self.log.expire(now);
    }

    /// How long nothing has to be done if nothing happens: until then [`tick`](Chat::tick) would
    /// do nothing. `None` is for ever.
    pub fn idle(&self, now: Timestamp) -> Option<Duration> {
        let then = self.next_late().into_iter().chain(self.expires).min()?;
        Some(between(now, then))
    }
}
