//! What time brings. The chat has no clock; whoever has one asks it when to come again.

use std::time::Duration;

use crate::{Chat, Now, Replies};

/// How long a peer has at least to do what it is late with, after the process stood still. What it has
/// sent meanwhile is read in that time, also by threads that have to wake up first.
const GRACE: Duration = Duration::from_secs(5);

impl Chat {
    /// The process stood still until this moment. Peers may have done in time what they had to do, and
    /// nobody has looked yet.
    pub fn stood_still(&mut self, now: Now) {
        tracing::warn!("the process stood still; nobody is late because of that");
        self.put_off_late(now.monotonic.after(GRACE));
    }

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
