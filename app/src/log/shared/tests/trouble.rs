//! Tests with a Redis that ends, stands still, or loses entries.

use rustix::process::Signal;

use super::*;

#[test]
fn while_redis_is_gone_senders_get_an_error_and_nothing_is_lost_or_doubled() {
    let Some(mut redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("before");
    assert_eq!(server.hear(), (1, "before".to_owned()));
    redis.kill();
    // A thread that has not noticed the end yet does not know whether Redis got the first drafts.
    let unknown = server.say_until_refused();
    let enter = PresenceChange::Enter { peer: Peer::new(7), room: "tea".into() };
    server.append(Change::Presence(enter.clone()));
    let size = PageSize { messages: 10, bytes: 1000 };
    assert_eq!(server.log.page("lobby", None, size).unwrap().messages.len(), 1, "it can be read");
    redis.run().unwrap();
    for id in (2..).take(unknown) {
        assert_eq!(server.hear().0, id);
    }
    assert_eq!(server.next().outcome, Ok(Effect::Presence(enter)), "it was kept");
    server.say("after");
    assert_eq!(server.hear(), (unknown as u64 + 2, "after".to_owned()));
}

#[test]
fn a_batch_without_an_answer_is_in_the_log_once() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("a");
    server.hear();
    // Redis reads the drafts when it goes on, but its answer comes too late.
    redis.signal(Signal::STOP);
    let unknown = server.say_until_refused();
    assert!(unknown > 0);
    redis.signal(Signal::CONT);
    for id in (2..).take(unknown) {
        assert_eq!(server.hear().0, id);
    }
    server.say("last");
    assert_eq!(server.hear(), (unknown as u64 + 2, "last".to_owned()));
    let entries: usize = redis.ask(&["XLEN", "strata:{test}:log"]);
    assert_eq!(entries, unknown + 3, "a server and these messages");
}

#[test]
fn a_server_that_has_read_more_than_redis_has_stops_with_a_reason() {
    let Some(mut redis) = Redis::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let view = Some(folder.path().join("view.db"));
    let mut server = Server::open(Sharing { view: view.clone(), ..redis.sharing("a") });
    server.say("a");
    server.hear();
    redis.ask::<()>(&["HSET", "strata:{test}:meta", "last", "1"]);
    redis.kill();
    redis.run().unwrap();
    let why = server.failure();
    assert!(why.contains("lost entries that this server has read"), "{why}");
    drop(server);
    let error = Server::try_open(Sharing { view, ..redis.sharing("b") }).err().unwrap();
    assert!(error.to_string().contains("to go on without them, remove the file"), "{error}");
}

#[test]
fn an_entry_that_cannot_be_read_stops_the_server_with_a_reason() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("a");
    server.hear();
    let log = "strata:{test}:log";
    redis.ask::<String>(&["XADD", log, "3-0", "kind", "dance", "epoch", "1", "seq", "9"]);
    let why = server.failure();
    assert!(why.contains("entry 3-0") && why.contains("newer version"), "{why}");
}
