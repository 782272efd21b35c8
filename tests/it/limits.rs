//! The bounds that a server holds, whoever tries what, told on every engine.

use std::time::{Duration, Instant};

use harness::{Peer, Value, json, story};

const FLOODED: &str = "Too many requests, slow down!";

story!(
    /// One answer comes before the next request goes out, forty times, at the end of a burst of
    /// three: slowed down, and never hung up on.
    whoever_waits_for_answers_is_slowed_down_and_no_more, ["--flood", "3,100,0"], |server| {
    let mut alice = server.connect();
    let start = Instant::now();
    for tag in 0..40 {
        alice.asks(json!({"request": "version", "tag": tag}));
        alice.hears(json!({"response": "version", "tag": tag}));
    }
    let least = Duration::from_millis(350);
    assert!(start.elapsed() > least, "37 of them had to wait a hundredth of a second");
});

story!(
    a_burst_passes_at_once_and_what_follows_is_answered_in_order,
    ["--flood", "3,50,3600"],
    |server| {
        let mut alice = server.connect();
        let requests: String = (0..50)
            .map(|tag| json!({"request": "version", "tag": tag}).to_string() + "\n")
            .collect();
        let start = Instant::now();
        alice.sends(requests.as_bytes());
        for tag in 0..50 {
            alice.hears(json!({"response": "version", "tag": tag}));
        }
        let least = Duration::from_millis(900);
        assert!(start.elapsed() > least, "47 of them had to wait a fiftieth of a second");
    }
);

story!(whoever_goes_on_flooding_is_told_so_and_hung_up_on, ["--flood", "3,10,1"], |server| {
    let mut alice = server.login("alice");
    let mut mallory = server.login("mallory");
    alice.hears(json!({"response": "join", "username": "mallory"}));
    let request = json!({"request": "version"}).to_string() + "\n";
    mallory.tries_to_send(request.repeat(1000).as_bytes());
    let mut answered = 0;
    let last = loop {
        let line: Value = serde_json::from_str(&mallory.line()).unwrap();
        if line["response"] == "error" {
            break line;
        }
        answered += 1;
    };
    assert_eq!(last["error"], FLOODED);
    assert!((3..100).contains(&answered), "{answered} of a thousand were answered in a second");
    mallory.is_hung_up_on();
    alice.hears(json!({"response": "leave", "username": "mallory"}));
    alice.has_heard_everything();
});

story!(whoever_does_not_log_in_is_told_so_and_hung_up_on, ["--login-limit", "1"], |server| {
    let mut alice = server.login("alice");
    let mut stranger = server.connect();
    stranger.hears(json!({"response": "error", "error": "No login in time!"}));
    stranger.is_hung_up_on();
    alice.has_heard_everything();
});

story!(
    an_address_has_so_many_connections_and_no_more,
    ["--limit-loopback", "on", "--address-limit", "2", "--address-rate", "1000"],
    |server| {
        let mut first = server.connect();
        let mut second = server.connect();
        first.has_heard_everything();
        second.has_heard_everything();
        server.connect().is_turned_away();
        drop(second);
        server.eventually_lets_in();
        first.has_heard_everything();
    }
);

story!(
    an_address_opens_so_many_connections_a_second_and_no_more,
    ["--limit-loopback", "on", "--address-rate", "3"],
    |server| {
        let mut peers: Vec<Peer> = (0..8).map(|_| server.connect()).collect();
        let served = peers.iter_mut().map(Peer::is_served).filter(|served| *served).count();
        // If the eight of them fell into two seconds, it may be six.
        assert!((3..=6).contains(&served), "{served}");
        drop(peers);
        server.eventually_lets_in();
    }
);

story!(a_server_has_so_many_connections_and_no_more, ["--connection-limit", "1"], |server| {
    let mut alice = server.login("alice");
    server.connect().is_turned_away();
    alice.has_heard_everything();
});

story!(
    /// A line over the limit ends the connection, but what was sent before it waits its turn.
    a_flood_that_ends_in_nonsense_is_paced_too,
    ["--flood", "3,10,1"],
    |server| {
        let mut alice = server.login("alice");
        let mut mallory = server.login("mallory");
        alice.hears(json!({"response": "join", "username": "mallory"}));
        let message = json!({"request": "message", "message": "!"}).to_string() + "\n";
        mallory.tries_to_send((message.repeat(500) + &"x".repeat(9000)).as_bytes());
        let mut heard = 0;
        loop {
            let line: Value = serde_json::from_str(&alice.line()).unwrap();
            if line["response"] == "leave" {
                break;
            }
            heard += 1;
        }
        assert!(heard < 100, "{heard} of five hundred were heard in a second");
    }
);

story!(
    a_peer_that_takes_nothing_for_too_long_is_hung_up_on,
    ["--stall-limit", "1", "--outbox-limit", "100000000"],
    |server| {
        let (mut alice, _sleeper) = server.with_a_sleeper();
        alice.hears(json!({"response": "leave", "username": "sleeper"}));
        server.logs("it does not read: no write made progress");
    }
);

story!(
    /// The mark of one outbox is out of reach, and that of all together is not.
    all_outboxes_together_are_bounded,
    ["--stall-limit", "3600", "--outbox-limit", "1000000000", "--outboxes-limit", "1000000"],
    |server| {
        let (mut alice, _sleeper) = server.with_a_sleeper();
        alice.hears(json!({"response": "leave", "username": "sleeper"}));
        // What it may have is a half of that: there are two connections.
        server.logs("more came for it than it took: over 500000 bytes waited");
    }
);

story!(
    /// Bob has read nothing when the drain begins, and what waits for him is more than the system
    /// takes in his place.
    a_drain_delivers_everything_that_was_accepted,
    ["--drain-limit", "60", "--stall-limit", "60", "--outbox-limit", "100000000"],
    |server| {
        let mut server = server;
        let mut bob = server.connect_with_a_small_buffer();
        bob.asks(json!({"request": "login", "username": "bob"}));
        bob.hears(json!({"response": "login"}));
        let mut alice = server.login("alice");
        assert_eq!(alice.says_often(&"x".repeat(4096), 400), None);
        server.signal("TERM");
        alice.hears(json!({"response": "notice"}));
        alice.is_hung_up_on();
        drop(alice);
        bob.hears(json!({"response": "join", "username": "alice"}));
        for id in 1..=400 {
            bob.hears(json!({"response": "message", "id": id}));
        }
        bob.hears(json!({"response": "notice"}));
        bob.is_hung_up_on();
        drop(bob);
        assert_eq!(server.exit_code(), 0);
    }
);
