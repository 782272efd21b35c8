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

/// Far more than a busy machine takes to wake a client up: so that one that takes a read for a
/// message has read the first before the second is sent.
const GAP: &str = "--gap=300";

/// Does this for each of these at once, since most of it is waiting.
fn at_once<T: Send>(all: impl IntoIterator<Item = T>, act: impl Fn(T) + Sync) {
    std::thread::scope(|scope| {
        for one in all {
            let act = &act;
            scope.spawn(move || act(one));
        }
    });
}
