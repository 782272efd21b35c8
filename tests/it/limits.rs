//! The limits that a server enforces: floods, connections, queues and times.

use std::time::{Duration, Instant};

use harness::{Peer, Value, json, story, story_also_over_tls};

/// The error of a client that does not log in within a second.
const LATE: &str = "No login in time! Connect again, and log in within 1 s.";
const FLOODED: &str = "Too many requests, slow down!";

story!(
    /// The client waits for each of forty answers. After a burst of three, the server delays the
    /// answers, but it does not close the connection.
    a_client_that_waits_for_answers_is_only_slowed_down, ["--flood", "3,100,0"], |server| {
    let mut alice = server.connect();
    let start = Instant::now();
    for tag in 0..40 {
        alice.asks(json!({"request": "version", "tag": tag}));
        alice.hears(json!({"response": "version", "tag": tag}));
    }
    let least = Duration::from_millis(350);
    assert!(start.elapsed() > least, "37 of the requests wait a hundredth of a second each");
});

story!(
    a_burst_is_answered_without_delay_and_later_requests_in_order,
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
        assert!(start.elapsed() > least, "47 of the requests wait a fiftieth of a second each");
    }
);

story_also_over_tls!(
    a_client_that_keeps_flooding_gets_an_error_and_is_disconnected,
    ["--flood", "3,10,1"],
    |server| {
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
        assert!(
            (3..100).contains(&answered),
            "{answered} of a thousand requests were answered in a second"
        );
        mallory.is_hung_up_on();
        alice.hears(json!({"response": "leave", "username": "mallory"}));
        alice.has_heard_everything();
    }
);

story!(
    a_client_that_does_not_log_in_gets_an_error_and_is_disconnected,
    ["--login-limit", "1"],
    |server| {
        let mut alice = server.login("alice");
        let mut silent = server.connect();
        silent.hears(json!({"response": "error", "code": "no-login-in-time", "error": LATE}));
        silent.is_hung_up_on();
        alice.has_heard_everything();
    }
);

story!(
    the_connections_of_an_address_are_limited,
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
    the_connections_that_an_address_opens_in_a_second_are_limited,
    ["--limit-loopback", "on", "--address-rate", "3"],
    |server| {
        let mut peers: Vec<Peer> = (0..8).map(|_| server.connect()).collect();
        let served = peers.iter_mut().map(Peer::is_served).filter(|served| *served).count();
        // Six are possible if the eight connections fall into two seconds.
        assert!((3..=6).contains(&served), "{served}");
        drop(peers);
        server.eventually_lets_in();
    }
);

story!(the_connections_of_a_server_are_limited, ["--connection-limit", "1"], |server| {
    let mut alice = server.login("alice");
    server.connect().is_turned_away();
    alice.has_heard_everything();
});

story!(
    /// A line over the limit ends the connection, but the server still delays the requests before it.
    a_flood_before_an_invalid_line_is_slowed_down,
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
        assert!(heard < 100, "{heard} of five hundred messages were delivered in a second");
    }
);

story_also_over_tls!(
    a_peer_that_reads_nothing_for_too_long_is_disconnected,
    ["--stall-limit", "1", "--outbox-limit", "100000000"],
    |server| {
        let (mut alice, _sleeper) = server.with_a_sleeper();
        alice.hears(json!({"response": "leave", "username": "sleeper"}));
        server.logs("it does not read: no write made progress");
    }
);

story!(
    /// The limit of one outbox is out of reach; the limit of all outboxes is not.
    the_outboxes_have_a_common_limit,
    ["--stall-limit", "3600", "--outbox-limit", "1000000000", "--outboxes-limit", "1000000"],
    |server| {
        let (mut alice, _sleeper) = server.with_a_sleeper();
        alice.hears(json!({"response": "leave", "username": "sleeper"}));
        // Each of the two connections may have half of the common limit.
        server.logs("more came for it than it took: over 500000 bytes waited");
    }
);

story_also_over_tls!(
    /// When the drain begins, bob has read nothing, and more messages are queued for him than the
    /// buffers of the system hold.
    a_drain_delivers_every_accepted_message,
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
