//! The examples of `handout/protocol.md` and `handout/transcripts.md` for `json`, and the completeness of the
//! first page.

use std::collections::BTreeMap;

use app::commands::Command;
use harness::examples::{examples, play};
use harness::{Peer, Server, Value};
use transcript::Transcript;

const PROTOCOL: &str = include_str!("../../handout/protocol.md");
const TRANSCRIPTS: &str = include_str!("../../handout/transcripts.md");

#[test]
#[ignore = "slow"]
fn every_example_of_json_runs_as_written() {
    let examples = of_json();
    assert!(examples.len() > 10, "the examples were not found");
    for example in &examples {
        play(&Server::start_on_disk(&[]), example, send);
    }
}

#[test]
fn the_page_of_transcripts_runs_as_written() {
    let examples = examples("handout/transcripts.md", TRANSCRIPTS, "chat");
    assert_eq!(examples.len(), 2, "the examples were not found");
    for example in &examples {
        play(&Server::start("events", &[]), example, send);
    }
}

/// The examples of the page for `json`.
pub(crate) fn of_json() -> Vec<Transcript> {
    examples("handout/protocol.md", PROTOCOL, "chat")
}

/// Sends bytes of an example.
pub(crate) fn send(peer: &mut Peer, bytes: &[u8]) -> Vec<u8> {
    peer.sends(bytes);
    Vec::new()
}

/// Parses a line that was received.
pub(crate) fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn every_command_and_every_argument_is_explained() {
    for command in app::commands::COMMANDS {
        is_explained(command);
    }
}

/// Checks that the page has a section for a command, with a row for each argument and an example.
/// Returns the section.
///
/// # Panics
/// If something is missing. The message names it.
pub(crate) fn is_explained(command: &Command) -> &'static str {
    let heading = format!("### `{}`", command.name);
    let section = PROTOCOL.split(&heading).nth(1);
    let section = section.unwrap_or_else(|| panic!("there is no section {heading}"));
    let section = section.split("\n### ").next().unwrap();
    for argument in command.arguments {
        let row = format!("| `{}` | {} |", argument.name, argument.kind.name());
        assert!(section.contains(&row), "{heading} has no row {row}");
    }
    // An example must send the request. The test above runs all examples.
    let examples = section
        .split("```chat\n")
        .skip(1)
        .flat_map(|rest| rest.split("```").next().unwrap_or_default().lines());
    let request = format!(r#" > {{"request":"{}""#, command.name);
    assert!(examples.into_iter().any(|line| line.contains(&request)), "{heading}: no example");
    section
}

#[test]
fn the_table_of_errors_has_every_code_with_its_text_and_no_other() {
    let table = PROTOCOL.split("### All errors").nth(1).expect("a table of all errors");
    let table = table.split("\n## ").next().unwrap();
    // | `code` | `text` | of |
    let rows = table.lines().filter_map(|line| {
        let (code, rest) = line.strip_prefix("| `")?.split_once("` | `")?;
        Some((code, rest.split_once("` | ")?.0))
    });
    let written: BTreeMap<&str, &str> = rows.filter(|row| *row != ("code", "error")).collect();
    let errors: Vec<(&str, String)> = app::errors().collect();
    let known: BTreeMap<&str, &str> =
        errors.iter().map(|(code, text)| (*code, text.as_str())).collect();
    assert_eq!(written, known);
}
