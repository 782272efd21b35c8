//! `passwd`: changes the password of one's own account.

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::{Refusal, passwords};

pub(super) const COMMAND: Command = Command {
    name: "passwd",
    arguments: &[Argument::secret("old"), Argument::secret("password")],
    access: Access::LoggedIn,
    order: Order::Alone,
    summary: "Change your own password.",
    run,
};

/// Starts to check the old password and to hash the new one. A wrong old password counts like a
/// wrong password of a login.
fn run(call: &mut Call<'_>) -> Outcome {
    let old = call.arguments.string("old")?;
    let new = call.arguments.string("password")?;
    passwords::check(new)?;
    let account = call.chat.log.account(call.asker()?)?.ok_or(Refusal::NoAccount)?;
    let job = call.password_job(account.username, Some(account.hash));
    call.chat.authentication.change(old, new, job, call.now.monotonic)?;
    Ok(Answer::Later)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Disk, Room, dict};
    use parse::{Dict, Peer, Value};

    fn login(password: &str) -> Dict {
        dict("username", "alice").with("password", password)
    }

    fn passwords(old: &str, new: &str) -> Dict {
        dict("old", old).with("password", new)
    }

    /// A chat in which alice is logged in with the password `correct horse`.
    fn with_alice(mut room: Room) -> (Room, Peer) {
        room.register("Alice", "correct horse");
        let alice = room.connect();
        room.ask(alice, "login", login("correct horse"));
        assert_eq!(room.heard(alice), [r#"login username="Alice" messages=[]"#]);
        (room, alice)
    }

    #[test]
    fn the_new_password_counts_and_the_session_stays() {
        let (mut room, alice) = with_alice(Room::new());
        let change = passwords("correct horse", "battery staple");
        room.ask_tagged(alice, "passwd", change, Value::from(1));
        assert_eq!(room.heard(alice), [r#"passwd username="Alice" tag=1"#]);
        room.ask(alice, "passwd", passwords("battery staple", "correct horse"));
        assert_eq!(room.heard(alice), [r#"passwd username="Alice""#]);
        room.ask(alice, "logout", Dict::new());
        room.heard(alice);
        room.ask(alice, "login", login("battery staple"));
        assert_eq!(room.heard(alice), ["login error: Wrong password!"]);
        room.ask(alice, "login", login("correct horse"));
        assert_eq!(room.heard(alice), [r#"login username="Alice" messages=[]"#]);
    }

    #[test]
    fn a_wrong_old_password_changes_nothing_and_is_throttled() {
        let (mut room, alice) = with_alice(Room::new());
        for _ in 0..5 {
            room.ask(alice, "passwd", passwords("wrong horse", "battery staple"));
            assert_eq!(room.heard(alice), ["passwd error: Wrong password!"]);
        }
        room.ask(alice, "passwd", passwords("correct horse", "battery staple"));
        let wait = "passwd error: Too many wrong passwords, try again in 31 s!";
        assert_eq!(room.heard(alice), [wait]);
        room.pass(std::time::Duration::from_secs(31));
        room.ask(alice, "passwd", passwords("correct horse", "short"));
        let short = "passwd error: Password must be 8 to 128 characters!";
        assert_eq!(room.heard(alice), [short]);
        for _ in 0..10 {
            room.ask(alice, "passwd", passwords("correct horse", "correct horse"));
            assert_eq!(room.heard(alice), [r#"passwd username="Alice""#], "a right one is free");
        }
    }

    #[test]
    fn a_guest_has_no_password_to_change() {
        let mut room = Room::new();
        let bob = room.login("bob");
        room.ask(bob, "passwd", passwords("correct horse", "battery staple"));
        assert_eq!(room.heard(bob), ["passwd error: Your name has no account!"]);
    }

    #[test]
    fn a_change_that_fails_leaves_the_old_password() {
        let disk = Disk::default();
        let (mut room, alice) = with_alice(Room::over(disk.clone()));
        let change = || passwords("correct horse", "battery staple");
        room.passwords().full = true;
        room.ask(alice, "passwd", change());
        assert_eq!(room.heard(alice), ["passwd error: The server is busy, try again!"]);
        room.passwords().full = false;
        disk.fail();
        room.ask(alice, "passwd", change());
        let error = "passwd error: It cannot be kept right now, try again later!";
        assert_eq!(room.heard(alice), [error]);
        disk.release();
        // Another process changes the password while this one waits for the disk.
        disk.hold();
        room.ask(alice, "passwd", change());
        disk.change_account("alice", Some("from outside"));
        disk.release();
        room.deliver();
        let closed = "notice message=\"The password of this account was changed. Log in again.\"";
        assert_eq!(room.heard(alice)[..2], [closed, "(closed)"]);
        let again = room.connect();
        room.leave(alice);
        room.ask(again, "login", login("from outside"));
        assert_eq!(room.heard(again), [r#"login username="Alice" messages=[]"#]);
    }
}
