//! The memory, descriptors and processor time that a server takes. The figures come from Linux.

#![cfg(target_os = "linux")]

use harness::{Peer, Server, Value, json, slow_story};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::engines::on_each_engine;

slow_story!(
    /// The answers are much larger than the limit of the queue and the buffers of the system. So the
    /// server must produce them a few at a time.
    many_unread_answers_take_little_memory,
    |server| {
        let mut alice = server.login("alice");
        for _ in 0..10 {
            alice.says(&"x".repeat(4096));
            alice.hears(json!({"response": "message"}));
        }
        let before = server.memory();
        let mut greedy = server.login("greedy");
        alice.hears(json!({"response": "join"}));
        let history = json!({"request": "history"}).to_string() + "\n";
        greedy.tries_to_send(history.repeat(1200).as_bytes());
        alice.hears(json!({"response": "leave", "username": "greedy"}));
        let grown = server.memory().saturating_sub(before);
        assert!(grown < 16 * 1024, "{grown} KiB for a client that asks for forty megabytes");
    }
);

slow_story!(
    /// Hashing a password takes 19 MiB, which the hashing thread keeps for the next one.
    twenty_logins_take_the_memory_of_one,
    |server| {
        let mut alice = server.connect();
        alice.has_heard_everything();
        let before = server.memory();
        let account = |request| json!({"request": request, "username": "alice", "password": "correct horse"});
        alice.asks(account("register"));
        alice.hears(json!({"response": "register"}));
        for _ in 0..20 {
            alice.asks(account("login"));
            alice.hears(json!({"response": "login", "username": "alice"}));
            alice.asks(json!({"request": "logout"}));
            alice.hears(json!({"response": "logout"}));
        }
        let grown = server.memory().saturating_sub(before);
        assert!(grown < 30 * 1024, "{grown} KiB more after twenty logins");
    }
);

/// A server without free descriptors serves its clients, does not spin, and accepts connections again
/// when a descriptor is free.
fn runs_out_of_descriptors(engine: &str) {
    let server = Server::start(engine, &["--connection-limit", "1000"]);
    let mut alice = server.login("alice");
    // The test lowers the limit afterwards, because a server keeps to the limit that it finds at its
    // start.
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
    prlimit(pid, Resource::Nofile, Rlimit { current: Some(40), maximum: Some(40) }).unwrap();
    let crowd: Vec<Peer> = (0..60).map(|_| server.connect()).collect();
    server.logs("cannot accept");
    alice.has_heard_everything();
    let before = server.processor_time();
    alice.hears_nothing_for_a_second();
    let spent = server.processor_time() - before;
    assert!(spent < 30, "{spent} of 100 ticks of processor time in an idle second");
    alice.has_heard_everything();
    drop(crowd);
    server.eventually_lets_in();
    alice.has_heard_everything();
}

#[test]
fn a_server_out_of_descriptors_serves_its_clients_and_recovers() {
    on_each_engine(runs_out_of_descriptors);
}

slow_story!(
    /// A hundred connections at a time, thirty times. Half of them close, half of them reset. A kilobyte
    /// that stays for each of them is too much.
    three_thousand_closed_connections_leave_no_descriptors_and_no_memory, |server| {
    let mut alice = server.login("alice");
    // A log may open a few more later, such as a connection to Redis for snapshots.
    let few = server.descriptors() + 10;
    let mut settled = 0;
    for round in 0..30 {
        let crowd: Vec<Peer> = (0..100).map(|number| {
            let mut peer = server.connect();
            peer.asks(json!({"request": "login", "username": format!("p{number}")}));
            peer
        }).collect();
        for (number, mut peer) in crowd.into_iter().enumerate() {
            let login = loop {
                // Skips the joins of others.
                let line: Value = serde_json::from_str(&peer.line()).unwrap();
                if line["response"] == "login" { break line; }
            };
            assert!(login.get("error").is_none(), "round {round}: {login}");
            if number % 2 == 0 {
                peer.resets();
            }
        }
        let mut inside = 0;
        for _ in 0..200 {
            let line: Value = serde_json::from_str(&alice.line()).unwrap();
            inside += if line["response"] == "join" { 1 } else { -1 };
        }
        assert_eq!(inside, 0, "round {round}: joins and leaves differ");
        if round == 9 {
            settled = server.memory();
        }
    }
    alice.asks(json!({"request": "names"}));
    alice.hears(json!({"response": "names", "names": ["alice"]}));
    server.eventually("the server has closed the descriptors", || server.descriptors() <= few);
    let grown = server.memory().saturating_sub(settled);
    assert!(grown < 2 * 1024, "{grown} KiB more after two thousand more connections");
});
