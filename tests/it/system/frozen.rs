//! A server process that is stopped for longer than its time limits, as by SIGSTOP or in a frozen
//! container. When it continues, it closes no peer that acted in time.

use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use harness::{Peer, Server, json, slow_story};

/// Stops the process of the server.
fn stop(server: &Server) {
    let state = format!("/proc/{}/stat", server.pid());
    server.signal("STOP");
    server.eventually("the process is stopped", || {
        let stat = std::fs::read_to_string(&state).unwrap();
        stat.rsplit(')').next().unwrap().trim_start().starts_with('T')
    });
}

/// Continues the process of the server after this many seconds.
fn continue_after(server: &Server, seconds: u64) {
    // The channel stays empty: the test only waits for the timeout.
    let (_sender, nothing) = sync_channel::<()>(1);
    assert!(nothing.recv_timeout(Duration::from_secs(seconds)).is_err());
    server.signal("CONT");
}

/// The size of a message: ten times the buffers that the system has for a peer.
const LARGE: usize = 1_000_000;

/// Logs in a peer with a small buffer, which is about to receive more than that.
fn reader(server: &Server) -> Peer {
    let mut reader = server.connect_with_a_small_buffer();
    reader.asks(json!({"request": "login", "username": "reader"}));
    reader.hears(json!({"response": "login"}));
    reader
}

slow_story!(
    a_login_sent_while_the_server_is_stopped_is_in_time,
    ["--login-limit", "2"],
    |server| {
        let mut silent = server.connect();
        let mut newcomers: Vec<Peer> = (0..40).map(|_| server.connect()).collect();
        newcomers.iter_mut().for_each(Peer::has_heard_everything);
        stop(&server);
        for (number, newcomer) in newcomers.iter_mut().enumerate() {
            newcomer.asks(json!({"request": "login", "username": format!("p{number}")}));
        }
        continue_after(&server, 4);
        for (number, mut newcomer) in newcomers.into_iter().enumerate() {
            let name = format!("p{number}");
            loop {
                let heard = serde_json::from_str::<harness::Value>(&newcomer.line()).unwrap();
                // Skips the joins of others.
                if heard["response"] == "login" {
                    assert_eq!(heard["username"], name, "{heard}");
                    break;
                }
            }
        }
        silent.hears(json!({"response": "error", "error": "No login in time! Connect again, and log in within 2 s."}));
        silent.is_hung_up_on();
    }
);

slow_story!(
    a_peer_that_reads_while_the_server_is_stopped_is_not_stalled,
    [
        "--stall-limit",
        "3",
        "--outbox-limit",
        "100000000",
        "--text-limit",
        "5000000",
        "--frame-limit",
        "6000000"
    ],
    |server| {
        let mut reader = reader(&server);
        let mut alice = server.login("alice");
        let text = "x".repeat(LARGE);
        alice.says(&text);
        alice.hears(json!({"response": "message", "message": text}));
        stop(&server);
        thread::scope(|scope| {
            scope.spawn(|| {
                reader.hears(json!({"response": "join", "username": "alice"}));
                reader.hears(json!({"response": "message", "message": text}));
            });
            continue_after(&server, 5);
        });
        reader.has_heard_everything();
        alice.has_heard_everything();
    }
);

slow_story!(
    /// The five seconds of the last flush pass while the server is stopped.
    a_peer_that_reads_while_the_server_is_stopped_gets_its_last_answers,
    ["--outbox-limit", "100000000", "--text-limit", "5000000", "--frame-limit", "6000000"],
    |server| {
        let mut reader = reader(&server);
        let text = "x".repeat(LARGE);
        reader.says(&text);
        reader.finishes();
        server.eventually("the server has closed the connection of the reader", || {
            let mut alice = server.connect();
            alice.asks(json!({"request": "login", "username": "reader"}));
            let line = alice.line();
            !line.contains("error")
        });
        stop(&server);
        thread::scope(|scope| {
            scope.spawn(|| {
                reader.hears(json!({"response": "message", "message": text}));
                reader.is_hung_up_on();
            });
            continue_after(&server, 7);
        });
    }
);

slow_story!(
    /// Requests that wait because of the flood limit do not count as a flood because of the stop.
    requests_delayed_by_the_flood_limit_are_answered_after_a_stop,
    ["--flood", "3,10,3"],
    |server| {
        let mut alice = server.connect();
        let ask = |tag: u32| json!({"request": "version", "tag": tag}).to_string() + "\n";
        alice.sends((0..20).map(ask).collect::<String>().as_bytes());
        alice.hears(json!({"response": "version", "tag": 0}));
        stop(&server);
        continue_after(&server, 5);
        for tag in 1..20 {
            alice.hears(json!({"response": "version", "tag": tag}));
        }
        alice.has_heard_everything();
    }
);
