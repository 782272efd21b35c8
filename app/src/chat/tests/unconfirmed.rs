//! Whispers to a client that may have lost its connection before it got them.

use std::io::ErrorKind;

use parse::{CloseReason, Dict, Peer};

use crate::testing::{Room, dict};

const SECRET: &str = "a secret of bob's client";

fn login(secret: &str) -> Dict {
    dict("username", "bob").with("session", secret)
}

/// Bob loses his connection after he was sent a whisper of Alice.
fn lose_bob(room: &mut Room, secret: &str) -> Peer {
    let (alice, bob) = (room.login("alice"), room.connect());
    room.ask(bob, "login", login(secret));
    room.ask(alice, "message", dict("message", "psst").with("to", "bob"));
    room.ask(alice, "message", dict("message", "hello, all"));
    room.leave_because(bob, CloseReason::Broken(ErrorKind::ConnectionReset));
    alice
}

/// The keys of the answer to a login of Bob.
fn whispers(room: &mut Room, login: Dict) -> Option<String> {
    let bob = room.connect();
    room.ask(bob, "login", login);
    let answer = room.heard(bob).remove(0);
    room.leave(bob);
    answer.split_once(" whispers=").map(|(_, whispers)| whispers.to_owned())
}

#[test]
fn the_next_login_with_the_secret_gets_them() {
    let mut room = Room::new();
    lose_bob(&mut room, SECRET);
    assert_eq!(whispers(&mut room, login("a secret of another client")), None);
    assert_eq!(whispers(&mut room, dict("username", "bob")), None);
    let psst = r#"[{"id":1,"username":"alice","to":"bob","message":"psst","timestamp":"1970-01-01T00:00:00.000Z"}]"#;
    assert_eq!(whispers(&mut room, login(SECRET)).as_deref(), Some(psst));
    // That connection may have been lost, too.
    assert_eq!(whispers(&mut room, login(SECRET)).as_deref(), Some(psst));
}

#[test]
fn they_come_with_the_login_that_replaces_the_session() {
    let mut room = Room::new();
    room.register("bob", "correct horse");
    let (alice, bob) = (room.login("alice"), room.connect());
    let login = login(SECRET).with("password", "correct horse");
    room.ask(bob, "login", login.clone());
    room.ask(alice, "message", dict("message", "psst").with("to", "bob"));
    let again = room.connect();
    room.ask(again, "login", login.with("replace", true));
    let answer = room.heard(again).remove(0);
    assert!(answer.contains(" whispers=[{\"id\":1,"), "{answer}");
}

#[test]
fn a_secret_that_can_be_guessed_or_is_too_long_is_refused() {
    let mut room = Room::new();
    let bob = room.connect();
    let error = "login error: The secret of a session has 16 to 64 bytes!";
    for secret in ["", &"x".repeat(15), &"x".repeat(65)] {
        room.ask(bob, "login", login(secret));
        assert_eq!(room.heard(bob), [error]);
    }
    for secret in [16, 64] {
        room.ask(bob, "login", login(&"x".repeat(secret)));
        assert_eq!(room.heard(bob), [r#"login username="bob" messages=[]"#]);
        room.ask(bob, "logout", Dict::new());
        room.heard(bob);
    }
}

#[test]
fn the_login_of_a_client_ends_the_session_that_it_has_lost() {
    for password in [None, Some("correct horse")] {
        let mut room = Room::new();
        let mut login = login(SECRET);
        if let Some(password) = password {
            room.register("bob", password);
            login = login.with("password", password);
        }
        let (alice, bob, again) = (room.login("alice"), room.connect(), room.connect());
        room.ask(bob, "login", login.clone());
        room.ask(bob, "join", dict("room", "tea"));
        room.ask(alice, "message", dict("message", "psst").with("to", "bob"));
        room.heard_all();
        let other = login.clone().with("session", "a secret of another client");
        room.ask(again, "login", other);
        assert!(room.heard(again)[0].starts_with("login error: "));
        assert_eq!(room.heard(alice), [""; 0]);
        room.ask(again, "login", login);
        let answer = room.heard(again).remove(0);
        assert!(answer.contains(" whispers=[{\"id\":1,"), "{answer}");
        assert_eq!(room.heard(bob), ["(closed)"]);
        room.leave(bob);
        let left = r#"leave username="bob" online=1 broken=true"#;
        assert_eq!(room.heard(alice), [left, r#"join username="bob" online=2"#]);
        room.ask(again, "join", dict("room", "tea"));
        assert!(room.heard(again)[0].starts_with(r#"join room="tea" online=1 "#));
    }
}
