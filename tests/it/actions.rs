//! Actions: `/me waves` in the client, and a flag of `message` on the wire.

use expectrl::Expect;
use harness::clients::{empty_home, script, terminal, until};
use harness::{Server, json, story};

story!(an_action_is_marked_in_its_delivery_and_in_the_backlog, |server| {
    let (mut alice, mut bob) = (server.login("alice"), server.login("bob"));
    alice.hears(json!({"response": "join"}));
    alice.asks(json!({"request": "message", "message": "waves", "action": true}));
    let waves = json!({"response": "message", "message": "waves", "action": true});
    alice.hears(waves.clone());
    bob.hears(waves);
    alice.says("hi");
    for peer in [&mut alice, &mut bob] {
        let said = peer.hears(json!({"response": "message", "message": "hi"}));
        assert_eq!(said.get("action"), None);
    }
    bob.asks(json!({"request": "history"}));
    let history = bob.hears(json!({"response": "history"}));
    let actions = [0, 1].map(|index| history["messages"][index].get("action").cloned());
    assert_eq!(actions, [Some(json!(true)), None]);
});

#[test]
fn an_action_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("a.db");
    let start = || Server::start("events", &["--data", data.to_str().unwrap()]);
    let server = start();
    let mut alice = server.login("alice");
    alice.asks(json!({"request": "message", "message": "waves", "action": true}));
    alice.hears(json!({"response": "message"}));
    // This kills the process.
    drop(server);
    let server = start();
    let mut bob = server.connect();
    bob.asks(json!({"request": "login", "username": "bob"}));
    let login = bob.hears(json!({"response": "login"}));
    assert_eq!(login["messages"][0]["action"], true, "{login}");
}

#[test]
fn me_says_what_a_person_does() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let home = empty_home();
    let address = server.address().to_string();
    let arguments = [&*address, "--name", "alice", "--color", "never"];
    let mut alice = terminal(home.path(), &arguments);
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join"}));
    alice.send_line("/me waves").unwrap();
    bob.hears(json!({"response": "message", "message": "waves", "action": true}));
    bob.asks(json!({"request": "message", "message": "waves back", "action": true}));
    until(&mut alice, " * bob waves back");

    let (said, code) =
        script(home.path(), &[&address, "--name", "carol"], "/me smiles\n/me\n/history\n");
    // A script takes a line that begins with a star for an event, so the room stands first.
    assert_eq!(
        said,
        "* you are carol\ncarol * smiles\n! usage: /me TEXT\n\
         #1 alice * waves\n#2 bob * waves back\n#3 carol * smiles\n"
    );
    assert_eq!(code, 1);
}
