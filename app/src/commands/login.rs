//! `login`: logs a peer in under a name.

use super::{Access, Answer, Argument, Call, Command, Order, Outcome};
use crate::log::Account;
use crate::passwords::Job;
use crate::people;
use crate::session::Arriving;

pub(super) const COMMAND: Command = Command {
    name: "login",
    arguments: &[
        Argument::text("username"),
        Argument::optional_secret("password"),
        Argument::flag("replace"),
        Argument::optional_text("session"),
    ],
    access: Access::Unauthenticated,
    order: Order::Alone,
    summary: "Log in with a name, and get the latest messages.",
    run,
};

fn run(call: &mut Call<'_>) -> Outcome {
    let username = call.arguments.string("username")?;
    let password = call.arguments.optional_string("password")?;
    let replaces = call.flag("replace")?;
    people::check_name(username, call.chat.limits.name)?;
    call.begin_session()?;
    let account = call.chat.log.account(username)?;
    match (password, account) {
        (Some(password), account) => check(call, username, password, account, replaces),
        // An observer takes no name, so a login without a password is useless to them.
        (None, None) if call.chat.limits.guests && !call.chat.roster.is_observer(call.peer) => {
            let origin = call.origin();
            call.chat.ask_for_name(&username.into(), Arriving::Guest, origin, call.now)?;
            Ok(Answer::Later)
        }
        (None, _) => Err(call.chat.wrong_password(call.peer)),
    }
}

