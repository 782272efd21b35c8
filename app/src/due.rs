//! What time brings. The chat has no clock; whoever has one asks it when to come again.

use std::time::Duration;

use crate::{Chat, Now, Replies};

impl Chat {
    /// Does what is due at this moment.
    pub fn tick(&mut self, now: Now, replies: &mut Replies) {
        self.hang_up_on_late(now, replies);
        self.expires = self.log.expire(now);
    }

    /// How long nothing has to be done if nothing happens: until then [`tick`](Chat::tick) would
    /// do nothing. `None` is for ever.
    pub fn idle(&self, now: Now) -> Option<Duration> {
        let then = self.next_late().into_iter().chain(self.expires).min()?;
        Some(then.since(now.monotonic))
    }
}
