//! A whisper to a person who has an account and is not here: it is kept until their next login.

use super::{Answer, Call, Outcome};
use crate::log::{Account, Change, Draft};
use crate::{Refusal, text};

/// Returns the account of the receiver if the message is a whisper to a person who is not here.
///
/// # Errors
/// Returns an error if the account cannot be read.
pub(super) fn receiver(call: &Call<'_>) -> Result<Option<Account>, Refusal> {
    match call.arguments.optional_string("to")? {
        Some(to) if !call.arguments.contains("room") && call.chat.roster.find(to).is_none() => {
            call.chat.log.account(to)
        }
        _ => Ok(None),
    }
}

/// Checks a whisper and appends it to the log, which keeps it for this receiver. The sender's copy
/// says that the receiver is offline.
///
/// # Errors
/// Returns an error if the text is not [allowed](text::check), or if the log is full.
pub(super) fn keep(call: &mut Call<'_>, receiver: Account) -> Outcome {
    let text = call.arguments.string("message")?;
    text::check(text, call.chat.limits.text)?;
    let change = Change::Keep {
        username: call.asker_name()?,
        to: receiver.username,
        text: text.to_owned(),
        action: call.flag("action")?,
    };
    let origin = Some(call.origin());
    call.chat.log.append(Draft { change, timestamp: call.now.wall, origin })?;
    Ok(Answer::Later)
}

#[cfg(test)]
mod tests {
    use parse::{Dict, Peer, Presence, Value};

    use crate::testing::{Disk, Room, dict};

    const TIME: &str = r#"timestamp="1970-01-01T00:00:00.000Z""#;

    fn whisper(text: &str) -> Dict {
        dict("message", text).with("to", "DAVE")
    }

    fn password() -> Dict {
        dict("username", "dave").with("password", "correct horse")
    }

    /// alice is here; Dave has an account and is not.
    fn with_alice(mut room: Room) -> (Room, Peer) {
        room.register("Dave", "correct horse");
        let alice = room.login("alice");
        (room, alice)
    }

    fn login(room: &mut Room) -> (Peer, Vec<String>) {
        let dave = room.connect();
        room.ask(dave, "login", password());
        let mut heard = room.heard(dave);
        assert_eq!(heard.remove(0), r#"login username="Dave" messages=[]"#);
        (dave, heard)
    }

    #[test]
    fn it_is_delivered_once_at_the_next_login_after_the_answer() {
        let (mut room, alice) = with_alice(Room::new());
        room.ask_tagged(alice, "message", whisper("one"), Value::from(7));
        let one =
            format!(r#"message id=1 username="alice" to="Dave" message="one" offline=true {TIME}"#);
        assert_eq!(room.heard(alice), [format!("{one} tag=7")]);
        room.ask(alice, "message", whisper("waves").with("action", true));
        room.heard(alice);
        let (dave, heard) = login(&mut room);
        let two = format!(
            r#"message id=2 username="alice" to="Dave" message="waves" action=true offline=true {TIME}"#
        );
        assert_eq!(heard, [one, two]);
        room.ask(dave, "history", Dict::new());
        assert_eq!(room.heard(dave), ["history messages=[] more=false"]);
        // A receiver who is here gets a whisper immediately.
        room.heard(alice);
        room.ask(alice, "message", whisper("three"));
        let three = format!(r#"message id=3 username="alice" to="Dave" message="three" {TIME}"#);
        assert_eq!((room.heard(alice), room.heard(dave)), (vec![three.clone()], vec![three]));
        room.leave(dave);
        let (_, heard) = login(&mut room);
        assert_eq!(heard, [""; 0]);
    }

    #[test]
    fn kept_whispers_are_bounded_in_number_and_in_bytes() {
        for (text, most) in [("hi", 50), (&"x".repeat(4096), 4)] {
            let (mut room, alice) = with_alice(Room::new());
            for _ in 0..most {
                room.ask(alice, "message", whisper(text));
            }
            assert_eq!(room.heard(alice).len(), most);
            room.ask(alice, "message", whisper(text));
            let error = "message error: Too many whispers wait for this person!";
            assert_eq!(room.heard(alice), [error]);
            assert_eq!(login(&mut room).1.len(), most);
        }
    }

    #[test]
    fn a_text_or_a_receiver_that_is_wrong_is_refused_as_ever() {
        let (mut room, alice) = with_alice(Room::new());
        for (request, error) in [
            (whisper(" "), "Empty message!"),
            (whisper("hi").with("room", "lobby"), "A whisper has no room!"),
            (whisper("hi").with("to", "eve"), "No such user!"),
        ] {
            room.ask(alice, "message", request);
            assert_eq!(room.heard(alice), [format!("message error: {error}")]);
        }
        assert_eq!(login(&mut room).1, [""; 0]);
    }

    #[test]
    fn a_receiver_who_logs_in_before_the_commit_gets_it_once() {
        let disk = Disk::default();
        let (mut room, alice) = with_alice(Room::over(disk.clone()));
        // The login is in the log before the whisper, or behind it.
        for is_late in [false, true] {
            disk.hold();
            // Without a message in flight the login would not wait.
            room.ask(alice, "message", dict("message", "psst").with("to", "alice"));
            let dave = room.connect();
            if is_late {
                room.ask(alice, "message", whisper("one"));
            }
            room.ask(dave, "login", password());
            if !is_late {
                room.ask(alice, "message", whisper("one"));
            }
            assert_eq!(room.heard(dave), [""; 0]);
            disk.release();
            room.deliver();
            let heard = room.heard(dave);
            assert!(heard.len() == 2 && heard[1].contains("offline=true"), "{heard:?}");
            room.leave(dave);
            let (dave, heard) = login(&mut room);
            assert_eq!(heard, [""; 0]);
            room.leave(dave);
        }
    }

    #[test]
    fn a_delivery_that_the_disk_has_not_recorded_yet_is_not_repeated() {
        let disk = Disk::default();
        let (mut room, alice) = with_alice(Room::over(disk.clone()));
        room.ask(alice, "message", whisper("one"));
        disk.hold();
        let (dave, heard) = login(&mut room);
        assert_eq!(heard.len(), 1);
        room.leave(dave);
        // The next login waits for the record.
        let dave = room.connect();
        room.ask(dave, "login", password());
        assert_eq!(room.heard(dave), [""; 0]);
        disk.fail();
        room.deliver();
        assert_eq!(room.heard(dave), [r#"login username="Dave" messages=[]"#]);
        room.leave(dave);
        // The record failed: the next login tries it again.
        let (dave, heard) = login(&mut room);
        assert_eq!(heard, [""; 0]);
        disk.release();
        room.deliver();
        room.leave(dave);
        room.ask(alice, "message", whisper("two"));
        let (_, heard) = login(&mut room);
        assert!(heard.len() == 1 && heard[0].contains(r#"message="two""#), "{heard:?}");
    }

    #[test]
    fn only_a_peer_that_gave_the_password_and_has_the_name_gets_it() {
        let disk = Disk::default();
        let (mut room, alice) = with_alice(Room::over(disk.clone()));
        room.ask(alice, "message", whisper("one"));
        let observer = room.connect_as(Presence::Observer);
        room.ask(observer, "login", password());
        assert_eq!(room.heard(observer).len(), 1);
        // Whoever takes the name after the account was removed is another person.
        disk.change_account("dave", None);
        room.deliver();
        let guest = room.login("dave");
        assert_eq!(room.heard(guest), [""; 0]);
        room.ask(guest, "register", password().with("username", "Dave"));
        room.leave(guest);
        assert_eq!(login(&mut room).1, [""; 0]);
    }
}
