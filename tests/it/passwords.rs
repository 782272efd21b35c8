//! Passwords in the client: they are typed unseen, and are neither shown nor saved.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use assert_cmd::Command;
use expectrl::Expect;
use harness::clients::{empty_home, exit_code, nameless, script, spawn, terminal, until};
use harness::{Server, json, write_private};
use predicates::str::{contains, ends_with, starts_with};

use crate::terminal::{alice_at_a_terminal, leaves_quietly};

#[test]
fn a_typed_password_is_neither_shown_nor_saved() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let home = empty_home();
    // The password must stay hidden without colours, too.
    let mut client = harness::client(home.path());
    client.arg(server.address().to_string()).env("NO_COLOR", "1");
    let mut alice = spawn(client);
    until(&mut alice, "name: ");
    alice.send_line("").unwrap();
    let mut screen = until(&mut alice, "/login NAME to log in");
    alice.send_line("/register alice").unwrap();
    screen += &until(&mut alice, "password for alice: ");
    alice.send_line("hunter22hunter").unwrap();
    screen += &until(&mut alice, "password again: ");
    alice.send_line("hunter22hunted").unwrap();
    screen += &until(&mut alice, "! the two entries differ; once more, or Enter cancels");
    screen += &until(&mut alice, "password for alice: ");
    // Ctrl-U, backspace, arrow up and Tab: only the edited text counts.
    alice.send("nonsense\x15hunter22huntex\x7f\x1b[A\tr\r").unwrap();
    screen += &until(&mut alice, "password again: ");
    alice.send_line("hunter22hunter").unwrap();
    screen += &until(&mut alice, "alice has a password now");
    // The registration has logged in.
    screen += &until(&mut alice, "* you are alice");
    screen += &until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join"}));
    alice.send_line("/logout").unwrap();
    screen += &until(&mut alice, "you are logged out; /login alice logs in again");
    bob.hears(json!({"response": "leave"}));

    alice.send_line("/login alice").unwrap();
    screen += &until(&mut alice, "password for alice: ");
    alice.send("hunter").unwrap();
    alice.send("\x03").unwrap();
    screen += &until(&mut alice, "* cancelled");
    alice.send_line("/login alice").unwrap();
    screen += &until(&mut alice, "password for alice: ");
    alice.send_line("huntsman").unwrap();
    screen += &until(&mut alice, "! Wrong password!");
    screen += &until(&mut alice, "password for alice, try 2 of 3 (Enter cancels): ");
    alice.send_line("hunter22hunter").unwrap();
    screen += &until(&mut alice, "* you are alice");
    screen += &until(&mut alice, "alice> ");
    // Ctrl-Y pastes nothing: the deleted text was not saved.
    alice.send("\x19yanked\r").unwrap();
    bob.hears(json!({"response": "join"}));
    bob.hears(json!({"response": "message", "message": "yanked"}));
    // A mistyped command may have a password, too. Up passes over it.
    for (line, word) in [("/names", "here:"), ("/loign alice huntsman", "unknown command /loign")] {
        alice.send_line(line).unwrap();
        until(&mut alice, word);
    }
    alice.send("\x1b[A\r").unwrap();
    until(&mut alice, "here:");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    let history = fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!(history.contains("/register alice"), "{history}");
    for (place, text) in [("screen", &screen), ("history", &history)] {
        assert!(!text.contains("hunt") && !text.contains("nonsense"), "{place}: {text:?}");
    }
}

#[test]
fn a_message_during_a_password_prompt_is_shown_above_it() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    let home = empty_home();
    let mut alice =
        terminal(home.path(), &[&address, "--name", "alice", "--color", "never", "--no-reconnect"]);
    until(&mut alice, "alice> ");
    let mut bob = server.login("bob");
    until(&mut alice, "bob joined");
    alice.send_line("/register alice").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send("correct ").unwrap();
    bob.says("in between");
    let seen = until(&mut alice, "bob: in between");
    // The client prints the prompt again below the message and keeps the typed part, unseen.
    let seen = seen + &until(&mut alice, "password for alice: ");
    alice.send_line("horse").unwrap();
    let seen = seen + &until(&mut alice, "password again: ");
    alice.send_line("correct horse").unwrap();
    let seen = seen + &until(&mut alice, "alice has a password now");
    assert!(!seen.contains("correct") && !seen.contains("horse"), "{seen:?}");

    // The server ends during the prompt: the client still restores the terminal.
    alice.send_line("/register carol").unwrap();
    until(&mut alice, "password for carol: ");
    server.signal("TERM");
    until(&mut alice, "the server closed the connection");
    assert_eq!(exit_code(&mut alice), 1);
}

