//! Hostile peers: the server answers or closes them, and the other peers are served on.

use harness::{Peer, Value, json, story, story_also_over_tls};

story_also_over_tls!(a_line_that_is_no_request_is_answered_with_the_reason, |server| {
    let mut peer = server.connect();
    for (line, reason) in [
        ("null", "Not a JSON object: invalid type: null, expected an object at line 1 column 4"),
        ("[]", "Not a JSON object: invalid type: sequence, expected an object at line 1 column 0"),
        ("{\"a\":1,\"a\":2}", "Not a JSON object: duplicate key \"a\" at line 1 column 10"),
        ("{} trailing", "Not a JSON object: trailing characters at line 1 column 4"),
        ("{}", "Missing argument: request"),
        ("{\"request\":7}", "Wrong type for request: wanted string, got number"),
    ] {
        peer.sends(format!("{line}\n").as_bytes());
        peer.hears(json!({"response": "error", "error": reason}));
    }
    peer.sends(b"{\"request\":\"version\",\"x\":\"\xff\"}\n");
    peer.hears(json!({"response": "error", "error": "Not a JSON object: bad UTF-8 at byte 26"}));
    peer.has_heard_everything();
});

story_also_over_tls!(ten_unreadable_lines_in_a_row_end_the_connection, |server| {
    let mut peer = server.connect();
    for round in 0..2 {
        for _ in 0..9 {
            peer.sends(b"nonsense\n");
            peer.hears(json!({
                "response": "error",
                "error": "Not a JSON object: expected ident at line 1 column 2"
            }));
        }
        if round == 0 {
            peer.has_heard_everything();
        }
    }
    peer.sends(b"nonsense\n{\"request\":\"version\"}\n");
    peer.hears(json!({
        "response": "error",
        "error": "Not a JSON object: expected ident at line 1 column 2"
    }));
    peer.is_hung_up_on();
});

story_also_over_tls!(a_megabyte_without_a_newline_gets_one_answer_and_a_close, |server| {
    let mut alice = server.login("alice");
    let mut peer = server.login("mallory");
    alice.hears(json!({"response": "join", "username": "mallory"}));
    peer.tries_to_send(&vec![b'x'; 1_000_000]);
    peer.hears(json!({
        "response": "error",
        "error": "Not a JSON object: a frame is over 8192 bytes"
    }));
    peer.is_hung_up_on();
    alice.hears(json!({"response": "leave", "username": "mallory", "online": 1}));
    alice.has_heard_everything();
});

story!(a_frame_at_the_limit_passes_and_one_over_it_does_not, ["--frame-limit", "100"], |server| {
    let mut peer = server.connect();
    let padded = |length: usize| {
        let empty = json!({"request": "version", "x": ""}).to_string();
        json!({"request": "version", "x": "y".repeat(length - empty.len())}).to_string() + "\n"
    };
    peer.sends(padded(100).as_bytes());
    peer.hears(json!({"response": "version"}));
    peer.sends(padded(101).as_bytes());
    peer.hears(json!({
        "response": "error",
        "error": "Not a JSON object: a frame is over 100 bytes"
    }));
    peer.is_hung_up_on();
});

story_also_over_tls!(half_a_frame_at_the_end_of_the_stream_is_an_error, |server| {
    let mut alice = server.login("alice");
    let mut bob = server.login("bob");
    alice.hears(json!({"response": "join"}));
    bob.sends(b"{\"request\":\"message\",\"message\":\"never said\"}");
    bob.finishes();
    bob.hears(json!({
        "response": "error",
        "error": "Not a JSON object: the stream ended inside a frame, 44 bytes after the last whole one"
    }));
    bob.is_hung_up_on();
    alice.hears(json!({"response": "leave", "username": "bob"}));
    alice.has_heard_everything();
});

story!(deeply_nested_brackets_are_refused, |server| {
    let mut peer = server.connect();
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        format!("{{\"request\":\"version\",\"x\":{open}{close}}}\n")
    };
    peer.sends(nested(32).as_bytes());
    peer.hears(json!({"response": "version"}));
    peer.sends(nested(33).as_bytes());
    peer.hears(json!({
        "response": "error",
        "error": "Not a JSON object: nested too deep at line 1 column 58"
    }));
    peer.sends((["["].repeat(8000).concat() + "\n").as_bytes());
    let heard: Value = serde_json::from_str(&peer.line()).unwrap();
    assert_eq!(heard["response"], "error");
    peer.has_heard_everything();
});

story_also_over_tls!(
    /// Both listeners receive each message before alice sends the next one. So the test would stop if
    /// the sleeper delayed them. It ends when the server has closed the sleeper.
    a_peer_that_never_reads_delays_no_other_and_is_closed_at_its_limit,
    ["--outbox-limit", "65536"],
    |server| {
        let mut alice = server.login("alice");
        let mut bob = server.login("bob");
        alice.hears(json!({"response": "join", "username": "bob"}));
        let mut sleeper = server.connect_with_a_small_buffer();
        sleeper.asks(json!({"request": "login", "username": "sleeper"}));
        for peer in [&mut alice, &mut bob] {
            peer.hears(json!({"response": "join", "username": "sleeper"}));
        }
        let text = "x".repeat(4096);
        for said in 1.. {
            alice.says(&text);
            let line = alice.line();
            // Bob receives the same line and no other.
            assert_eq!(bob.line(), line);
            let heard: Value = serde_json::from_str(&line).unwrap();
            if heard["response"] == "leave" {
                assert_eq!(heard["username"], "sleeper");
                break;
            }
            assert_eq!(heard["id"], said);
            assert!(said < 20_000, "80 MB are queued for a peer that does not read");
        }
        server.logs("more came for it than it took: over 65536 bytes waited");
        for peer in [&mut alice, &mut bob] {
            peer.hears(json!({"response": "message", "message": text}));
            peer.has_heard_everything();
        }
    }
);

story_also_over_tls!(many_simultaneous_leaves_are_each_announced_once, |server| {
    const MANY: usize = 200;
    let mut alice = server.login("alice");
    let peers: Vec<Peer> = (0..MANY).map(|number| server.login(&format!("p{number}"))).collect();
    for _ in 0..MANY {
        alice.hears(json!({"response": "join"}));
    }
    drop(peers);
    let mut gone: Vec<String> = (0..MANY)
        .map(|_| alice.hears(json!({"response": "leave"}))["username"].to_string())
        .collect();
    gone.sort();
    gone.dedup();
    assert_eq!(gone.len(), MANY);
    alice.asks(json!({"request": "names"}));
    alice.hears(json!({"response": "names", "names": ["alice"]}));
});

story!(silent_connections_do_not_affect_other_peers, |server| {
    let silent: Vec<Peer> = (0..50).map(|_| server.connect()).collect();
    let mut alice = server.login("alice");
    alice.says("hello?");
    alice.hears(json!({"response": "message", "message": "hello?"}));
    drop(silent);
    alice.has_heard_everything();
});
