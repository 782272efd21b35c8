//! After a lost connection, the client at a terminal names the people who did not come back.

use expectrl::Expect;
use harness::clients::{empty_home, exit_code, until};
use harness::json;

use crate::reconnect::{alice, start};

#[test]
#[ignore = "slow"]
fn a_person_who_does_not_come_back_is_named_and_announced_later() {
    let folder = empty_home();
    let server = start(0, folder.path());
    let mut alice = alice(folder.path(), &server, &[]);
    let (port, client) = (server.address().port(), alice.get_process().pid().to_string());
    let people = ["bob", "carl", "dave"].map(|name| server.login(name));
    until(&mut alice, "* dave joined (4 online)");
    alice.send_line("/join tea").unwrap();
    until(&mut alice, "alice#tea> ");
    drop(server);
    drop(people);
    until(&mut alice, "reconnecting ");
    harness::send_signal(client.parse().unwrap(), "STOP");
    let server = start(port, folder.path());
    // Dave comes back before alice, and bob after her.
    let _dave = server.login("dave");
    harness::send_signal(client.parse().unwrap(), "CONT");
    until(&mut alice, "* connected again; you are alice");
    let mut bob = server.login("bob");
    bob.asks(json!({"request": "join", "room": "tea"}));
    bob.says("back");
    let quiet = until(&mut alice, "bob: back");
    // Now the server sends nothing, and the person types nothing.
    let quiet = quiet + &until(&mut alice, "* no longer here: carl\r\n");
    assert!(!quiet.contains("joined") && !quiet.contains("entered"), "{quiet}");

    for _ in 0..2 {
        let mut carl = server.login("carl");
        until(&mut alice, "* carl joined (4 online)");
        carl.asks(json!({"request": "join", "room": "tea"}));
        until(&mut alice, "* carl entered #tea (3 there)");
        drop(carl);
        until(&mut alice, "* carl left (3 online)");
    }
    bob.says("bye");
    until(&mut alice, "bob: bye");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
