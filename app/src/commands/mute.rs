//! `mute`: keeps a name, an address or a range of addresses from sending messages.
//!
//! A muted person reads on. They send neither messages nor whispers, and leave without a reason.

use super::ban::{TERMS, impose};
use super::{Access, Call, Command, Order, Outcome};
use crate::Measure;

pub(super) const COMMAND: Command = Command {
    name: "mute",
    arguments: TERMS,
    access: Access::Admin,
    order: Order::Alone,
    summary: "Mute a name, an address or a range, for a time such as 10m, else forever.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    impose(call, Measure::Mute)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::{Dict, Peer};

    const ERROR: &str = "You are muted until 1970-01-01 00:10:00 UTC: spam";

    fn muted(who: &str) -> (Room, [Peer; 3]) {
        let mut room = Room::new();
        let people = [room.login_admin("root"), room.login("bob"), room.login("alice")];
        people.into_iter().for_each(|peer| drop(room.heard(peer)));
        room.ask(people[0], "mute", dict("who", who).with("time", "10m").with("reason", "spam"));
        (room, people)
    }

    #[test]
    fn a_muted_person_reads_and_sends_nothing_until_the_end() {
        let (mut room, [root, bob, alice]) = muted("BOB");
        let until = r#"until="1970-01-01T00:10:00.000Z" reason="spam""#;
        assert_eq!(room.heard(root), [format!(r#"mute who="bob" {until}"#)]);
        let notice = format!(r#"notice message="{ERROR}" reason="muted""#);
        assert_eq!(room.heard(bob), [notice.as_str()]);
        room.ask(bob, "join", dict("room", "tea"));
        room.heard(bob);
        let hello = || dict("message", "hello");
        room.register("Dave", "correct horse");
        for request in [
            hello(),
            hello().with("to", "alice"),
            hello().with("to", "dave"),
            hello().with("room", "tea"),
        ] {
            room.ask(bob, "message", request);
            assert_eq!(room.heard(bob), [format!("message error: {ERROR}")]);
        }
        room.ask(bob, "names", Dict::new());
        assert!(room.heard(bob)[0].starts_with("names "));
        assert_eq!(room.heard(alice), [""; 0]);
        room.ask(alice, "message", hello());
        assert_eq!((room.heard(bob).len(), room.heard(alice).len()), (1, 1));
        room.set_wall("1970-01-01T00:10:00Z".parse().unwrap());
        room.ask(bob, "message", hello());
        assert_eq!(room.heard(alice).len(), 1);
    }

    #[test]
    fn a_muted_person_leaves_without_a_reason() {
        let (mut room, [_, bob, alice]) = muted("bob");
        room.heard(alice);
        room.ask(bob, "logout", dict("reason", "buy my coins"));
        assert_eq!(room.heard(alice), [r#"leave username="bob" online=2"#]);
    }

    #[test]
    fn a_mute_is_lifted_with_a_notice() {
        let (mut room, [root, bob, _]) = muted("bob");
        room.heard_all();
        room.ask(root, "mute", dict("who", "bob"));
        for _ in 0..2 {
            room.ask(root, "unmute", dict("who", "Bob"));
        }
        let want =
            ["mute error: Muted already!", r#"unmute who="bob""#, "unmute error: Not muted!"];
        assert_eq!(room.heard(root), want);
        let notice = r#"notice message="You may send messages again." reason="unmuted""#;
        assert_eq!(room.heard(bob), [notice]);
        room.ask(bob, "message", dict("message", "hello"));
        assert_eq!(room.heard(bob).len(), 1);
    }

    #[test]
    fn a_mute_of_a_range_concerns_people_under_every_name() {
        let (mut room, [root, ..]) = muted("10.0.0.0/24");
        let eve = room.connect_from("10.0.0.9:1");
        for name in ["eve", "mallory"] {
            room.ask(eve, "login", dict("username", name));
            room.heard(eve);
            room.ask(eve, "message", dict("message", "hello"));
            assert_eq!(room.heard(eve), [format!("message error: {ERROR}")]);
            room.ask(eve, "logout", Dict::new());
            room.heard(eve);
        }
        room.heard(root);
        room.ask(root, "mute", dict("who", "127.0.0.1"));
        assert_eq!(room.heard(root), ["mute error: Not yourself!"]);
    }
}
