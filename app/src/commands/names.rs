//! `names`: lists the members of a room.

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::Refusal;
use crate::rooms::in_room;

pub(super) const COMMAND: Command = Command {
    name: "names",
    arguments: &[Argument::optional_text("room")],
    access: Access::Present,
    order: Order::Alone,
    summary: "List the people in a room.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let room = call.room()?;
    let members = call.chat.roster.members(&room).ok_or(Refusal::NotInRoom)?;
    Ok(Answer::Now(in_room(&room).with("names", members.names())))
}

#[cfg(test)]
mod tests {
    use crate::testing::Room;

    #[test]
    fn it_lists_the_people_who_are_logged_in_sorted() {
        let mut room = Room::new();
        let (bob, alice) = (room.login("bob"), room.login("alice"));
        room.connect();
        room.ask(alice, "names", Default::default());
        assert_eq!(room.heard(alice), [r#"names names=["alice","bob"]"#]);
        room.leave(bob);
        room.heard(alice);
        room.ask(alice, "names", Default::default());
        assert_eq!(room.heard(alice), [r#"names names=["alice"]"#]);
    }
}
