//! `logout`: gives the name back. The connection stays.

use parse::Dict;

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::log::{Departure, PresenceChange};
use crate::{moderation, text};

pub(super) const COMMAND: Command = Command {
    name: "logout",
    arguments: &[Argument::optional_text("reason")],
    // The course KTN 2014 specifies another error for a logout without a login than the table has.
    access: Access::Anyone,
    order: Order::Alone,
    summary: "Give the name back. The connection stays.",
    run,
};

/// Logs the peer out. A reason that is too long or has forbidden characters does not keep a person
/// from leaving: the others get a [remark](text::remark). They get no reason of a peer that is muted.
fn run(call: &mut Call<'_>) -> Outcome {
    let reason = call.arguments.optional_string("reason")?;
    let session = call.chat.roster.connected(call.peer);
    let reason = reason.filter(|_| moderation::check_voice(&call.chat.log, session).is_ok());
    let reason = reason.and_then(text::reason);
    if call.name.is_some() {
        let (peer, departure) = (call.peer, Departure::Orderly);
        return call.append(PresenceChange::Depart { peer, departure, reason });
    }
    // An observer has no name, so the log does not know of them.
    let name = call.chat.log_out(call.peer, call.now, call.replies)?;
    tracing::info!(peer = %call.peer, name = &*name, "logged out");
    Ok(Answer::Now(Dict::new().with("username", &*name)))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};

    #[test]
    fn the_name_is_free_and_other_peers_see_it_once() {
        let mut room = Room::new();
        let (alice, bob) = (room.login("alice"), room.login("bob"));
        room.heard(alice);
        room.ask(bob, "logout", Default::default());
        assert_eq!(room.heard(bob), [r#"logout username="bob""#]);
        assert_eq!(room.heard(alice), [r#"leave username="bob" online=1"#]);
        room.leave(bob);
        assert_eq!(room.heard(alice), [""; 0], "it has left already");
        room.login("bob");
        room.heard(alice);

        room.ask(alice, "join", dict("room", "tea"));
        room.register("carol", "correct horse");
        let carol = room.connect();
        for _ in 0..2 {
            // The peer has neither a proof nor a room after the logout, so all of this works again.
            let password = dict("username", "carol").with("password", "correct horse");
            room.ask(carol, "login", password);
            assert_eq!(room.heard(carol), [r#"login username="carol" messages=[]"#]);
            room.ask(carol, "join", dict("room", "tea"));
            assert_eq!(room.heard(carol), [r#"join room="tea" online=2 messages=[]"#]);
            room.heard(alice);
            room.ask(carol, "logout", Default::default());
            assert_eq!(room.heard(carol), [r#"logout username="carol""#]);
            let exited = r#"exited room="tea" username="carol" online=1"#;
            let left = r#"leave username="carol" online=2"#;
            assert_eq!(room.heard(alice), [exited, left]);
        }
    }

    #[test]
    fn other_peers_see_the_reason_once() {
        let mut room = Room::new();
        let (alice, bob) = (room.login("alice"), room.login("bob"));
        room.ask(alice, "join", dict("room", "tea"));
        room.ask(bob, "join", dict("room", "tea"));
        room.heard_all();
        room.ask(bob, "logout", dict("reason", " gone\nhome "));
        assert_eq!(room.heard(bob), [r#"logout username="bob""#]);
        let exited = r#"exited room="tea" username="bob" online=1"#;
        let left = r#"leave username="bob" online=1 reason="gone home""#;
        assert_eq!(room.heard(alice), [exited, left]);
        // A refused logout leaves no reason for the next departure.
        room.ask(bob, "logout", dict("reason", "never here"));
        room.ask(bob, "login", dict("username", "bob"));
        room.heard_all();
        room.ask(bob, "logout", dict("reason", "  "));
        assert_eq!(room.heard(alice), [r#"leave username="bob" online=1"#]);
        room.ask(bob, "login", dict("username", "bob"));
        room.heard_all();
        room.ask(bob, "logout", dict("reason", &"é".repeat(300)));
        let left = format!(r#"leave username="bob" online=1 reason="{}""#, "é".repeat(200));
        assert_eq!(room.heard(alice), [left]);
    }

    #[test]
    fn after_a_logout_a_peer_gets_no_messages_and_may_log_in_again() {
        let mut room = Room::new();
        let (alice, bob) = (room.login("alice"), room.login("bob"));
        room.ask(bob, "logout", Default::default());
        room.heard(bob);
        room.ask(alice, "message", dict("message", "is he gone?"));
        assert_eq!(room.heard(bob), [""; 0]);
        room.ask(bob, "login", dict("username", "robert"));
        assert!(room.heard(bob)[0].starts_with(r#"login username="robert""#));
    }

    #[test]
    fn a_logout_without_a_login_is_refused() {
        let mut room = Room::new();
        let peer = room.connect();
        room.ask(peer, "logout", Default::default());
        assert_eq!(room.heard(peer), ["logout error: Not logged in!"]);
    }
}
