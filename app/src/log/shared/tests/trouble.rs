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

#[test]
fn an_entry_that_is_no_text_stops_the_server_with_a_reason() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("a");
    server.hear();
    let add = "return redis.call('XADD', KEYS[1], '3-0', 'kind', '\\255')";
    redis.ask::<String>(&["EVAL", add, "1", "strata:{test}:log"]);
    let why = server.failure();
    assert!(why.starts_with("cannot read the log in Redis"), "{why}");
}

#[test]
fn a_redis_that_is_emptied_while_the_server_runs_stops_it_with_a_reason() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("a");
    server.hear();
    redis.ask::<()>(&["FLUSHALL"]);
    let why = server.failure();
    assert!(why.contains("Redis was restored or emptied"), "{why}");
}

#[test]
fn other_entries_under_the_numbers_of_lost_ones_stop_the_server_with_a_reason() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("a");
    server.hear();
    // As if Redis was restored, and another server had gone on.
    let log = "strata:{test}:log";
    let replace = "redis.call('DEL', KEYS[1])
        return redis.call('XADD', KEYS[1], '2-0', 'kind', 'gone', 'epoch', 9)";
    redis.ask::<String>(&["EVAL", replace, "1", log]);
    let why = server.failure();
    assert!(why.contains("lost entries that this server has read"), "{why}");
}

#[test]
fn a_full_redis_refuses_messages_and_nothing_is_half_done() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("before");
    server.hear();
    redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    server.say("refused");
    assert_eq!(server.next().outcome, Err(Refusal::NotKept));
    let enter = PresenceChange::Enter { peer: Peer::new(7), room: "tea".into() };
    server.append(Change::Presence(enter.clone()));
    redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(server.next().outcome, Ok(Effect::Presence(enter)), "it was kept");
    server.say("after");
    assert_eq!(server.hear(), (2, "after".to_owned()));
    let entries: usize = redis.ask(&["XLEN", "strata:{test}:log"]);
    assert_eq!(entries, 4, "a server, two messages, and a room");
}

#[test]
fn a_full_redis_costs_no_server_its_lease() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("a");
    server.hear();
    let address = redis.address(LONG);
    let scripts = scripts::Scripts::new(&scripts::Keys::of(&address.chat));
    let mut link = link::connect(&address.redis, DEADLINE).unwrap();
    let lease = "strata:{test}:lease:1";
    redis.ask::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    for shorten in [["PEXPIRE", lease, "30000"].as_slice(), &["DEL", lease]] {
        redis.ask::<()>(shorten);
        scripts.renew(1, LONG, &mut link).unwrap();
        let left: u64 = redis.ask(&["PTTL", lease]);
        assert!(left > 30_000, "{left} after {shorten:?}");
    }
}

#[test]
fn a_server_ends_soon_although_redis_stands_still() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("a");
    server.hear();
    redis.signal(Signal::STOP);
    server.say("in flight");
    let begun = Instant::now();
    drop(server);
    // It waits for one second. The rest is for a busy machine.
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}

#[test]
fn a_server_that_ends_appends_all_drafts_that_wait() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("first");
    server.hear();
    redis.signal(Signal::STOP);
    let many = 3000;
    for number in 0..many {
        server.say(&number.to_string());
    }
    redis.signal(Signal::CONT);
    drop(server);
    let entries: usize = redis.ask(&["XLEN", "strata:{test}:log"]);
    assert_eq!(entries, many + 3, "these, the first, and the server that has come and gone");
}

#[test]
fn a_stream_that_was_deleted_is_an_error_for_a_server_that_has_not_read_it() {
    let Some(redis) = Redis::start() else { return };
    let mut server = Server::open(redis.sharing("a"));
    server.say("a");
    server.hear();
    redis.ask::<()>(&["DEL", "strata:{test}:log"]);
    let error = Server::try_open(redis.sharing("b")).err().unwrap().to_string();
    assert!(error.contains("was trimmed, and there is no snapshot"), "{error}");
    server.say("b");
    assert_eq!(server.hear(), (2, "b".to_owned()), "a server that has read it goes on");
}
