//! `kick`: closes the connection of a person. They may log in again, unlike after a `ban`.

use std::sync::Arc;

use parse::Dict;

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::{Act, Refusal, is_elsewhere, moderation, text};

pub(super) const COMMAND: Command = Command {
    name: "kick",
    arguments: &[Argument::text("username"), Argument::optional_text("reason")],
    access: Access::Admin,
    order: Order::Alone,
    summary: "Close the connection of a person.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let name = call.arguments.string("username")?;
    let reason = call.arguments.optional_string("reason")?.and_then(text::reason).map(Arc::from);
    let person = call.chat.roster.find(name).ok_or(Refusal::NoSuchUser)?;
    if person.peer == call.peer {
        return Err(Refusal::NotYourself);
    }
    if is_elsewhere(person.peer) {
        // Their server closes the connection when the log hands it the act.
        return call.administer_to(Act::Kick(person.name, reason), Some(person.peer));
    }
    call.note(Act::Kick(person.name.clone(), reason.clone()))?;
    moderation::kick(&mut call.chat.roster, person.peer, reason.as_deref(), call.replies);
    Ok(Answer::Now(Dict::new().with("username", &*person.name)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};

    #[test]
    fn the_others_learn_who_was_kicked_or_banned_and_why() {
        let mut room = Room::new();
        let (root, carol) = (room.login_admin("root"), room.login("carol"));
        for (request, who, departure) in [("kick", "username", "kicked"), ("ban", "who", "banned")]
        {
            for (name, reason) in [("bob", None), ("dave", Some("spam"))] {
                let peer = room.login(name);
                room.heard(carol);
                let mut arguments = dict(who, name);
                reason.iter().for_each(|reason| arguments.insert("reason", *reason));
                room.ask(root, request, arguments);
                room.ask(peer, "logout", dict("reason", "not in my words"));
                room.leave(peer);
                let reason = reason.map(|it| format!(" reason={it:?}")).unwrap_or_default();
                let left = format!("leave username={name:?} online=2 departure={departure:?}");
                assert_eq!(room.heard(carol), [left + &reason]);
            }
        }
    }

    #[test]
    fn the_person_gets_a_notice_and_the_connection_is_closed() {
        let mut room = Room::new();
        let (root, bob) = (room.login_admin("root"), room.login("Bob"));
        room.heard(root);
        room.ask(root, "kick", dict("username", "bob"));
        assert_eq!(room.heard(root), [r#"kick username="Bob""#]);
        assert_eq!(
            room.heard(bob),
            [r#"notice message="You were kicked." reason="kicked""#, "(closed)"]
        );
        room.ask(bob, "message", dict("message", "but"));
        assert_eq!(room.heard(bob), [""; 0]);
        for (name, error) in [("nobody", "No such user!"), ("ROOT", "Not yourself!")] {
            room.ask(root, "kick", dict("username", name));
            assert_eq!(room.heard(root), [format!("kick error: {error}")]);
        }
        room.leave(bob);
        let again = room.login("Bob");
        room.heard(root);
        room.ask(root, "kick", dict("username", "bob").with("reason", " spam\n"));
        let notice = r#"notice message="You were kicked: spam" reason="kicked""#;
        assert_eq!(room.heard(again), [notice, "(closed)"]);
    }
}