/// Starts to check the password. Whether the account exists makes no difference here.
fn check(
    call: &mut Call<'_>,
    username: &str,
    password: &str,
    account: Option<Account>,
    replaces: bool,
) -> Outcome {
    let (name, hash) = match account {
        Some(account) => (account.username, Some(account.hash)),
        None => (username.into(), None),
    };
    let job = Job { replaces, ..call.password_job(name, hash) };
    call.chat.authentication.check(password, job, call.now.monotonic)?;
    Ok(Answer::Later)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Disk, Room, dict};

    #[test]
    fn the_first_login_gets_no_messages() {
        let mut room = Room::new();
        let alice = room.connect();
        room.ask(alice, "login", dict("username", "Alice"));
        assert_eq!(room.heard(alice), [r#"login username="Alice" messages=[]"#]);
    }

    #[test]
    fn other_peers_with_a_name_see_it_once() {
        let mut room = Room::new();
        let (alice, peer) = (room.login("alice"), room.connect());
        let bob = room.login("bob");
        assert_eq!(room.heard(alice), [r#"join username="bob" online=2"#]);
        assert_eq!(room.heard(peer), [""; 0]);
        assert_eq!(room.heard(bob), [""; 0]);
    }

    #[test]
    fn the_answer_contains_the_earlier_messages() {
        let disk = Disk::default();
        disk.remember("alice", "first");
        disk.remember("alice", "second");
        let mut room = Room::over(disk.clone());
        let bob = room.connect();
        room.ask(bob, "login", dict("username", "bob"));
        let said = room.heard(bob);
        let first = r#"{"id":1,"username":"alice","message":"first","timestamp":"1970-01-01T00:00:00.000Z"}"#;
        let second = r#"{"id":2,"username":"alice","message":"second","timestamp":"1970-01-01T00:00:00.000Z"}"#;
        assert_eq!(said, [format!(r#"login username="bob" messages=[{first},{second}]"#)]);

        for number in 3..=51 {
            disk.remember("alice", &format!("number {number}"));
        }
        let carol = room.connect();
        room.ask(carol, "login", dict("username", "carol"));
        let said = room.heard(carol);
        let messages = said[0].matches(r#""id":"#).count();
        assert_eq!(messages, 50, "as many as the limit of a login: {said:?}");
        assert!(said[0].contains(r#"messages=[{"id":2,"#), "the latest ones: {said:?}");
    }

    #[test]
    fn a_login_whose_earlier_messages_cannot_be_read_changes_nothing() {
        let disk = Disk::default();
        let mut room = Room::over(disk.clone());
        let (alice, bob) = (room.login("alice"), room.connect());
        disk.hide();
        room.ask(bob, "login", dict("username", "bob"));
        let error = "login error: It cannot be read right now, try again later!";
        assert_eq!(room.heard(bob), [error]);
        assert_eq!(room.heard(alice), [""; 0]);
        disk.release();
        room.ask(bob, "login", dict("username", "bob"));
        assert_eq!(room.heard(bob), [r#"login username="bob" messages=[]"#]);
        assert_eq!(room.heard(alice), [r#"join username="bob" online=2"#]);
    }

    #[test]
    fn after_a_refused_name_another_may_be_tried() {
        let mut room = Room::new();
        room.login("alice");
        let bob = room.connect();
        for (name, error) in [
            ("", "Invalid username!"),
            ("a b", "Invalid username!"),
            ("é", "Invalid username!"),
            (&"x".repeat(33), "Invalid username!"),
            ("ALICE", "Name already taken!"),
            ("Server", "Name already taken!"),
            ("127_0_0_1_70000", "Name already taken!"),
            ("2001_db8_aaaa_bbbb_cccc_dddd_eeee_ffff_65535", "Name already taken!"),
        ] {
            room.ask(bob, "login", dict("username", name));
            assert_eq!(room.heard(bob), [format!("login error: {error}")]);
        }
        room.ask(bob, "login", dict("username", "bob"));
        assert_eq!(room.heard(bob), [r#"login username="bob" messages=[]"#]);
    }

    #[test]
    fn an_unknown_name_and_a_wrong_password_get_the_same_answer() {
        let mut room = Room::new();
        room.register("alice", "correct horse");
        let bob = room.connect();
        for name in ["alice", "nobody"] {
            room.ask(bob, "login", dict("username", name).with("password", "wrong horse"));
            assert_eq!(room.heard(bob), ["login error: Wrong password!"], "{name}");
            assert_eq!(std::mem::take(&mut room.passwords().checked), 1, "{name}");
        }
    }

    #[test]
    fn without_guests_only_registered_names_can_log_in() {
        let mut room = Room::new();
        room.register("alice", "correct horse");
        room.limits().guests = false;
        let alice = room.connect();
        // The advice is the same for both, so it does not reveal which name is registered.
        let advised = "login error: Wrong password! If you have no account, register one.";
        for (register, want) in [(true, advised), (false, "login error: Wrong password!")] {
            room.limits().register = register;
            for name in ["alice", "guest"] {
                room.ask(alice, "login", dict("username", name));
                assert_eq!(room.heard(alice), [want], "{name}");
                room.ask(alice, "login", dict("username", name).with("password", "wrong horse"));
                assert_eq!(room.heard(alice), [want], "{name}");
            }
        }
        let right = dict("username", "alice").with("password", "correct horse");
        room.ask(alice, "login", right);
        assert_eq!(room.heard(alice), [r#"login username="alice" messages=[]"#]);
    }

    #[test]
    fn after_five_wrong_passwords_a_peer_has_to_wait() {
        let mut room = Room::new();
        room.register("alice", "correct horse");
        let bob = room.connect();
        let guess = || dict("username", "alice").with("password", "wrong horse");
        for _ in 0..5 {
            room.ask(bob, "login", guess());
            assert_eq!(room.heard(bob), ["login error: Wrong password!"]);
        }
        room.ask(bob, "login", guess());
        let wait = "login error: Too many wrong passwords, try again in 31 s!";
        assert_eq!(room.heard(bob), [wait]);
        room.pass(std::time::Duration::from_secs(31));
        room.ask(bob, "login", dict("username", "alice").with("password", "correct horse"));
        assert_eq!(room.heard(bob), [r#"login username="alice" messages=[]"#]);
    }

    #[test]
    fn a_password_that_was_not_checked_does_not_count() {
        let mut room = Room::new();
        room.register("alice", "correct horse");
        let alice = room.connect();
        let right = || dict("username", "alice").with("password", "correct horse");
        let busy = "login error: The server is busy, try again!";
        for _ in 0..10 {
            room.passwords().pushes_out = true;
            room.ask(alice, "login", right());
            assert_eq!(room.heard(alice), [busy]);
            room.passwords().pushes_out = false;
            room.passwords().full = true;
            room.ask(alice, "login", right());
            assert_eq!(room.heard(alice), [busy]);
            room.passwords().full = false;
        }
        room.ask(alice, "login", right());
        assert_eq!(room.heard(alice), [r#"login username="alice" messages=[]"#]);
    }

    #[test]
    fn a_right_password_counts_even_if_its_peer_has_disconnected() {
        let mut room = Room::new();
        room.register("alice", "correct horse");
        for _ in 0..20 {
            let alice = room.connect();
            room.passwords().slow = true;
            room.ask(alice, "login", dict("username", "alice").with("password", "correct horse"));
            room.leave(alice);
            room.passwords().slow = false;
            room.deliver();
            assert_eq!(room.heard(alice), [""; 0]);
        }
        assert_eq!(room.passwords().checked, 20);
    }

    #[test]
    fn the_owner_of_a_name_learns_that_it_is_logged_in_elsewhere() {
        let mut room = Room::new();
        room.register("alice", "correct horse");
        let (first, second) = (room.connect(), room.connect());
        let right = || dict("username", "Alice").with("password", "correct horse");
        room.ask(first, "login", right());
        assert_eq!(room.heard(first), [r#"login username="alice" messages=[]"#]);
        room.ask(second, "login", right());
        assert_eq!(room.heard(second), ["login error: You are logged in elsewhere!"]);
        // Others learn nothing.
        room.ask(second, "login", dict("username", "alice").with("password", "wrong horse"));
        assert_eq!(room.heard(second), ["login error: Wrong password!"]);
        room.ask(first, "logout", Default::default());
        room.heard(first);
        room.ask(second, "login", right());
        assert_eq!(room.heard(second), [r#"login username="alice" messages=[]"#]);
    }

    #[test]
    fn requests_after_a_login_wait_until_the_password_is_checked() {
        let mut room = Room::new();
        room.register("alice", "correct horse");
        let alice = room.connect();
        room.passwords().slow = true;
        room.ask(alice, "login", dict("username", "alice").with("password", "correct horse"));
        room.ask(alice, "message", dict("message", "hello"));
        room.ask(alice, "logout", Default::default());
        room.finish(alice);
        assert_eq!(room.heard(alice), [""; 0]);
        room.passwords().slow = false;
        room.deliver();
        let said = room.heard(alice);
        let names: Vec<&str> = said.iter().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(names, ["login", "message", "logout", "(closed)"], "{said:?}");
    }

    #[test]
    fn a_ban_or_a_login_while_the_password_is_checked_counts() {
        let disk = Disk::default();
        let mut room = Room::over(disk.clone());
        room.register("bob", "correct horse");
        room.register("dave", "correct horse");
        let (root, bob, carol) = (room.login_admin("root"), room.connect(), room.connect());
        room.passwords().slow = true;
        let password = |name| dict("username", name).with("password", "correct horse");
        room.ask(bob, "login", password("bob"));
        room.ask(root, "ban", dict("who", "bob"));
        room.ask(carol, "register", password("carol"));
        room.login("carol");
        room.passwords().slow = false;
        room.deliver();
        assert_eq!(room.heard(bob), ["login error: You are banned!"]);
        assert_eq!(room.heard(carol), ["register error: Name already taken!"]);
        // The log commits a ban while the login waits for it.
        disk.hold();
        room.ask(root, "ban", dict("who", "dave"));
        room.ask(bob, "login", password("dave"));
        disk.release();
        room.deliver();
        assert_eq!(room.heard(bob), ["login error: You are banned!"]);
    }

    #[test]
    fn a_ban_that_the_log_hands_back_before_a_login_counts() {
        let disk = Disk::default();
        let mut room = Room::over(disk.clone());
        let root = room.login_admin("root");
        room.register("bob", "correct horse");
        for arguments in
            [dict("username", "bob").with("password", "correct horse"), dict("username", "eve")]
        {
            let (peer, name) = (room.connect(), arguments.string("username").unwrap().to_owned());
            disk.hold();
            room.ask(root, "ban", dict("who", &name));
            room.ask(peer, "login", arguments);
            room.heard_all();
            disk.release();
            room.deliver();
            assert_eq!(room.heard(peer), ["login error: You are banned!"]);
            assert_eq!(room.heard(root), [format!("ban who={name:?}")], "the others see nothing");
            // The name is free, and the peer may have another one.
            room.ask(root, "unban", dict("who", &name));
            room.login(&format!("{name}_2"));
            room.ask(peer, "login", dict("username", "frank"));
            room.ask(peer, "logout", Default::default());
            assert!(room.heard(peer)[0].starts_with(r#"login username="frank""#));
        }
    }

    #[test]
    fn a_login_that_cannot_read_the_earlier_messages_leaves_the_name_to_others() {
        let disk = Disk::default();
        let mut room = Room::over(disk.clone());
        let (alice, bob) = (room.login("alice"), room.connect());
        disk.hold();
        room.ask(alice, "message", dict("message", "hello"));
        room.ask(bob, "login", dict("username", "bob"));
        room.ask(bob, "login", dict("username", "robert"));
        disk.hide();
        room.deliver();
        let error = "login error: It cannot be read right now, try again later!";
        assert_eq!(room.heard(bob), [error, error]);
        assert_eq!(room.heard(alice).len(), 1, "the answer");
        disk.release();
        let other = room.login("bob");
        assert_eq!(room.heard(alice), [r#"join username="bob" online=2"#]);
        room.ask(other, "names", Default::default());
        assert_eq!(room.heard(other), [r#"names names=["alice","bob"]"#]);
    }

    #[test]
    fn a_peer_that_hangs_up_before_its_login_is_done_comes_and_goes() {
        let disk = Disk::default();
        let mut room = Room::over(disk.clone());
        let alice = room.login("alice");
        disk.hold();
        room.ask(alice, "message", dict("message", "psst").with("to", "alice"));
        let bob = room.asks_for("bob");
        room.leave(bob);
        disk.release();
        room.deliver();
        let seen = [r#"join username="bob" online=2"#, r#"leave username="bob" online=1"#];
        assert_eq!(room.heard(alice)[1..], seen);
        assert_eq!(room.heard(bob), [""; 0]);
        room.login("bob");
    }

    #[test]
    fn a_second_login_changes_nothing() {
        let mut room = Room::new();
        let alice = room.login("alice");
        room.ask(alice, "login", dict("username", "mallory"));
        assert_eq!(room.heard(alice), ["login error: Already logged in!"]);
        room.ask(alice, "names", Default::default());
        assert_eq!(room.heard(alice), [r#"names names=["alice"]"#]);
    }
}