#[test]
fn a_text_of_several_lines_with_a_possible_password_is_not_saved_after_a_yes() {
    let (_server, mut bob, home, mut alice) = alice_at_a_terminal();
    for text in
        ["\\login alice hunter22\nhello", "\\login\nalice hunter22", "login bob hunter22\nhello"]
    {
        alice.send_line(text.replace('\n', "\x1b\r")).unwrap();
        until(
            &mut alice,
            "this looks like a mistyped command; send it to everyone in #lobby? [y/N] ",
        );
        alice.send_line("y").unwrap();
        bob.hears(json!({"response": "message", "message": text}));
        until(&mut alice, "alice> ");
    }
    alice.send("one\x1b\rtwo\r").unwrap();
    bob.hears(json!({"response": "message", "message": "one\ntwo"}));
    until(&mut alice, "alice> ");
    leaves_quietly(&mut alice, &mut bob);
    let history = fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!(history.contains("two") && !history.contains("hunter22"), "{history}");
}

#[test]
fn a_password_on_the_command_line_of_login_is_refused_and_not_saved() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let file = home.path().join("password");
    write_private(&file, "correct horse\n");
    let address = server.address().to_string();
    let mut alice = nameless(home.path(), &[&address, "--color", "never"]);
    until(&mut alice, "/login NAME to log in");
    alice.send_line("/login alice correct horse").unwrap();
    until(&mut alice, "usage: /login USERNAME; the client then asks for the password");
    alice.send_line("/version").unwrap();
    until(&mut alice, "* version ");
    // Keys reach the line editor only after the prompt.
    until(&mut alice, "> ");
    // Ctrl-P twice: the history holds only the last line.
    alice.send("\x10\x10\r").unwrap();
    until(&mut alice, "* version ");
    alice.send_line("/register alice").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "password again: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "alice has a password now");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    let history = fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!(!history.contains("correct"), "{history}");

    // A client with --name asks for the password, too, or reads it from a file.
    let mut alice = terminal(home.path(), &[&address, "--name", "alice", "--color", "never"]);
    until(&mut alice, "password for alice: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "* you are alice");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    let file = file.to_str().unwrap();
    let arguments = [&*address, "--name", "alice", "--password-file", file, "--color", "never"];
    let mut alice = terminal(home.path(), &arguments);
    let seen = until(&mut alice, "alice> ");
    assert!(!seen.contains("password for"), "{seen:?}");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_script_gives_a_password_in_the_line_or_in_a_file() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let address = server.address().to_string();
    let input = "/register alice\n/register alice two words\n/login alice\n/login alice wrong one\n\
                 /login alice two words\n";
    let (said, code) = script(home.path(), &[&address], input);
    assert_eq!(
        said,
        "! usage: /register USERNAME PASSWORD\n\
         * alice has a password now\n\
         ! alice needs a password: --password-file FILE, or the line /login alice PASSWORD.\n\
         ! Wrong password!\n\
         * you are alice\n"
    );
    assert_eq!(code, 1);

    let file = home.path().join("password");
    write_private(&file, "two words\r\nnot this\n");
    let with_file = [&*address, "--name", "alice", "--password-file", file.to_str().unwrap()];
    assert_eq!(script(home.path(), &with_file, "hello\n").0, "* you are alice\nalice: hello\n");
    // Other users could read the file and log in as alice.
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    let warned = Command::from_std(harness::client(home.path())).args(with_file).assert().code(0);
    let says =
        format!("client: warning: other users can read the password file {}", file.display());
    warned.stdout("* you are alice\n").stderr(starts_with(says));
    let (said, code) = script(home.path(), &[&address, "--name", "alice"], "hello\n");
    let needs =
        "! alice needs a password: --password-file FILE, or the line /login alice PASSWORD.\n";
    assert_eq!((said.as_str(), code), (needs, 1));

    let client = || Command::from_std(harness::client(home.path()));
    client().args(&with_file[3..]).assert().code(2).stderr(contains("needs --name NAME"));
    fs::write(&file, "\nsecond line\n").unwrap();
    let no_password = "password: the first line is empty; it must contain the password\n";
    client().args(with_file).assert().code(2).stderr(ends_with(no_password));
    fs::remove_file(&file).unwrap();
    client().args(with_file).assert().code(2).stderr(contains("password: No such file"));
}

