//! The bounds that a server holds, whoever tries what, told on every engine.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

mod common;

use std::fs;

use common::{Peer, Server, Value, json};

const FLOODED: &str = "Too many requests, slow down!";

story!(
    /// One answer comes before the next request goes out, forty times, at the end of a burst of
    /// three: slowed down, and never hung up on.
    whoever_waits_for_answers_is_slowed_down_and_no_more, ["--flood", "3,100,0"], |server| {
    let mut alice = server.connect();
    for tag in 0..40 {
        alice.asks(json!({"request": "version", "tag": tag}));
        alice.hears(json!({"response": "version", "tag": tag}));
    }
});

story!(
    a_burst_passes_at_once_and_what_follows_is_answered_in_order,
    ["--flood", "3,50,3600"],
    |server| {
        let mut alice = server.connect();
        let requests: String = (0..50)
            .map(|tag| json!({"request": "version", "tag": tag}).to_string() + "\n")
            .collect();
        alice.sends(requests.as_bytes());
        for tag in 0..50 {
            alice.hears(json!({"response": "version", "tag": tag}));
        }
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
        server.logs("its address has 2 connections already");
        drop(second);
        // As soon as the server has noticed.
        server.logs("the peer hung up");
        server.eventually_lets_in();
        first.has_heard_everything();
    }
);

story!(
    an_address_opens_so_many_connections_a_second_and_no_more,
    ["--limit-loopback", "on", "--address-rate", "3"],
    |server| {
        let peers: Vec<Peer> = (0..8).map(|_| server.connect()).collect();
        server.logs("its address opens more than 3 connections a second");
        drop(peers);
        server.eventually_lets_in();
    }
);

story!(a_server_has_so_many_connections_and_no_more, ["--connection-limit", "1"], |server| {
    let mut alice = server.login("alice");
    server.connect().is_turned_away();
    server.logs("there are 1 connections already");
    alice.has_heard_everything();
});

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
        server.logs("it does not read: ");
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
        let text = "x".repeat(4096);
        for _ in 0..2000 {
            alice.says(&text);
            alice.hears(json!({"response": "message"}));
        }
        server.signal("TERM");
        alice.hears(json!({"response": "notice"}));
        alice.is_hung_up_on();
        drop(alice);
        bob.hears(json!({"response": "join", "username": "alice"}));
        for id in 1..=2000 {
            bob.hears(json!({"response": "message", "id": id}));
        }
        bob.hears(json!({"response": "notice"}));
        bob.is_hung_up_on();
        drop(bob);
        assert_eq!(server.exit_code(), 0);
    }
);

/// A server that runs out of descriptors serves those who are inside, does not spin, and takes
/// newcomers in again when there is room.
fn runs_out_of_descriptors(engine: &str) {
    let server = Server::start_with_descriptors(engine, 40, &["--connection-limit", "1000"]);
    let mut alice = server.login("alice");
    let crowd: Vec<Peer> = (0..60).map(|_| server.connect()).collect();
    server.logs("cannot accept");
    alice.has_heard_everything();
    let before = server.processor_time();
    alice.hears_nothing_for_a_second();
    let spent = server.processor_time() - before;
    assert!(spent < 30, "{spent} of 100 ticks of processor time in a second of nothing");
    alice.has_heard_everything();
    drop(crowd);
    server.eventually_lets_in();
    alice.has_heard_everything();
}

#[test]
fn out_of_descriptors_on_events() {
    runs_out_of_descriptors("events");
}

#[test]
fn out_of_descriptors_on_threads() {
    runs_out_of_descriptors("threads");
}

story!(
    /// A hundred at a time, a hundred times; half of them hang up, half of them reset.
    ten_thousand_that_come_and_go_leave_nothing_behind, |server| {
    let mut alice = server.login("alice");
    let mut settled = (0, 0);
    for round in 0..100 {
        let crowd: Vec<Peer> = (0..100).map(|number| {
            let mut peer = server.connect();
            peer.asks(json!({"request": "login", "username": format!("p{number}")}));
            peer
        }).collect();
        for mut peer in crowd {
            let login = loop {
                // Others joined before.
                let line: Value = serde_json::from_str(&peer.line()).unwrap();
                if line["response"] == "login" { break line; }
            };
            assert!(login.get("error").is_none(), "round {round}: {login}");
        }
        let mut inside = 0;
        for _ in 0..200 {
            let line: Value = serde_json::from_str(&alice.line()).unwrap();
            inside += if line["response"] == "join" { 1 } else { -1 };
        }
        assert_eq!(inside, 0, "round {round}: as many left as joined");
        if round == 19 {
            settled = (server.descriptors(), server.memory());
        }
    }
    alice.asks(json!({"request": "names"}));
    alice.hears(json!({"response": "names", "names": ["alice"]}));
    server.eventually("the descriptors are closed", || server.descriptors() <= settled.0.min(40));
    let grown = server.memory().saturating_sub(settled.1);
    assert!(grown < 8 * 1024, "{grown} KiB more after eight thousand more connections");
});

/// What the system tells about a server, and what takes a while.
impl Server {
    /// How many descriptors it has open.
    fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.pid())).unwrap().count()
    }

    /// How much memory of its own is resident, in KiB.
    fn memory(&self) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How much processor time it has had, in ticks of (usually) 10 ms.
    fn processor_time(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap();
        // After the name, which is in parentheses and may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    }

    /// Somebody talks to somebody who does not read, until the system takes nothing more in the
    /// sleeper's place, and on until that shows.
    fn with_a_sleeper(&self) -> (Peer, Peer) {
        let mut alice = self.login("alice");
        let mut sleeper = self.connect_with_a_small_buffer();
        sleeper.asks(json!({"request": "login", "username": "sleeper"}));
        alice.hears(json!({"response": "join", "username": "sleeper"}));
        let text = "x".repeat(4096);
        for _ in 0..2500 {
            alice.says(&text);
            let line: Value = serde_json::from_str(&alice.line()).unwrap();
            if line["response"] == "leave" {
                // Put back for the story, which waits for it.
                alice.puts_back(&line);
                break;
            }
        }
        (alice, sleeper)
    }

    /// Newcomers are served again, sooner or later.
    fn eventually_lets_in(&self) {
        self.eventually("a newcomer is served", || self.connect().is_served());
    }

    /// Looks again and again, until it is so.
    fn eventually(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let until = std::time::Instant::now() + common::DEADLINE;
        while !is_so() {
            assert!(std::time::Instant::now() < until, "never: {what}");
            std::thread::yield_now();
        }
    }
}
