//! `register`: makes an account, so that a name needs a password.

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::{Refusal, moderation, passwords, people};

pub(super) const COMMAND: Command = Command {
    name: "register",
    arguments: &[
        Argument::text("username"),
        Argument::secret("password"),
        Argument::flag("login"),
        Argument::optional_text("session"),
    ],
    access: Access::Anyone,
    order: Order::Alone,
    summary: "Make an account, so that your name needs a password.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    if !call.chat.limits.register {
        return Err(Refusal::NotAllowed);
    }
    let username = call.arguments.string("username")?;
    people::check_name(username, call.chat.limits.name)?;
    let password = call.arguments.string("password")?;
    passwords::check(password)?;
    moderation::check_name(&call.chat.log, username)?;
    let is_taken = call.chat.roster.is_taken(username, call.peer);
    if is_taken || call.chat.log.account(username)?.is_some() {
        return Err(Refusal::NameTaken);
    }
    let job = call.password_job(username.into(), None);
    let login = call.flag("login")?;
    if login {
        call.begin_session()?;
    }
    call.chat.authentication.register(password, job, login, call.now.monotonic)?;
    Ok(Answer::Later)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Disk, Room, dict};
    use parse::{Dict, Presence, Value};

    fn register(name: &str, password: &str) -> Dict {
        dict("username", name).with("password", password)
    }

    #[test]
    fn a_registered_name_needs_its_password() {
        let mut room = Room::new();
        let alice = room.connect();
        room.ask_tagged(alice, "register", register("Alice", "correct horse"), Value::from(1));
        assert_eq!(room.heard(alice), [r#"register username="Alice" tag=1"#]);
        for wrong in [dict("username", "alice"), register("ALICE", "wrong horse")] {
            room.ask(alice, "login", wrong);
            assert_eq!(room.heard(alice), ["login error: Wrong password!"]);
        }
        room.ask(alice, "login", register("alice", "correct horse"));
        assert_eq!(room.heard(alice), [r#"login username="Alice" messages=[]"#]);
    }

    #[test]
    fn a_registration_can_log_in() {
        let mut room = Room::new();
        let (alice, bob) = (room.connect(), room.login("bob"));
        let and_login = |name| register(name, "correct horse").with("login", true);
        room.ask_tagged(alice, "register", and_login("Alice"), Value::from(1));
        assert_eq!(room.heard(alice), [r#"register username="Alice" messages=[] tag=1"#]);
        assert_eq!(room.heard(bob), [r#"join username="Alice" online=2"#]);
        // The password counts as given.
        room.ask(alice, "passwd", dict("old", "correct horse").with("password", "battery staple"));
        assert_eq!(room.heard(alice), [r#"passwd username="Alice""#]);
        // A peer with a name stays logged in under it.
        for (peer, name) in [(bob, "bob"), (alice, "carol")] {
            room.ask(peer, "register", and_login(name));
            assert_eq!(room.heard(peer), [format!("register username={name:?}")]);
        }
        room.ask(alice, "names", Dict::new());
        assert_eq!(room.heard(alice), [r#"names names=["Alice","bob"]"#]);
        // An observer has no name.
        let observer = room.connect_as(Presence::Observer);
        room.ask(observer, "register", and_login("dave"));
        assert_eq!(room.heard(observer), [r#"register username="dave""#]);
    }

    #[test]
    fn a_name_that_is_taken_in_the_meantime_is_registered_without_a_login() {
        let disk = Disk::default();
        let mut room = Room::over(disk.clone());
        let (alice, bob) = (room.connect(), room.login("bob"));
        disk.hold();
        // The login of the guest waits for this message.
        room.ask(bob, "message", dict("message", "hello"));
        let guest = room.asks_for("alice");
        room.ask(alice, "register", register("alice", "correct horse").with("login", true));
        disk.release();
        room.deliver();
        assert_eq!(room.heard(alice), [r#"register username="alice""#]);
        assert_eq!(room.heard(guest).last().map(String::as_str), Some("(closed)"));
    }

    #[test]
    fn a_name_can_be_registered_once_and_only_by_its_user() {
        let mut room = Room::new();
        let (alice, bob) = (room.login("alice"), room.login("bob"));
        room.ask(bob, "register", register("ALICE", "stolen name"));
        assert_eq!(room.heard(bob), ["register error: Name already taken!"]);
        room.heard(alice);
        room.ask(alice, "register", register("alice", "correct horse"));
        assert_eq!(room.heard(alice), [r#"register username="alice""#]);
        room.leave(alice);
        room.heard(bob);
        room.ask(bob, "register", register("alice", "stolen name"));
        assert_eq!(room.heard(bob), ["register error: Name already taken!"]);
    }

    #[test]
    fn a_name_or_password_that_cannot_be_registered_is_refused() {
        let mut room = Room::new();
        let peer = room.connect();
        for (name, password, error) in [
            ("a b", "correct horse", "Invalid username!"),
            ("admin", "correct horse", "Name already taken!"),
            ("alice", "1234567", "Password must be 8 to 128 characters!"),
            ("alice", &"x".repeat(129), "Password must be 8 to 128 characters!"),
        ] {
            room.ask(peer, "register", register(name, password));
            assert_eq!(room.heard(peer), [format!("register error: {error}")]);
        }
        room.limits().register = false;
        room.ask(peer, "register", register("alice", "correct horse"));
        assert_eq!(room.heard(peer), ["register error: Not allowed!"]);
    }

    #[test]
    fn only_an_account_that_was_made_counts_against_the_quota() {
        let disk = Disk::default();
        let mut room = Room::over(disk.clone());
        let peer = room.connect();
        let fails = |room: &mut Room, error: &str| {
            for number in 0..300 {
                room.ask(peer, "register", register(&format!("name{number}"), "correct horse"));
                room.deliver();
                assert_eq!(room.heard(peer), [format!("register error: {error}")], "{number}");
            }
        };
        room.passwords().full = true;
        fails(&mut room, "The server is busy, try again!");
        room.passwords().full = false;
        room.passwords().pushes_out = true;
        fails(&mut room, "The server is busy, try again!");
        room.passwords().pushes_out = false;
        disk.fill();
        fails(&mut room, "The server is busy, try again!");
        disk.fail();
        fails(&mut room, "It cannot be kept right now, try again later!");
        disk.release();
        for number in 0..300 {
            let impatient = room.connect();
            room.passwords().slow = true;
            room.ask(impatient, "register", register(&format!("gone{number}"), "correct horse"));
            room.leave(impatient);
            room.passwords().slow = false;
            room.deliver();
        }
        for number in 0..200 {
            let name = format!("name{number}");
            room.ask(peer, "register", register(&name, "correct horse"));
            assert_eq!(room.heard(peer), [format!("register username={name:?}")]);
        }
        room.ask(peer, "register", register("one_more", "correct horse"));
        assert_eq!(room.heard(peer), ["register error: Too many accounts, try again later!"]);
    }

    #[test]
    fn a_registration_is_refused_while_the_password_queue_is_full() {
        let mut room = Room::new();
        let peer = room.connect();
        room.passwords().full = true;
        room.ask(peer, "register", register("alice", "correct horse"));
        assert_eq!(room.heard(peer), ["register error: The server is busy, try again!"]);
    }
}
