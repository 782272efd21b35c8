//! `remove`: deletes a message.

use super::{Access, Argument, Call, Command, Order, Outcome};
use crate::Act;

pub(super) const COMMAND: Command = Command {
    name: "remove",
    arguments: &[Argument::number("id")],
    access: Access::Admin,
    order: Order::Alone,
    summary: "Delete a message by its number, which /history shows.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let id = call.arguments.whole_number("id")?;
    call.administer(Act::Remove(id))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::Dict;

    #[test]
    fn the_message_is_gone_and_the_others_learn_its_id() {
        let mut room = Room::new();
        let (root, bob, carol) = (room.login_admin("root"), room.login("bob"), room.login("carol"));
        for text in ["one", "two", "three"] {
            room.ask(bob, "message", dict("message", text));
        }
        room.ask(bob, "message", dict("message", "psst").with("to", "carol"));
        room.heard_all();
        room.ask(root, "remove", Dict::new().with("id", 2));
        assert_eq!(
            room.heard(root),
            [r#"remove id=2 username="bob" said="1970-01-01T00:00:00.000Z" message="two""#]
        );
        assert_eq!(
            room.heard(bob),
            [r#"removed id=2 username="bob" said="1970-01-01T00:00:00.000Z""#]
        );
        assert_eq!(
            room.heard(carol),
            [r#"removed id=2 username="bob" said="1970-01-01T00:00:00.000Z""#]
        );
        room.ask(carol, "history", Dict::new());
        let said = room.heard(carol);
        assert!(said[0].contains("one") && said[0].contains("three"), "{said:?}");
        assert!(!said[0].contains("two"), "{said:?}");
        for id in [0, 2, 4, 5] {
            room.ask(root, "remove", Dict::new().with("id", id));
            assert_eq!(room.heard(root), ["remove error: No such message!"], "{id}");
        }
    }

    #[test]
    fn only_the_members_of_its_room_learn_that_a_message_is_gone() {
        let mut room = Room::new();
        let (root, bob, carol) = (room.login_admin("root"), room.login("bob"), room.login("carol"));
        room.ask(bob, "join", dict("room", "tea"));
        room.ask(bob, "message", dict("message", "one").with("room", "tea"));
        room.heard_all();
        room.ask(root, "remove", Dict::new().with("id", 1));
        assert_eq!(
            room.heard(root),
            [
                r#"remove room="tea" id=1 username="bob" said="1970-01-01T00:00:00.000Z" message="one""#
            ]
        );
        assert_eq!(
            room.heard(bob),
            [r#"removed room="tea" id=1 username="bob" said="1970-01-01T00:00:00.000Z""#]
        );
        assert_eq!(room.heard(carol), [""; 0]);
    }
}
