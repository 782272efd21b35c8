//! The dialects besides `json`, spoken by clients that are no better than those of their courses.

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

/// Far more than a busy machine takes to wake a client up: so that one that takes a read for a
/// message has read the first before the second is sent.
const GAP: &str = "--gap=300";

/// The dialects whose clients have a habit of their own, which [`clients`] imitates: all but `json`,
/// which the other tests use, `auto`, whose clients speak one of the others, and any new dialect until
/// its client is in [`clients`].
fn dialects() -> impl Iterator<Item = &'static str> {
    DIALECTS.iter().map(|entry| entry.name).filter(|name| clients::have_a_habit(name))
}

/// Does this for each of these at once, since most of it is waiting.
fn at_once<T: Send>(all: impl IntoIterator<Item = T>, act: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for one in all {
            let act = &act;
            scope.spawn(move || act(one));
        }
    });
}
