//! The loop that connects the chat to the layer below.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parse::{Drained, Server};

use crate::{Chat, Replies, Reply, Timestamp};

/// What everybody is told when the server goes.
const FAREWELL: &str = "The server is shutting down.";

/// How many events there is always room for.
const KEPT: usize = 4096;

/// Serves until `stop` is set, then drains within `deadline`. Whoever sets `stop` wakes the
/// server afterwards, with its [`waker`](Server::waker).
///
/// This is the whole main path, downwards: pull a batch of events, let the chat decide on each,
/// hand over what it answered.
pub fn serve(mut server: Server, mut chat: Chat, stop: &AtomicBool, deadline: Duration) -> Drained {
    let mut events = Vec::new();
    let mut replies = Replies::new();
    loop {
        let stopping = stop.load(Ordering::Acquire);
        // One more look when stopping: what was asked before that is still answered.
        let timeout = if stopping { Some(Duration::ZERO) } else { chat.idle(Timestamp::now()) };
        server.recv(&mut events, timeout);
        for event in events.drain(..) {
            chat.handle(event, Timestamp::now(), &mut replies);
            // Nothing waits for this; it only keeps the lists of who is told what short.
            answer(&mut server, &mut replies);
        }
        // What a log hands back in its own time, after it woke us.
        chat.deliver(&mut replies);
        chat.tick(Timestamp::now(), &mut replies);
        // After a flood, not the memory of it.
        events.shrink_to(KEPT);
        if stopping {
            chat.farewell(FAREWELL, &mut replies);
        }
        answer(&mut server, &mut replies);
        if stopping {
            return server.shutdown(deadline);
        }
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
