//! `poke`: nudges another person.

use parse::{Dict, Response};

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::Refusal;

pub(super) const COMMAND: Command = Command {
    name: "poke",
    arguments: &[Argument::text("username")],
    access: Access::LoggedIn,
    order: Order::Alone,
    summary: "Nudge another person.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let name = call.arguments.string("username")?;
    let person = call.chat.roster.find(name).ok_or(Refusal::NoSuchUser)?;
    let poked = Dict::new().with("by", call.asker()?);
    let everybody = call.chat.roster.everyone();
    call.replies.say_to_all(everybody, Response::ok("poked", poked));
    Ok(Answer::Now(Dict::new().with("username", &*person.name)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};

    #[test]
    fn the_receiver_learns_who_poked() {
        let mut room = Room::new();
        let (alice, bob) = (room.login("alice"), room.login("bob"));
        room.heard(alice);
        room.ask(alice, "poke", dict("username", "BOB"));
        assert_eq!(room.heard(alice), [r#"poke username="bob""#]);
        assert_eq!(room.heard(bob), [r#"poked by="alice""#]);
    }

    #[test]
    fn nobody_else_learns_of_it() {
        let mut room = Room::new();
        let (alice, bob, carol) = (room.login("alice"), room.login("bob"), room.login("carol"));
        room.heard_all();
        room.ask(alice, "poke", dict("username", "bob"));
        assert_eq!(room.heard(bob).len(), 1);
        assert!(room.heard(carol).is_empty());
    }

    #[test]
    fn an_absent_person_cannot_be_poked() {
        let mut room = Room::new();
        let alice = room.login("alice");
        room.ask(alice, "poke", dict("username", "nobody"));
        assert_eq!(room.heard(alice), ["poke error: No such user!"]);
    }

    #[test]
    fn a_person_who_left_cannot_be_poked() {
        let mut room = Room::new();
        let (alice, bob) = (room.login("alice"), room.login("bob"));
        room.ask(bob, "logout", Default::default());
        room.heard_all();
        room.ask(alice, "poke", dict("username", "bob"));
        assert_eq!(room.heard(alice), ["poke error: No such user!"]);
        assert!(room.heard(bob).is_empty());
    }
}
