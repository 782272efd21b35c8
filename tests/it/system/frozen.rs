//! A server that stands still for longer than its limits, as under SIGSTOP or in a container that is
//! frozen: when it goes on, no peer is closed that answered in the meantime.

use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use harness::{Peer, Server, json, story};

/// The server stands still from now on.
fn stop(server: &Server) {
    let state = format!("/proc/{}/stat", server.pid());
    server.signal("STOP");
    server.eventually("it stands still", || {
        let stat = std::fs::read_to_string(&state).unwrap();
        stat.rsplit(')').next().unwrap().trim_start().starts_with('T')
    });
}

/// The server goes on when so many seconds have passed.
fn go_on_after(server: &Server, seconds: u64) {
    // Nothing is sent: what is waited for is that the time has passed.
    let (_sender, nothing) = sync_channel::<()>(1);
    assert!(nothing.recv_timeout(Duration::from_secs(seconds)).is_err());
    server.signal("CONT");
}

/// Ten times what the system takes in the place of a peer that does not read.
const LARGE: usize = 1_000_000;

/// Somebody with a small buffer, who is about to be sent more than that takes.
fn reader(server: &Server) -> Peer {
    let mut reader = server.connect_with_a_small_buffer();
    reader.asks(json!({"request": "login", "username": "reader"}));
    reader.hears(json!({"response": "login"}));
    reader
}

story!(
    whoever_logged_in_while_the_server_stood_still_is_in,
    ["--login-limit", "2"],
    |server| {
        let mut silent = server.connect();
        let mut strangers: Vec<Peer> = (0..40).map(|_| server.connect()).collect();
        strangers.iter_mut().for_each(Peer::has_heard_everything);
        stop(&server);
        for (number, stranger) in strangers.iter_mut().enumerate() {
            stranger.asks(json!({"request": "login", "username": format!("p{number}")}));
        }
        go_on_after(&server, 4);
        for (number, mut stranger) in strangers.into_iter().enumerate() {
            let name = format!("p{number}");
            loop {
                let heard = serde_json::from_str::<harness::Value>(&stranger.line()).unwrap();
                // Others came in before.
                if heard["response"] == "login" {
                    assert_eq!(heard["username"], name, "{heard}");
                    break;
                }
            }
        }
        silent.hears(json!({"response": "error", "error": "No login in time!"}));
        silent.is_hung_up_on();
    }
);

story!(
    whoever_read_while_the_server_stood_still_is_not_stalled,
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
            go_on_after(&server, 5);
        });
        reader.has_heard_everything();
        alice.has_heard_everything();
    }
);

story!(
    /// The five seconds of a flush pass while the server stands still.
    whoever_read_while_the_server_stood_still_gets_its_last_answers,
    ["--outbox-limit", "100000000", "--text-limit", "5000000", "--frame-limit", "6000000"],
    |server| {
        let mut reader = reader(&server);
        let text = "x".repeat(LARGE);
        reader.says(&text);
        reader.finishes();
        server.eventually("it is closed", || {
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
            go_on_after(&server, 7);
        });
    }
);

story!(
    /// What has to wait for the bound on floods does not flood because the server stands still.
    whoever_waited_for_the_bound_on_floods_is_answered,
    ["--flood", "3,10,3"],
    |server| {
        let mut alice = server.connect();
        let ask = |tag: u32| json!({"request": "version", "tag": tag}).to_string() + "\n";
        alice.sends((0..20).map(ask).collect::<String>().as_bytes());
        alice.hears(json!({"response": "version", "tag": 0}));
        stop(&server);
        go_on_after(&server, 5);
        for tag in 1..20 {
            alice.hears(json!({"response": "version", "tag": tag}));
        }
        alice.has_heard_everything();
    }
);
