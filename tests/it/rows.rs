//! The rows of messages in a terminal.

use harness::clients::until;
use harness::json;

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
    bob.asks(json!({"request": "logout", "reason": "a train to the sea leaves in ten minutes"}));
    until(&mut alice, "* bob left (a train to the sea leaves in\r\n  ten minutes) (1 online)\r\n");
}

#[test]
fn a_message_of_many_lines_is_shown_whole() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    let lines: Vec<String> = (1..=300).map(|number| number.to_string()).collect();
    bob.says(&lines.join("\n"));
    bob.hears(json!({"response": "message"}));
    until(&mut alice, &format!(" bob: {}\r\n", lines.join(&format!("\r\n{}", " ".repeat(11)))));
}
