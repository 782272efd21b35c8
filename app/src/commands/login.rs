//! `login`: take a name and come in.

use parse::Dict;

use super::{Access, Answer, Argument, Call, Command, Outcome};
use crate::people;

pub(super) const COMMAND: Command = Command {
    name: "login",
    arguments: &[Argument::text("username")],
    access: Access::Stranger,
    summary: "Take a name, and get what was said before.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let name = call.arguments.string("username")?;
    people::check_name(name, call.chat.limits.name)?;
    let entered = call.chat.people.enter(name, call.peer)?;
    call.chat.name(call.peer, entered);
    call.chat.announce("join", name, call.peer, call.replies);
    let backlog = call.chat.log.page(None, call.chat.limits.backlog);
    Ok(Answer::Now(Dict::new().with("username", name).with("messages", backlog.to_list())))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};

    #[test]
    fn the_first_to_come_finds_an_empty_backlog() {
        let mut room = Room::new();
        let alice = room.connect();
        room.ask(alice, "login", dict("username", "Alice"));
        assert_eq!(room.heard(alice), [r#"login username="Alice" messages=[]"#]);
    }

    #[test]
    fn the_others_see_it_once_and_strangers_do_not() {
        let mut room = Room::new();
        let (alice, stranger) = (room.login("alice"), room.connect());
        let bob = room.login("bob");
        assert_eq!(room.heard(alice), [r#"join username="bob" online=2"#]);
        assert_eq!(room.heard(stranger), [""; 0]);
        assert_eq!(room.heard(bob), [""; 0]);
    }

    #[test]
    fn what_was_said_before_comes_with_it() {
        let mut room = Room::new();
        let alice = room.login("alice");
        room.ask(alice, "message", dict("message", "first"));
        room.ask(alice, "message", dict("message", "second"));
        let bob = room.connect();
        room.ask(bob, "login", dict("username", "bob"));
        let said = room.heard(bob);
        let first = r#"{"id":1,"username":"alice","message":"first","timestamp":"1970-01-01T00:00:00.000Z"}"#;
        let second = r#"{"id":2,"username":"alice","message":"second","timestamp":"1970-01-01T00:00:00.000Z"}"#;
        assert_eq!(said, [format!(r#"login username="bob" messages=[{first},{second}]"#)]);
    }

    #[test]
    fn a_name_that_cannot_be_had_is_refused_and_another_may_be_tried() {
        let mut room = Room::new();
        room.login("alice");
        let bob = room.connect();
        for (name, error) in [
            ("", "Invalid username!"),
            ("a b", "Invalid username!"),
            ("é", "Invalid username!"),
            (&"x".repeat(33), "Invalid username!"),
            ("ALICE", "Name already taken!"),
            ("Server", "Name already taken!"),
        ] {
            room.ask(bob, "login", dict("username", name));
            assert_eq!(room.heard(bob), [format!("login error: {error}")]);
        }
        room.ask(bob, "login", dict("username", "bob"));
        assert_eq!(room.heard(bob), [r#"login username="bob" messages=[]"#]);
    }

    #[test]
    fn a_second_login_changes_nothing() {
        let mut room = Room::new();
        let alice = room.login("alice");
        room.ask(alice, "login", dict("username", "mallory"));
        assert_eq!(room.heard(alice), ["login error: Already logged in!"]);
        room.ask(alice, "names", Default::default());
        assert_eq!(room.heard(alice), [r#"names names=["alice"]"#]);
    }
}
