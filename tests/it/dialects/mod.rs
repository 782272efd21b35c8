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

/// The dialects with clients of their own: all but `json`, which the other tests use, and `auto`,
/// whose clients speak one of the others.
fn dialects() -> impl Iterator<Item = &'static str> {
    let names = DIALECTS.iter().map(|entry| entry.name);
    names.filter(|name| !["auto", "json"].contains(name))
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
