//! The loop that connects the chat to the layer below.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parse::{Drained, Event, Server};

use crate::{Chat, Moment, Now, Replies, Reply, Timestamp};

/// What everybody is told when the server goes.
const FAREWELL: &str = "The server is shutting down.";

/// How many events there is always room for.
const KEPT: usize = 4096;

/// Most time that a turn takes beyond the timeout of its wait. A turn that takes longer shows that the
/// process stood still (SIGSTOP, a frozen container).
const LATE: Duration = Duration::from_secs(1);

/// Serves until `stop` is set or an administrator ends it, then drains within `deadline`. Whoever
/// sets `stop` wakes the server afterwards, with its [`waker`](Server::waker).
///
/// This is the whole main path, downwards: pull a batch of events, let the chat decide on each,
/// hand over what it answered.
pub fn serve(mut server: Server, mut chat: Chat, stop: &AtomicBool, deadline: Duration) -> Drained {
    let clock = Clock(Instant::now());
    let looked = Instant::now();
    let mut turns = Turns { clock, events: Vec::new(), replies: Replies::new(), looked };
    // How old the history is, is judged from the first tick on.
    chat.tick(turns.clock.now(), &mut turns.replies);
    while !stop.load(Ordering::Acquire) && !chat.is_over() {
        let timeout = chat.idle(turns.clock.now());
        turns.take(&mut server, &mut chat, timeout);
    }
    // One more look: what was asked before that is still answered.
    turns.take(&mut server, &mut chat, Some(Duration::ZERO));
    chat.end();
    // What is with the log or with the passwords is answered, too; but a disk that hangs must not
    // take the time that it needs to tell everybody.
    let began = Instant::now();
    let until = began + deadline / 2;
    while chat.is_busy() && Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now());
        turns.take(&mut server, &mut chat, Some(left));
    }
    chat.farewell(FAREWELL, &mut turns.replies);
    answer(&mut server, &mut turns.replies);
    server.shutdown(deadline.saturating_sub(began.elapsed()))
}

/// What is used in each turn, and kept for its memory.
struct Turns {
    clock: Clock,
    events: Vec<Event>,
    replies: Replies,
    /// When the last wait ended.
    looked: Instant,
}

impl Turns {
    /// Waits until something happened, and sees to all of it.
    fn take(&mut self, server: &mut Server, chat: &mut Chat, timeout: Option<Duration>) {
        let Turns { clock, events, replies, looked } = self;
        // What is due now is judged after this look, and what becomes due meanwhile after the next.
        let due = clock.now();
        server.recv(events, timeout);
        if timeout.is_some_and(|timeout| looked.elapsed() > timeout + LATE) {
            chat.stood_still(clock.now());
        }
        *looked = Instant::now();
        for event in events.drain(..) {
            chat.handle(event, clock.now(), replies);
            // Nothing waits for this; it only keeps the lists of who is told what short.
            answer(server, replies);
        }
        // What a log hands back in its own time, after it woke us.
        chat.deliver(clock.now(), replies);
        chat.tick(due, replies);
        answer(server, replies);
        // After a flood, not the memory of it.
        events.shrink_to(KEPT);
    }
}

/// Both clocks; the monotonic one started here.
struct Clock(Instant);

impl Clock {
    fn now(&self) -> Now {
        Now { wall: Timestamp::now(), monotonic: Moment::new(self.0.elapsed()) }
    }
}

/// Does what the chat has decided.
fn answer(server: &mut Server, replies: &mut Replies) {
    for reply in replies.drain() {
        match reply {
            Reply::Say(audience, response) => server.send(&audience, &response),
            Reply::Close(peer) => server.close(peer),
        }
    }
}
