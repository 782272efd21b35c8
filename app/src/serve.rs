//! The loop that connects the chat to `parse`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use parse::{Drained, Event, Response, Server};

use crate::trace::Tracer;
use crate::{Chat, Figures, Inquiries, Moment, Now, Replies, Reply, Timestamp};

/// The notice to every peer when the server ends.
const FAREWELL: &str = "The server is shutting down.";

/// The capacity of the event list that survives a flood.
const KEPT: usize = 4096;

/// The most time that a turn takes beyond the timeout of its wait. A longer turn means that the
/// process stood still (SIGSTOP, a frozen container).
const LATE: Duration = Duration::from_secs(1);

/// Serves until `stop` is set or an administrator ends the chat, then drains within `deadline`. The
/// thread that sets `stop` wakes the server afterwards, with its [`waker`](Server::waker).
///
/// This is the whole main path: pull a batch of events, let the chat handle each, carry out its
/// replies. Each turn also answers the `inquiries` of other threads, until the drain begins.
pub fn serve(
    mut server: Server,
    mut chat: Chat,
    stop: &AtomicBool,
    inquiries: Inquiries,
    deadline: Duration,
) -> Drained {
    let clock = Clock(Instant::now());
    let (looked, figures, tracer) = (Instant::now(), chat.figures(), chat.tracer().clone());
    let (events, replies) = (Vec::new(), Replies::new());
    let mut turns = Turns { clock, events, replies, looked, figures, tracer };
    // The log measures the age of messages from the first tick on.
    chat.tick(turns.clock.now(), &mut turns.replies);
    while !stop.load(Ordering::Acquire) && !chat.is_over() {
        let timeout = chat.idle(turns.clock.now());
        turns.take(&mut server, &mut chat, timeout);
        inquiries.answer(&mut chat);
    }
    drop(inquiries);
    // Answer the requests that arrived before the end.
    turns.take(&mut server, &mut chat, Some(Duration::ZERO));
    chat.end();
    // Wait for outstanding answers, too, but only for half the time: if the disk does not respond,
    // the rest must suffice for the farewell.
    let began = Instant::now();
    let until = began + deadline / 2;
    while chat.is_busy() && Instant::now() < until {
        let left = until.saturating_duration_since(Instant::now());
        turns.take(&mut server, &mut chat, Some(left));
    }
    chat.farewell(FAREWELL, &mut turns.replies);
    turns.answer(&mut server);
    server.shutdown(deadline.saturating_sub(began.elapsed()))
}

/// The state of the loop. Each turn reuses its buffers.
struct Turns {
    clock: Clock,
    events: Vec<Event>,
    replies: Replies,
    /// The time at which the last wait ended.
    looked: Instant,
    figures: Arc<Figures>,
    tracer: Tracer,
}

impl Turns {
    /// Waits for events, and handles all of them.
    fn take(&mut self, server: &mut Server, chat: &mut Chat, timeout: Option<Duration>) {
        let Turns { clock, events, replies, looked, figures, tracer } = self;
        // A timer fires only if its moment came before this wait, so that a login that arrives in
        // time is handled first.
        let due = clock.now();
        server.recv(events, timeout);
        if timeout.is_some_and(|timeout| looked.elapsed() > timeout + LATE) {
            chat.stood_still(clock.now());
        }
        *looked = Instant::now();
        for event in events.drain(..) {
            chat.handle(event, clock.now(), replies);
            // This keeps the list of replies short.
            answer(server, replies, figures, tracer);
        }
        // The log may have committed entries and woken the server.
        chat.deliver(clock.now(), replies);
        chat.tick(due, replies);
        answer(server, replies, figures, tracer);
        figures.turns().add(looked.elapsed());
        // Free the memory after a flood.
        events.shrink_to(KEPT);
    }

    /// Carries out the replies that are left.
    fn answer(&mut self, server: &mut Server) {
        answer(server, &mut self.replies, &self.figures, &self.tracer);
    }
}

/// Both clocks. The monotonic clock starts here.
struct Clock(Instant);

impl Clock {
    fn now(&self) -> Now {
        Now { wall: Timestamp::now(), monotonic: Moment::new(self.0.elapsed()) }
    }
}

/// Carries out the replies of the chat.
fn answer(server: &mut Server, replies: &mut Replies, figures: &Figures, tracer: &Tracer) {
    for (number, reply) in replies.drain().enumerate() {
        tracer.carries_out(Some(number));
        match reply {
            Reply::Say(audience, response) => {
                if is_message(&response) {
                    figures.count_deliveries(audience.count());
                }
                server.send(&audience, &response);
            }
            Reply::Close(peer) => server.close(peer),
        }
    }
    tracer.carries_out(None);
}

/// Whether a response is a copy of a message, and not an error.
fn is_message(response: &Response) -> bool {
    response.name == "message" && response.outcome.is_ok()
}
