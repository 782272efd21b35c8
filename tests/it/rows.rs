//! The rows of messages in a terminal.

use expectrl::Expect;
use harness::clients::{empty_home, terminal, until};
use harness::{Peer, Server, json};

use crate::terminal::alice_at_a_terminal;

#[test]
fn a_long_message_is_broken_between_words_and_its_rows_are_indented() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    alice.get_process_mut().set_window_size(40, 24).unwrap();
    let long = "x".repeat(35);
    bob.says(&format!("one two three four five six seven eight nine {long}\nlast"));
    bob.hears(json!({"response": "message"}));
    let indent = " ".repeat("12:34 bob: ".len());
    let rows = [
        " bob: one two three four five six".to_owned(),
        format!("{indent}seven eight nine {}", "x".repeat(12)),
        format!("{indent}{}", "x".repeat(23)),
        format!("{indent}last\r\n"),
    ];
    until(&mut alice, &rows.join("\r\n"));
    // Events, too.
    bob.asks(json!({"request": "logout", "reason": "a train to the sea leaves soon"}));
    let indent = " ".repeat("12:34 * ".len());
    let rows = format!(" * bob left (a train to the sea\r\n{indent}leaves soon) (1 online)\r\n");
    until(&mut alice, &rows);
}

#[test]
fn questions_and_help_are_broken_between_words_too() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    alice.get_process_mut().set_window_size(40, 10).unwrap();
    // The client takes the new width before it shows this.
    bob.says("hi");
    until(&mut alice, " bob: hi\r\n");
    alice.send("/help\r").unwrap();
    until(
        &mut alice,
        "/help COMMAND explains one; a higher\r\n    window shows a line about each.\r\n",
    );
    until(&mut alice, "alice> ");
    alice.send("\x1b[200~one\r/names\x1b[201~").unwrap();
    until(&mut alice, "[y] one message, [l] line by line,\r\n");
    until(&mut alice, "[n] no: ");
    alice.send("y\r").unwrap();
    bob.hears(json!({"response": "message", "message": "hi"}));
    hears(&mut bob, "one\n/names");
    until(&mut alice, "alice> ");
    alice.send("msg bob psst\r").unwrap();
    until(&mut alice, "this looks like a mistyped command;\r\n");
    until(&mut alice, "send it to everyone in #lobby? [y/N] ");
    alice.send("\r").unwrap();
    until(&mut alice, "* not sent");
}

#[test]
fn a_message_of_many_lines_is_shown_whole() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    let lines: Vec<String> = (1..=300).map(|number| number.to_string()).collect();
    bob.says(&lines.join("\n"));
    bob.hears(json!({"response": "message"}));
    until(&mut alice, &format!(" bob: {}\r\n", lines.join(&format!("\r\n{}", " ".repeat(11)))));
}

/// The message that bob hears has this text.
pub(crate) fn hears(bob: &mut Peer, text: &str) {
    bob.hears(json!({"response": "message", "message": text}));
}

#[test]
fn an_own_message_has_a_time_and_stands_where_it_was_typed() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    let mut screen = avt::Terminal::with_scrollback(80, 24, None).unwrap();
    let mut shown = |alice: &mut _, until_text: &str| {
        screen.feed(until(alice, until_text));
        let lines = screen.screen().text();
        let lines = lines.iter().filter(|line| !line.is_empty()).map(|line| without_time(line));
        lines.collect::<Vec<_>>()
    };
    // The cursor is in the middle of the line.
    alice.send("hello you\x1b[D\x1b[D\x1b[D\r").unwrap();
    hears(&mut bob, "hello you");
    shown(&mut alice, "alice> ");
    // With the prompt, the line fills one row, and its message two.
    let full = format!("{} end", "x".repeat(69));
    alice.send(format!("{full}\r")).unwrap();
    hears(&mut bob, &full);
    shown(&mut alice, "alice> ");
    alice.send("one\x1b\rtwo\r").unwrap();
    hears(&mut bob, "one\ntwo");
    shown(&mut alice, "alice> ");
    alice.send("/me waves\r/msg bob psst\r/names\r").unwrap();
    hears(&mut bob, "waves");
    hears(&mut bob, "psst");
    shown(&mut alice, "* here: ");
    bob.says("hi");
    let lines = shown(&mut alice, "bob: hi\r\n");
    let want = [
        "TIME alice: hello you",
        &format!("TIME alice: {}", "x".repeat(67)),
        "             xx end",
        "TIME alice: one",
        "             two",
        "TIME * alice waves",
        "TIME you -> bob: psst",
        "alice> /names",
        "* here: alice, bob",
        "TIME bob: hi",
    ];
    assert!(lines.ends_with(&want.map(str::to_owned)), "{lines:#?}");
}

#[test]
fn the_end_of_the_connection_leaves_no_empty_prompt() {
    for (typed, want) in [("", "TIME * The server is shutting down."), ("half", "alice> half")] {
        let server = Server::start("events", &[]);
        let home = empty_home();
        let address = server.address().to_string();
        let flags = [&*address, "--name", "alice", "--color", "never", "--no-reconnect"];
        let mut alice = terminal(home.path(), &flags);
        let mut screen = avt::Terminal::with_scrollback(80, 24, None).unwrap();
        screen.feed(until(&mut alice, "alice> "));
        alice.send(typed).unwrap();
        screen.feed(until(&mut alice, typed));
        server.signal("TERM");
        screen.feed(until(&mut alice, "! the server closed the connection"));
        let lines = screen.screen().text();
        let end = lines.iter().rposition(|line| line.starts_with("! the server")).unwrap();
        assert_eq!(without_time(lines[end - 1].trim_end()), want, "{lines:#?}");
    }
}

fn without_time(line: &str) -> String {
    behind_time(line).map_or_else(|| line.to_owned(), |rest| format!("TIME {rest}"))
}

/// What stands behind the time of a message; `None` if the line has no time.
pub(crate) fn behind_time(line: &str) -> Option<&str> {
    let (time, rest) = line.split_once(' ')?;
    (time.len() == 5 && time.contains(':')).then_some(rest)
}
