//! `rooms`: lists the rooms that have a member.

use parse::{Dict, Value};

use super::{Access, Answer, Call, Command, Order, Outcome};
use crate::rooms::LOBBY;

pub(super) const COMMAND: Command = Command {
    name: "rooms",
    arguments: &[],
    access: Access::LoggedIn,
    order: Order::Alone,
    summary: "List the rooms and their number of members.",
    run,
};

/// The most rooms in an answer, so that it stays far below the limit of an outbox.
const MOST: usize = 500;

fn run(call: &mut Call<'_>) -> Outcome {
    let joined = &call.chat.roster.connected(call.peer).rooms;
    let room = |name: &str, online: usize, joined: bool| {
        Value::from(Dict::new().with("room", name).with("online", online).with("joined", joined))
    };
    let rooms = call.chat.roster.rooms();
    let others = rooms.others();
    let others = others.map(|(name, members)| room(name, members.count(), joined.contains(name)));
    let lobby = room(LOBBY, rooms.lobby().count(), true);
    let rooms: Value = std::iter::once(lobby).chain(others).take(MOST).collect();
    Ok(Answer::Now(Dict::new().with("rooms", rooms)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::Dict;

    #[test]
    fn it_lists_rooms_with_a_member_the_lobby_first() {
        let mut chat = Room::new();
        let (alice, bob) = (chat.login("alice"), chat.login("bob"));
        chat.ask(alice, "join", dict("room", "tea"));
        chat.ask(bob, "join", dict("room", "cake"));
        chat.heard(bob);
        chat.ask(bob, "rooms", Dict::new());
        let lobby = r#"{"room":"lobby","online":2,"joined":true}"#;
        let cake = r#"{"room":"cake","online":1,"joined":true}"#;
        let tea = r#"{"room":"tea","online":1,"joined":false}"#;
        assert_eq!(chat.heard(bob), [format!("rooms rooms=[{lobby},{cake},{tea}]")]);
        chat.leave(alice);
        chat.heard(bob);
        chat.ask(bob, "rooms", Dict::new());
        assert!(!chat.heard(bob)[0].contains("tea"), "the room has no member");
    }
}
