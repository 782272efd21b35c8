//! `leave`: leaves a room.

use super::{Access, Argument, Call, Command, Order, Outcome};
use crate::log::PresenceChange;
use crate::rooms;

pub(super) const COMMAND: Command = Command {
    name: "leave",
    arguments: &[Argument::text("room")],
    access: Access::LoggedIn,
    order: Order::Alone,
    summary: "Leave a room.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let room = rooms::read(call.arguments.string("room")?, call.chat.limits.name)?;
    call.append(PresenceChange::Exit { peer: call.peer, room })
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};

    #[test]
    fn only_a_room_that_was_joined_can_be_left() {
        let mut chat = Room::new();
        let alice = chat.login("alice");
        for (room, answer) in [
            ("tea", "leave error: You are not in that room!"),
            ("lobby", "leave error: Nobody leaves the lobby!"),
            ("a b", "leave error: Invalid room!"),
        ] {
            chat.ask(alice, "leave", dict("room", room));
            assert_eq!(chat.heard(alice), [answer]);
        }
        chat.ask(alice, "join", dict("room", "tea"));
        chat.ask(alice, "leave", dict("room", "TEA"));
        assert_eq!(chat.heard(alice)[1], r#"leave room="tea""#);
    }
}
