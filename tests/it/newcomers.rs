//! Newcomers: the client and the server tell them what to do.

use expectrl::Expect;
use harness::Server;
use harness::clients::{empty_home, exit_code, nameless, script, terminal, until};

use crate::terminal::alice_at_a_terminal;

#[test]
fn a_server_without_guests_tells_a_newcomer_to_register() {
    let server = Server::start("events", &["--guests", "off"]);
    let address = server.address().to_string();
    let home = empty_home();
    let advised = "! Wrong password! If you have no account, register one.";
    let (said, code) = script(home.path(), &[&address, "--name", "alice"], "hello\n");
    let needs =
        "! alice needs a password: --password-file FILE, or the line /login alice PASSWORD.";
    assert_eq!((said, code), (format!("{needs} If you have no account, register one.\n"), 1));

    let mut alice = nameless(home.path(), &[&address, "--color", "never"]);
    until(&mut alice, "/login NAME to log in");
    alice.send_line("/login al!ce").unwrap();
    until(&mut alice, "a name has letters A to Z");
    // The line may be in the editor again: Ctrl-U clears it.
    alice.send_line("\x15/login alice").unwrap();
    let hint = "* here every name needs an account; Enter and then /register NAME makes one";
    let cancelled = "* without an account: /register NAME makes one";
    until(&mut alice, hint);
    until(&mut alice, "password for alice: ");
    alice.send_line("").unwrap();
    until(&mut alice, cancelled);
    alice.send_line("/login alice").unwrap();
    until(&mut alice, hint);
    until(&mut alice, "password for alice: ");
    alice.send_line("a guess").unwrap();
    until(&mut alice, advised);
    until(&mut alice, "password for alice, try 2 of 3 (Enter cancels): ");
    alice.send_line("").unwrap();
    until(&mut alice, cancelled);
    alice.send_line("/register alice").unwrap();
    until(&mut alice, "password for alice: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "password again: ");
    alice.send_line("correct horse").unwrap();
    until(&mut alice, "* you are alice");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_server_without_guests_and_registration_advises_nothing() {
    let server = Server::start("events", &["--guests", "off", "--register", "off"]);
    let address = server.address().to_string();
    let (said, code) = script(empty_home().path(), &[&address, "--name", "alice"], "hello\n");
    let needs =
        "! alice needs a password: --password-file FILE, or the line /login alice PASSWORD.\n";
    assert_eq!((said.as_str(), code), (needs, 1));
}

#[test]
fn tab_does_not_offer_the_commands_of_administrators_to_others() {
    let server = Server::start("events", &[]);
    let address = server.address().to_string();
    let home = empty_home();
    let mut alice = terminal(home.path(), &[&address, "--name", "alice", "--color", "never"]);
    until(&mut alice, "alice> ");
    alice.send("/ki\tx\r").unwrap();
    until(&mut alice, "! unknown command /kix");
    until(&mut alice, "alice> ");
    alice.send("/his\tx\r").unwrap();
    until(&mut alice, "! \"x\" is neither a number nor a room");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_rule_of_the_protocol_is_told_before_the_line_is_sent_and_up_brings_it_back() {
    let (_server, bob, _home, mut alice) = alice_at_a_terminal();
    alice.send_line("/join tea time").unwrap();
    until(&mut alice, "! \"tea time\" cannot be the name of a room: a name has letters");
    // What is typed next is another line. Up, which is also Ctrl-P, brings this one back.
    until(&mut alice, "alice> ");
    alice.send_line("/version").unwrap();
    until(&mut alice, "* version ");
    until(&mut alice, "alice> ");
    alice.send("\x10\x10").unwrap();
    until(&mut alice, "/join tea time");
    alice.send("\x7f\x7f\x7f\x7f\x7f\r").unwrap();
    until(&mut alice, "alice#tea> ");
    alice.send_line("abc \u{202e}rev").unwrap();
    let why = "! Forbidden character: a control of the text direction (U+202E)!";
    let seen = until(&mut alice, why);
    assert!(!seen.contains("alice: abc"), "it looks as if it were sent");
    until(&mut alice, "* not sent; Up brings it back");
    alice.send("\x1b[200~").unwrap();
    alice.send("x".repeat(4097)).unwrap();
    alice.send("\x1b[201~\r").unwrap();
    let why = "! the message is too long: it has 4097 bytes, and here 4096 are the most";
    let seen = until(&mut alice, why);
    assert!(!seen.contains("alice: xxx"), "it looks as if it were sent");
    until(&mut alice, "* not sent; Up brings it back");
    until(&mut alice, "alice#tea> ");
    alice.send("\x1b[A").unwrap();
    until(&mut alice, "xxx");
    alice.send("\x15/register alice\r").unwrap();
    until(&mut alice, "* a password has 8 to 128 characters");
    until(&mut alice, "password for alice: ");
    alice.send_line("short").unwrap();
    until(&mut alice, "! that one has 5 characters; once more, or Enter cancels");
    until(&mut alice, "password for alice: ");
    alice.send_line("").unwrap();
    until(&mut alice, "* cancelled");
    until(&mut alice, "alice#tea> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
    drop(bob);
}

#[test]
fn a_room_or_a_person_that_does_not_exist_is_named() {
    let (_server, _bob, _home, mut alice) = alice_at_a_terminal();
    alice.send_line("/history x").unwrap();
    let shown = until(&mut alice, "! \"x\" is neither a number nor a room that you are in\r\n");
    assert!(!shown.contains("You are not in that room"), "{shown}");
    let shown = until(&mut alice, "alice> ");
    assert!(!shown.contains("* "), "said twice: {shown}");
    alice.send_line("/names x").unwrap();
    let shown = until(&mut alice, "! you are not in #x: only its members see that, /rooms lists");
    assert!(!shown.contains("You are not in that room"), "{shown}");
    until(&mut alice, "alice> ");
    alice.send_line("/history -2").unwrap();
    until(&mut alice, "! \"-2\" is no whole number; usage: /history");
    until(&mut alice, "alice> ");
    alice.send_line("/msg bbo psst").unwrap();
    until(
        &mut alice,
        "! No such user (bbo is not here; /names lists the people who are); not sent",
    );
    until(&mut alice, "alice> ");
    alice.send_line("/msg #tea hi").unwrap();
    until(&mut alice, "(whispers go to people, and #tea is a room: after /join #tea,");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}

#[test]
fn a_command_that_the_person_cannot_use_is_explained() {
    let (_server, _bob, _home, mut alice) = alice_at_a_terminal();
    alice.send_line("/passwd").unwrap();
    until(&mut alice, "! your name has no account; /register alice makes one");
    until(&mut alice, "alice> ");
    alice.send_line("/kick bob").unwrap();
    until(&mut alice, "! Not allowed (/kick is for administrators)");
    until(&mut alice, "alice> ");
    alice.send_line("/quit").unwrap();
    assert_eq!(exit_code(&mut alice), 0);
}
