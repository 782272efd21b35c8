//! Goodbyes: a person who leaves with `/quit REASON` tells the others why.

use expectrl::Expect;
use harness::clients::{empty_home, exit_code, script, terminal, until};
use harness::{Server, json, story};

story!(a_logout_tells_the_others_its_reason, |server| {
    let (mut alice, mut bob) = (server.login("alice"), server.login("bob"));
    alice.hears(json!({"response": "join"}));
    bob.asks(json!({"request": "logout", "reason": "gone\thome"}));
    bob.hears(json!({"response": "logout", "username": "bob"}));
    alice.hears(json!({"response": "leave", "username": "bob", "reason": "gone home"}));
    bob.finishes();
    bob.is_hung_up_on();
    alice.has_heard_everything();
});

#[test]
fn quit_with_a_reason_tells_the_others_and_ends_the_client() {
    let server = Server::start("events", &[]);
    let mut carol = server.login("carol");
    let home = empty_home();
    let address = server.address().to_string();
    let arguments = [&*address, "--name", "alice", "--color", "never"];
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "alice> ");
    carol.hears(json!({"response": "join", "username": "alice"}));

    let (said, code) = script(home.path(), &[&address, "--name", "bob"], "/quit gone home\nno\n");
    assert_eq!((said.as_str(), code), ("* you are bob\n", 0));
    carol.hears(json!({"response": "join", "username": "bob"}));
    carol.hears(json!({"response": "leave", "username": "bob", "reason": "gone home"}));
    until(&mut alice, "* bob left (gone home) (2 online)");

    // Nothing after `/quit` is lost, and no line of a paste becomes its reason.
    for later in ["/names", "long"] {
        alice.send(format!("/quit so\x1b\r{later}\r")).unwrap();
        until(&mut alice, "! lines follow /quit");
        until(&mut alice, "* 2 lines not sent; Up brings them back");
    }
    until(&mut alice, "alice> ");
    alice.send("\x1b[200~/quit\ra\rb\rc\x1b[201~").unwrap();
    until(&mut alice, "! lines follow /quit");
    until(&mut alice, "* 4 lines not sent; Up brings them back");
    alice.send_line("/quit so long").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    carol.hears(json!({"response": "leave", "username": "alice", "reason": "so long"}));

    // Nobody has to be told that a client leaves that is not logged in.
    let (said, code) = script(home.path(), &[&address], "/quit early\n");
    assert_eq!((said.as_str(), code), ("", 0));
    carol.has_heard_everything();
}

#[test]
fn a_reason_that_nobody_is_told_is_named() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let address = server.address().to_string();
    let mut alice = terminal(home.path(), &[&address, "--name", "alice", "--color", "never"]);
    until(&mut alice, "alice> ");
    drop(server);
    until(&mut alice, "reconnecting ");
    alice.send_line("/quit so long").unwrap();
    until(&mut alice, "* not connected, so nobody is told why you leave");
    assert_eq!(exit_code(&mut alice), 0);
}
