//! The examples of `handout/teachers/tests.md`, the page about end-to-end tests.

use std::fs;
use std::path::Path;

use harness::clients::{empty_home, script};
use harness::{Peer, Server, json, story};

story!(a_name_is_free_again_after_a_logout, |server| {
    let mut alice = server.login("alice");
    let mut bob = server.connect();
    bob.asks(json!({"request": "login", "username": "Alice"}));
    bob.hears(json!({"response": "login", "error": "Name already taken!"}));
    alice.asks(json!({"request": "logout"}));
    alice.hears(json!({"response": "logout", "username": "alice"}));
    bob.asks(json!({"request": "login", "username": "Alice"}));
    bob.hears(json!({"response": "login", "username": "Alice"}));
    alice.has_heard_everything();
});

story!(a_line_has_a_limit_even_without_its_end, ["--frame-limit", "100"], |server| {
    let mut alice = server.login("alice");
    let mut mallory = server.connect();
    mallory.sends(b"{\"request\":\"ver");
    mallory.sends(b"sion\"}\n");
    mallory.hears(json!({"response": "version"}));
    mallory.sends("x".repeat(102).as_bytes());
    let error = "Not a JSON object: a frame is over 100 bytes";
    mallory.hears(json!({"response": "error", "error": error, "code": "bad-frame"}));
    mallory.is_hung_up_on();
    alice.has_heard_everything();
});

#[test]
fn a_message_survives_the_end_of_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.db");
    let arguments = ["--data", data.to_str().unwrap()];

    let mut server = Server::start("events", &arguments);
    let mut alice = server.login("alice");
    alice.says("still here?");
    alice.hears(json!({"response": "message", "message": "still here?"}));
    server.signal("TERM");
    alice.hears(json!({"response": "notice"}));
    assert_eq!(server.exit_code(), 0);

    let server = Server::start("events", &arguments);
    let mut bob = Peer::connect(server.address());
    bob.asks(json!({"request": "login", "username": "bob"}));
    let login = bob.hears(json!({"response": "login", "username": "bob"}));
    assert_eq!(login["messages"][0]["message"], "still here?");
}

#[test]
fn a_script_of_the_client_reaches_a_peer() {
    let server = Server::start("threads", &[]);
    let mut alice = server.login("alice");
    let address = server.address().to_string();
    let (said, code) = script(empty_home().path(), &[&address], "/login bob\ngood morning\n");
    assert_eq!((said.lines().last(), code), (Some("bob: good morning"), 0));
    alice.hears(json!({"response": "join", "username": "bob"}));
    alice.hears(json!({"response": "message", "username": "bob", "message": "good morning"}));
    alice.hears(json!({"response": "leave", "username": "bob"}));
}

/// So the examples on the page run as they stand there.
#[test]
fn every_example_on_the_page_is_a_test_in_this_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    // A copy of the workspace for students has no pages for teachers.
    let Ok(page) = fs::read_to_string(root.join("handout/teachers/tests.md")) else {
        return harness::skipped("this copy of the workspace has no pages for teachers");
    };
    let examples: Vec<&str> =
        page.split("```rust\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(examples.len() >= 4, "the examples were not found");
    for example in examples {
        assert!(include_str!("first_steps.rs").contains(example), "no test is:\n{example}");
    }
}
