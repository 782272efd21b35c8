//! `join`: joins a room, and returns its latest messages.

use super::{Access, Argument, Call, Command, Order, Outcome};
use crate::log::PresenceChange;
use crate::rooms;

pub(super) const COMMAND: Command = Command {
    name: "join",
    arguments: &[Argument::text("room")],
    access: Access::LoggedIn,
    order: Order::Alone,
    summary: "Join a room, and get its latest messages.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let room = rooms::read(call.arguments.string("room")?, call.chat.limits.name)?;
    call.append(PresenceChange::Enter { peer: call.peer, room })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::{Dict, Value};

    const TIME: &str = r#"timestamp="1970-01-01T00:00:00.000Z""#;

    fn say(room: &str, text: &str) -> Dict {
        dict("message", text).with("room", room)
    }

    #[test]
    fn a_message_in_a_room_reaches_its_members_and_its_later_members() {
        let mut chat = Room::new();
        let [alice, bob, carol] = ["alice", "bob", "carol"].map(|name| chat.login(name));
        for peer in [alice, bob] {
            chat.ask(peer, "join", dict("room", "Tea"));
        }
        chat.heard_all();
        chat.ask_tagged(alice, "message", say("tea", "milk?"), Value::from(1));
        let want = format!(r#"message id=1 room="tea" username="alice" message="milk?" {TIME}"#);
        assert_eq!(chat.heard(alice), [format!("{want} tag=1")]);
        assert_eq!(chat.heard(bob), [want]);
        assert_eq!(chat.heard(carol), [""; 0]);
        chat.ask(carol, "history", Dict::new());
        assert_eq!(
            chat.heard(carol),
            ["history messages=[] more=false"],
            "the history of the lobby"
        );
        for peer in [alice, bob] {
            chat.ask(peer, "leave", dict("room", "tea"));
        }
        chat.ask(carol, "join", dict("room", "TEA"));
        let said = chat.heard(carol);
        assert!(said[0].starts_with(r#"join room="tea" online=1 messages=[{"id":1,"room":"tea","#));
    }

    #[test]
    fn the_members_see_each_join_leave_logout_and_disconnect() {
        let mut chat = Room::new();
        let [alice, bob] = ["alice", "bob"].map(|name| chat.login(name));
        chat.ask(alice, "join", dict("room", "tea"));
        assert_eq!(chat.heard(alice).last().unwrap(), r#"join room="tea" online=1 messages=[]"#);
        let entered = r#"entered room="tea" username="bob" online=2"#;
        let exited = r#"exited room="tea" username="bob" online=1"#;
        let left = r#"leave username="bob" online=1"#;
        chat.ask(bob, "join", dict("room", "tea"));
        assert_eq!(chat.heard(alice), [entered]);
        chat.ask(bob, "leave", dict("room", "tea"));
        assert_eq!(chat.heard(alice), [exited]);
        chat.ask(bob, "join", dict("room", "tea"));
        chat.ask(bob, "logout", Dict::new());
        assert_eq!(chat.heard(alice), [entered, exited, left]);
        chat.ask(bob, "login", dict("username", "bob"));
        chat.ask(bob, "message", say("tea", "am I still there?"));
        assert_eq!(chat.heard(bob).last().unwrap(), "message error: You are not in that room!");
        chat.ask(bob, "join", dict("room", "tea"));
        chat.heard(alice);
        chat.leave(bob);
        assert_eq!(chat.heard(alice), [exited, left]);
    }

    #[test]
    fn a_room_that_cannot_be_joined_is_refused() {
        let mut chat = Room::new();
        let alice = chat.login("alice");
        for (room, error) in [
            ("", "Invalid room!"),
            ("a b", "Invalid room!"),
            (&"x".repeat(33), "Invalid room!"),
            ("Lobby", "You are in that room already!"),
        ] {
            chat.ask(alice, "join", dict("room", room));
            assert_eq!(chat.heard(alice), [format!("join error: {error}")]);
        }
        for number in 0..16 {
            chat.ask(alice, "join", dict("room", &number.to_string()));
            chat.ask(alice, "join", dict("room", &number.to_string()));
            assert_eq!(chat.heard(alice)[1], "join error: You are in that room already!");
        }
        chat.ask(alice, "join", dict("room", "17"));
        assert_eq!(chat.heard(alice), ["join error: You are in too many rooms!"]);
    }
}
