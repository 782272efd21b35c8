//! What time brings. The chat has no clock; whoever has one asks it when to come again.

use std::time::Duration;

use crate::{Chat, Now, Replies};

/// Least time until a login deadline after the process stood still. The server reads what peers sent
/// meanwhile in that time, also with threads that have to wake up first.
const GRACE: Duration = Duration::from_secs(5);

impl Chat {
    /// Puts off login deadlines, because the process stood still until this moment: a peer may have sent
    /// its login in time, and the server has not read it yet.
    pub fn stood_still(&mut self, now: Now) {
        tracing::warn!("the process stood still; login deadlines are put off");
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