#[test]
fn a_person_changes_their_password_with_the_old_one() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    let home = empty_home();
    let mut alice = nameless(home.path(), &[&address, "--color", "never"]);
    until(&mut alice, "/login NAME to log in");
    alice.send_line("/register alice").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "password again: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "alice> ");
    let mut seen = String::new();
    alice.send_line("/passwd").unwrap();
    // The client knows the password of the login. It leaves another one to the server if it is typed twice.
    seen += &until(&mut alice, "old password: ");
    alice.send_line("wrong horse").unwrap();
    seen += &until(&mut alice, "! that is not the password of your login; if it was changed");
    seen += &until(&mut alice, "old password, try 2 of 3 (Enter cancels): ");
    alice.send_line("wrong horse").unwrap();
    seen += &until(&mut alice, "* the server will check that one, together with the new password");
    for prompt in ["new password: ", "password again: "] {
        seen += &until(&mut alice, prompt);
        alice.send_line("battery staple").unwrap();
    }
    seen += &until(
        &mut alice,
        "! Wrong password (the old password is wrong: your password is not changed)",
    );
    // The new one need not be typed again.
    seen += &until(&mut alice, "old password, try 3 of 3 (Enter cancels): ");
    alice.send_line("correct horse").unwrap();
    seen += &until(&mut alice, "* your password is changed");
    seen += &until(&mut alice, "alice> ");
    // Three different ones are not sent.
    alice.send_line("/passwd").unwrap();
    for (prompt, old) in [("old password: ", "one horse"), ("try 2 of 3", "two horses")] {
        seen += &until(&mut alice, prompt);
        alice.send_line(old).unwrap();
        seen += &until(&mut alice, "! that is not the password of your login; if");
    }
    seen += &until(&mut alice, "try 3 of 3");
    alice.send_line("three horses").unwrap();
    seen += &until(&mut alice, "! that is not the password of your login; nothing was sent");
    seen += &until(&mut alice, "alice> ");
    assert!(!seen.contains("horse") && !seen.contains("staple"), "{seen:?}");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);

    let input = "/login alice correct horse\n/login alice battery staple\n\
                 /passwd battery staple\n/version x\n/passwd\n";
    let (said, _) = script(home.path(), &[&address], input);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[..2], ["! Wrong password!", "* you are alice"]);
    // In a script the old password is one word.
    assert_eq!(lines[2], "! Password must be 8 to 128 characters!");
    assert_eq!(lines.last(), Some(&"! usage: /passwd OLD PASSWORD"));
}

#[test]
fn a_late_refusal_of_a_password_is_followed_by_the_next_try() {
    let server = Server::start("events", &[]);
    let mut peer = server.connect();
    peer.asks(json!({"request": "register", "username": "alice", "password": "correct horse"}));
    peer.hears(json!({"response": "register"}));
    let home = empty_home();
    let address = server.address().to_string();
    let mut alice = terminal(home.path(), &[&address, "--name", "alice", "--color", "never"]);
    until(&mut alice, "password for alice: ");
    server.signal("STOP");
    alice.send_line("wrong horse").unwrap();
    until(&mut alice, "* waiting for the answer of the server; Ctrl-C stops that");
    server.signal("CONT");
    until(&mut alice, "! Wrong password!");
    until(&mut alice, "password for alice, try 2 of 3 (Enter cancels): ");
    server.signal("STOP");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "* waiting for the answer of the server; Ctrl-C stops that");
    alice.send("\x03").unwrap();
    until(&mut alice, "> ");
    server.signal("CONT");
    until(&mut alice, "* you are alice");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_password_pasted_after_its_login_is_neither_sent_nor_saved() {
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let address = server.address().to_string();
    let home = empty_home();
    let mut alice = nameless(home.path(), &[&address, "--color", "never"]);
    until(&mut alice, "/login NAME to log in");
    until(&mut alice, "> ");
    // A terminal puts brackets around pasted text.
    alice.send("\x1b[200~/login alice\nhunter22hunter\n\x1b[201~\r").unwrap();
    until(&mut alice, "ignored the pasted lines after the command");
    bob.hears(json!({"response": "join", "username": "alice"}));
    until(&mut alice, "alice> ");
    alice.send_line("hello").unwrap();
    bob.hears(json!({"response": "message", "message": "hello"}));
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    let history = fs::read_to_string(home.path().join("strata/client-history")).unwrap();
    assert!(history.contains("/login alice") && !history.contains("hunter"), "{history}");
}
