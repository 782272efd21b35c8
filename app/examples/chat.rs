//! A chat without a network: two peers log in, and one of them says something.
//!
//! `cargo run -p app --example chat`

#![expect(clippy::print_stdout, reason = "the example shows what the chat replies")]

use std::error::Error;

use app::passwords::Pool;
use app::{Chat, Limits, Memory, Moment, Now, Replies, Reply, Retention, Timestamp};
use parse::{Arrival, Dict, Event, Peer, Presence, Request};

fn main() -> Result<(), Box<dyn Error>> {
    // A log in memory commits immediately, and no peer gives a password. So no thread has to wake
    // this one.
    let log = Memory::new(Retention::default());
    let passwords = Pool::start(|| (), || ())?;
    let mut chat = Chat::new(Box::new(log), Box::new(passwords), Limits::default());

    let address = "127.0.0.1:7000".parse()?;
    let arrival = Arrival { address, dialect: "json", presence: Presence::Named };
    let [alice, bob] = [1, 2].map(Peer::new);
    let login = |name: &str| Request::new("login", Dict::new().with("username", name));
    let hello = Request::new("message", Dict::new().with("message", "hello, bob"));

    let events = [
        Event::Joined(alice, arrival),
        Event::Asked(alice, login("alice")),
        Event::Joined(bob, arrival),
        Event::Asked(bob, login("bob")),
        Event::Asked(alice, hello),
        Event::Asked(bob, Request::new("fly", Dict::new())),
        Event::Finished(bob),
    ];
    // The chat has no clock: the time is an argument.
    let now = Now { wall: Timestamp::UNIX_EPOCH, monotonic: Moment::default() };
    let mut replies = Replies::new();
    for event in events {
        println!("{event:?}");
        chat.handle(event, now, &mut replies);
        for reply in replies.drain() {
            match reply {
                Reply::Say(audience, response) => {
                    for peer in audience.iter() {
                        println!("    to {peer}: {}", response.to_dict());
                    }
                }
                Reply::Close(peer) => println!("    close {peer}"),
            }
        }
    }
    Ok(())
}
