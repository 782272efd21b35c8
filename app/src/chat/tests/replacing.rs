//! A login that ends the session in which the person is logged in already.

use crate::testing::{Room, dict};

#[test]
fn the_owner_of_a_name_can_replace_their_other_session() {
    let mut room = Room::new();
    room.register("alice", "correct horse");
    let (bob, first, second) = (room.login("bob"), room.connect(), room.connect());
    let login = |replace| {
        dict("username", "Alice").with("password", "correct horse").with("replace", replace)
    };
    // Nobody is replaced.
    room.ask(first, "login", login(true));
    assert_eq!(room.heard(first), [r#"login username="alice" messages=[]"#]);
    room.ask(second, "login", login(false));
    assert_eq!(room.heard(second), ["login error: You are logged in elsewhere!"]);
    room.heard_all();
    room.ask(second, "login", login(true));
    assert_eq!(room.heard(second), [r#"login username="alice" messages=[]"#]);
    let notice = r#"notice message="You have logged in elsewhere." reason="replaced""#;
    assert_eq!(room.heard(first), [notice, "(closed)"]);
    room.ask(first, "message", dict("message", "but"));
    room.leave(first);
    let seen = [r#"leave username="alice" online=1"#, r#"join username="alice" online=2"#];
    assert_eq!(room.heard(bob), seen);
    room.ask(second, "names", Default::default());
    assert_eq!(room.heard(second), [r#"names names=["alice","bob"]"#]);
}

#[test]
fn nobody_else_can_replace_a_session() {
    let mut room = Room::new();
    room.register("alice", "correct horse");
    let (alice, guest, mallory) = (room.connect(), room.login("guest"), room.connect());
    room.ask(alice, "login", dict("username", "alice").with("password", "correct horse"));
    room.heard_all();
    room.ask(mallory, "login", dict("username", "alice").with("replace", "yes"));
    let error = room.heard(mallory);
    assert!(error[0].contains("replace"), "{error:?}");
    for (arguments, error) in [
        (dict("username", "alice").with("password", "wrong horse"), "Wrong password!"),
        (dict("username", "alice"), "Wrong password!"),
        (dict("username", "guest"), "Name already taken!"),
        (dict("username", "guest").with("password", "any horse"), "Wrong password!"),
    ] {
        room.ask(mallory, "login", arguments.with("replace", true));
        assert_eq!(room.heard(mallory), [format!("login error: {error}")]);
    }
    for peer in [alice, guest] {
        assert_eq!(room.heard(peer), [""; 0]);
    }
}
