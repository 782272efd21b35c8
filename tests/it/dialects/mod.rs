//! The dialects besides `json`, with clients that behave as those of their courses.

mod clients;
mod courses;
mod examples;
mod foreign;
mod forgery;
mod guess;
mod hostile;
mod pieces;
mod room;

use parse::dialect::DIALECTS;

/// The gap between two messages to a client that takes one read for one message. It is much longer
/// than a busy machine needs to wake the client, so that the client reads them separately.
const GAP: &str = "--gap=300";

/// The dialects whose clients have a habit, which [`clients`] imitates: all but `json`,
/// which the other tests use, `auto`, whose clients speak one of the others, and any new dialect until
/// its client is in [`clients`].
fn dialects() -> impl Iterator<Item = &'static str> {
    DIALECTS.iter().map(|entry| entry.name).filter(|name| clients::have_a_habit(name))
}

/// Runs a function for each of these on a thread, because it mostly waits.
fn at_once<T: Send>(all: impl IntoIterator<Item = T>, act: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for one in all {
            let act = &act;
            scope.spawn(move || act(one));
        }
    });
}
