//! Redis is full, emptied or trimmed, or stands still.

use std::time::{Duration, Instant};

use harness::{DEADLINE, ROOTS_PASSWORD, Value, json, wait_until};

use super::{Chat, history, login, next_message};

#[test]
fn while_redis_is_full_senders_get_an_error_and_nothing_is_half_done() {
    let Some(chat) = Chat::start() else { return };
    let (one, two) = (chat.server("one"), chat.server("two"));
    let mut alice = login(&one, "alice");
    let mut bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    let before = chat.redis.asks("XLEN strata:{chat}:log");
    assert_eq!(chat.redis.asks("CONFIG SET maxmemory 1"), "+OK");
    let error = "It cannot be kept right now, try again later!";
    for peer in [&mut alice, &mut bob] {
        peer.says("refused");
        peer.hears(json!({"response": "message", "code": "not-kept", "error": error}));
        peer.asks(json!({"request": "register", "username": "carol", "password": "correct horse"}));
        peer.hears(json!({"response": "register", "code": "not-kept", "error": error}));
    }
    one.logs("Redis refuses a call (to append)");
    assert_eq!(chat.redis.asks("XLEN strata:{chat}:log"), before);
    // A room is entered when there is room again.
    alice.asks(json!({"request": "join", "room": "tea"}));
    assert_eq!(chat.redis.asks("CONFIG SET maxmemory 0"), "+OK");
    alice.hears(json!({"response": "join", "room": "tea"}));
    wait_until("bob can send again", DEADLINE, || {
        bob.says("after");
        next_message(&mut bob).get("error").is_none()
    });
    alice.hears(json!({"response": "message", "message": "after"}));
    for peer in [&mut alice, &mut bob] {
        assert_eq!(history(peer), [(1, "after".to_owned())]);
    }
}

#[test]
fn a_redis_that_is_emptied_ends_all_servers_with_a_reason() {
    let Some(chat) = Chat::start() else { return };
    let (mut one, mut two) = (chat.server("one"), chat.server("two"));
    let mut alice = login(&one, "alice");
    let _bob = login(&two, "bob");
    alice.hears(json!({"response": "join", "username": "bob"}));
    assert_eq!(chat.redis.asks("FLUSHALL"), "+OK");
    for server in [&mut one, &mut two] {
        server.logs("Redis was restored or emptied");
        assert_eq!(server.exit_code(), 4);
    }
    alice.hears(json!({"response": "notice", "message": "The server is shutting down."}));
}

#[test]
fn a_server_without_a_view_starts_from_the_snapshot_of_a_trimmed_log() {
    let Some(chat) = Chat::start() else { return };
    let url = format!("{}&snapshots=20", chat.redis.url("chat"));
    let one = chat.run("one", &url);
    chat.add_root();
    let mut root = one.connect();
    let request = json!({"request": "login", "username": "root", "password": ROOTS_PASSWORD});
    // The server may hear of the account a moment later.
    one.eventually("root can log in", || {
        root.asks(request.clone());
        !root.line().contains("\"error\"")
    });
    root.asks(json!({"request": "ban", "who": "mallory"}));
    root.hears(json!({"response": "ban", "who": "mallory"}));
    // The entries with the account and the ban are gone when the second snapshot is stored.
    let trimmed = "EVAL \"return redis.call('HGET', KEYS[1], 'last') - redis.call('XLEN', KEYS[2])\" \
                   2 strata:{chat}:meta strata:{chat}:log";
    let (mut said, until) = (0, Instant::now() + DEADLINE);
    while chat.redis.asks(trimmed).strip_prefix(':').unwrap().parse::<u64>().unwrap() < 20 {
        root.says(&said.to_string());
        root.hears(json!({"response": "message", "message": said.to_string()}));
        said += 1;
        assert!(Instant::now() < until, "the log is not trimmed after {said} messages");
    }
    let late = chat.run("late", &url);
    late.logs("loaded the snapshot in Redis");
    let mut mallory = late.connect();
    late.eventually("mallory is banned", || {
        mallory.asks(json!({"request": "login", "username": "mallory"}));
        mallory.line().contains("\"banned\"")
    });
    mallory.asks(json!({"request": "login", "username": "root"}));
    mallory.hears(json!({"response": "login", "error": "Wrong password!"}));
    let mut alice = login(&late, "alice");
    root.hears(json!({"response": "join", "username": "alice", "online": 2}));
    alice.asks(json!({"request": "history", "limit": 3, "tag": "history"}));
    let page = alice.hears(json!({"response": "history"}));
    let texts = page["messages"].as_array().unwrap().iter();
    let texts: Vec<&str> = texts.filter_map(|message| message["message"].as_str()).collect();
    let want: Vec<String> = (said - 3..said).map(|number| number.to_string()).collect();
    assert_eq!(texts, want);
}

#[test]
fn a_server_ends_soon_although_redis_stands_still() {
    let Some(chat) = Chat::start() else { return };
    let mut one = chat.server("one");
    let mut alice = login(&one, "alice");
    chat.redis.stands_still();
    let begun = Instant::now();
    one.signal("TERM");
    let notice: Value = serde_json::from_str(&alice.line()).unwrap();
    assert_eq!(notice["message"], "The server is shutting down.");
    assert_eq!(one.exit_code(), 0);
    // It waits for one second. The rest is for a busy machine.
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
}
