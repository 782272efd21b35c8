//! What a server costs the system that it runs on, told on every engine. Linux tells what that is.

#![cfg(target_os = "linux")]

use harness::{Peer, Server, Value, json, story};
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::engines::on_each_engine;

story!(
    /// As much as it is, it is asked for by somebody who does not read: a few times the mark and
    /// what the system keeps, and not everything at once.
    a_pile_of_answers_that_nobody_reads_costs_little_memory,
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

story!(
    /// Each takes 19 MiB while its password is looked at, and the thread that does it keeps as much.
    fifty_logins_leave_the_memory_of_one_behind,
    |server| {
        let mut alice = server.connect();
        alice.has_heard_everything();
        let before = server.memory();
        let account = |request| json!({"request": request, "username": "alice", "password": "correct horse"});
        alice.asks(account("register"));
        alice.hears(json!({"response": "register"}));
        for _ in 0..50 {
            alice.asks(account("login"));
            alice.hears(json!({"response": "login", "username": "alice"}));
            alice.asks(json!({"request": "logout"}));
            alice.hears(json!({"response": "logout"}));
        }
        let grown = server.memory().saturating_sub(before);
        assert!(grown < 30 * 1024, "{grown} KiB more after fifty logins");
    }
);

/// A server that runs out of descriptors serves those who are inside, does not spin, and takes
/// newcomers in again when there is room.
fn runs_out_of_descriptors(engine: &str) {
    let server = Server::start(engine, &["--connection-limit", "1000"]);
    let mut alice = server.login("alice");
    // The limit that it found at its start it would keep to.
    let pid = Pid::from_raw(i32::try_from(server.pid()).unwrap());
    prlimit(pid, Resource::Nofile, Rlimit { current: Some(40), maximum: Some(40) }).unwrap();
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
fn a_server_out_of_descriptors_serves_its_clients_and_recovers() {
    on_each_engine(runs_out_of_descriptors);
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
        for (number, mut peer) in crowd.into_iter().enumerate() {
            let login = loop {
                // Others joined before.
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
