//! `names`: who is here.

use parse::Dict;

use super::{Access, Answer, Call, Command, Outcome};

pub(super) const COMMAND: Command = Command {
    name: "names",
    arguments: &[],
    access: Access::LoggedIn,
    summary: "Who is here.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    Ok(Answer::Now(Dict::new().with("names", call.chat.people.names())))
}

#[cfg(test)]
mod tests {
    use crate::testing::Room;

    #[test]
    fn it_lists_whoever_is_logged_in_sorted() {
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
