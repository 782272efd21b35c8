//! `message`: sends a text to a room, or to one person.

mod absent;

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::log::{Change, Draft};
use crate::{Refusal, moderation, text};

pub(super) const COMMAND: Command = Command {
    name: "message",
    arguments: &[
        Argument::text("message"),
        Argument::optional_text("to"),
        Argument::optional_text("room"),
        Argument::flag("action"),
    ],
    access: Access::LoggedIn,
    order: Order::Log,
    summary: "Send a message to a room, or to one person only.",
    run: send,
};

/// Sends a message now, or keeps a whisper for a person who is not here. A peer that is muted sends
/// neither.
fn send(call: &mut Call<'_>) -> Outcome {
    moderation::check_voice(&call.chat.log, call.chat.roster.connected(call.peer))?;
    match absent::receiver(call)? {
        Some(receiver) => absent::keep(call, receiver),
        None => run(call),
    }
}

/// Checks a message and appends it to the log. The chat delivers it, and the peer gets its answer,
/// when the log has committed it.
///
/// A message with the argument `to` is a whisper, for one person only. Its draft has the name of that
/// person as they wrote it. Its origin has their peer: the name may be another person's by the time
/// of the delivery. A message with the [flag](Call::flag) `action` says what its sender does.
///
/// # Errors
/// Returns an error if the text is not [allowed](text::check); if the peer is not in the
/// [room](Call::room); for a whisper with the argument `room` ([`Refusal::WhisperInRoom`]) or to a
/// name that no person has ([`Refusal::NoSuchUser`]); or if the log is full. They are checked in this
/// order.
fn run(call: &mut Call<'_>) -> Outcome {
    let text = call.arguments.string("message")?;
    text::check(text, call.chat.limits.text)?;
    let room = call.room()?;
    let receiver = match call.arguments.optional_string("to")? {
        Some(_) if call.arguments.contains("room") => return Err(Refusal::WhisperInRoom),
        Some(name) => Some(call.chat.roster.find(name).ok_or(Refusal::NoSuchUser)?),
        None => None,
    };
    let mut origin = call.origin();
    origin.to = receiver.as_ref().map(|person| person.peer);
    let change = Change::Say {
        username: call.asker_name()?,
        room,
        to: receiver.map(|person| person.name),
        text: text.to_owned(),
        action: call.flag("action")?,
    };
    call.chat.log.append(Draft { change, timestamp: call.now.wall, origin: Some(origin) })?;
    Ok(Answer::Later)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Room, dict};
    use parse::{Dict, Peer, Value};

    const TIME: &str = r#"timestamp="1970-01-01T00:00:00.000Z""#;

    fn three() -> (Room, [Peer; 3]) {
        let mut room = Room::new();
        let people = ["alice", "bob", "carol"].map(|name| room.login(name));
        for peer in people {
            room.heard(peer);
        }
        (room, people)
    }

    fn whisper(to: &str) -> Dict {
        dict("message", "psst").with("to", to)
    }

    #[test]
    fn everyone_with_a_name_gets_it_once() {
        let (mut room, people) = three();
        let peer = room.connect();
        room.ask(people[0], "message", dict("message", "hello"));
        for peer in people {
            let want = format!(r#"message id=1 username="alice" message="hello" {TIME}"#);
            assert_eq!(room.heard(peer), [want]);
        }
        assert_eq!(room.heard(peer), [""; 0]);
        // One of another server has no origin.
        room.says_elsewhere("dan", None, "hello");
        room.says_elsewhere("dan", Some("bob"), "psst");
        assert_eq!(people.map(|peer| room.heard(peer).len()), [1, 2, 1]);
    }

    #[test]
    fn only_the_sender_gets_the_tag_back() {
        let (mut room, [alice, bob, _]) = three();
        room.ask_tagged(alice, "message", dict("message", "hi"), Value::from(7));
        let plain = format!(r#"message id=1 username="alice" message="hi" {TIME}"#);
        assert_eq!(room.heard(alice), [format!("{plain} tag=7")]);
        assert_eq!(room.heard(bob), [plain]);
        room.ask_tagged(alice, "message", whisper("bob"), Value::from(8));
        let plain = format!(r#"message id=2 username="alice" to="bob" message="psst" {TIME}"#);
        assert_eq!(room.heard(alice), [format!("{plain} tag=8")]);
        assert_eq!(room.heard(bob), [plain]);
    }

    #[test]
    fn a_whisper_reaches_only_its_receiver_and_its_sender() {
        let (mut room, [alice, bob, carol]) = three();
        room.ask(alice, "message", whisper("BOB"));
        let want = format!(r#"message id=1 username="alice" to="bob" message="psst" {TIME}"#);
        assert_eq!(room.heard(alice), [want.as_str()]);
        assert_eq!(room.heard(bob), [want.as_str()]);
        assert_eq!(room.heard(carol), [""; 0]);
        room.ask(carol, "history", Dict::new());
        assert_eq!(room.heard(carol), ["history messages=[] more=false"]);
    }

    #[test]
    fn an_action_is_marked_in_the_delivery_and_in_the_history() {
        let (mut room, [alice, bob, _]) = three();
        let waves = || dict("message", "waves");
        room.ask(alice, "message", waves().with("action", true));
        let want = format!(r#"message id=1 username="alice" message="waves" action=true {TIME}"#);
        assert_eq!(room.heard(alice), [want.as_str()]);
        assert_eq!(room.heard(bob), [want.as_str()]);
        room.ask(alice, "message", waves().with("action", false));
        let want = format!(r#"message id=2 username="alice" message="waves" {TIME}"#);
        assert_eq!(room.heard(bob), [want]);
        room.ask(bob, "history", Dict::new());
        let history = room.heard(bob).concat();
        assert!(history.contains(r#""message":"waves","action":true,"timestamp""#), "{history}");
        assert!(history.contains(r#""message":"waves","timestamp""#), "{history}");
        room.ask(alice, "message", waves().with("action", "yes"));
        let error = "message error: Wrong type for action: wanted boolean, got string";
        assert_eq!(room.heard(alice).last().map(String::as_str), Some(error));
    }

    #[test]
    fn a_whisper_to_oneself_is_delivered_once() {
        let (mut room, [alice, ..]) = three();
        room.ask(alice, "message", whisper("alice"));
        assert_eq!(room.heard(alice).len(), 1);
    }

    #[test]
    fn a_whisper_to_an_unknown_name_or_in_a_room_is_refused() {
        let (mut room, [alice, ..]) = three();
        room.ask(alice, "message", whisper("bob").with("room", "lobby"));
        assert_eq!(room.heard(alice), ["message error: A whisper has no room!"]);
        room.ask(alice, "message", whisper("dave"));
        assert_eq!(room.heard(alice), ["message error: No such user!"]);
        // The first error counts.
        room.ask(alice, "message", whisper("dave").with("room", "lobby"));
        assert_eq!(room.heard(alice), ["message error: A whisper has no room!"]);
        room.ask(alice, "message", whisper("dave").with("message", ""));
        assert_eq!(room.heard(alice), ["message error: Empty message!"]);
    }

    #[test]
    fn a_forbidden_text_is_refused_and_not_delivered() {
        let (mut room, [alice, bob, _]) = three();
        for (text, error) in [
            ("", "Empty message!"),
            ("  ", "Empty message!"),
            ("a\u{1b}[2Jb", "Forbidden character: a control character (U+001B)!"),
            ("a\rb", "Forbidden character: a carriage return (U+000D)!"),
            (&"x".repeat(4097), "Message too long!"),
        ] {
            room.ask(alice, "message", dict("message", text));
            assert_eq!(room.heard(alice), [format!("message error: {error}")]);
        }
        assert_eq!(room.heard(bob), [""; 0]);
        room.ask(alice, "message", dict("message", &"x".repeat(4096)));
        assert_eq!(room.heard(bob).len(), 1);
    }
}
