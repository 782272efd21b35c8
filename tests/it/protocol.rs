//! The examples of `handout/protocol.md` for `json`, and the completeness of that page.

use std::collections::{BTreeMap, HashMap, VecDeque};

use app::commands::Command;
use harness::examples::{examples, fits, keys};
use harness::{Peer, Server, Value};

const PROTOCOL: &str = include_str!("../../handout/protocol.md");

/// An example: the number of its first line on the page, and its lines.
pub(crate) type Example = (usize, Vec<&'static str>);

/// A peer of an example, and the lines that it has received and that the example has not yet named.
struct Person {
    peer: Peer,
    heard: VecDeque<Value>,
}

#[test]
fn every_example_of_json_runs_as_written() {
    let examples = of_json();
    assert!(examples.len() > 10, "the examples were not found");
    for example in examples {
        play(&Server::start_on_disk(&[]), example, send);
    }
}

/// The examples of the page for `json`.
pub(crate) fn of_json() -> Vec<Example> {
    examples(PROTOCOL, "chat")
}

/// Sends a line of an example.
pub(crate) fn send(peer: &mut Peer, line: &str) -> Vec<Value> {
    peer.sends(format!("{line}\n").as_bytes());
    Vec::new()
}

/// Runs an example as it is written. `sends` sends one line, and returns the responses that it has
/// already read; the example has to name them, too.
///
/// # Panics
/// If the server says anything else. The message has the line of the page.
pub(crate) fn play(
    server: &Server,
    (first, lines): Example,
    mut sends: impl FnMut(&mut Peer, &str) -> Vec<Value>,
) {
    if lines.iter().any(|line| line.starts_with("root ")) {
        server.add_root();
    }
    let mut people: HashMap<&str, Person> = HashMap::new();
    for (index, line) in lines.into_iter().enumerate() {
        let place = format!("handout/protocol.md:{}", first + index);
        let mut words = line.splitn(3, ' ');
        let (who, way, what) = (words.next(), words.next(), words.next());
        let who = who.unwrap();
        let person = people
            .entry(who)
            .or_insert_with(|| Person { peer: server.connect(), heard: VecDeque::new() });
        match (way, what) {
            (Some(">"), Some("(hangs up)")) => drop(people.remove(who)),
            (Some(">"), Some("(breaks off)")) => {
                people.remove(who).into_iter().for_each(|person| person.peer.resets());
            }
            (Some(">"), Some(what)) => person.heard.extend(sends(&mut person.peer, what)),
            (Some("<"), Some("(hangs up)")) => {
                person.peer.is_hung_up_on();
                people.remove(who);
            }
            (Some("<"), Some(what)) => {
                let heard = person.heard.pop_front();
                let heard = heard.unwrap_or_else(|| parse(&person.peer.line()));
                let written = parse(what);
                assert!(fits(&heard, &written), "{place}: heard {heard}");
                assert_eq!(keys(&heard), keys(&written), "{place}: the order of the keys");
            }
            _ => panic!("{place}: neither sent nor heard: {line}"),
        }
    }
    for (who, mut person) in people {
        person.peer.finishes();
        let end = format!("{who}, at the end of the example at line {first}");
        assert!(person.heard.is_empty(), "{end}: {:?}", person.heard);
        // Only the leaves of the other peers may still arrive.
        while let Some(line) = person.peer.line_or_end() {
            let goes = ["leave", "exited"].map(|what| format!(r#"{{"response":"{what}""#));
            assert!(goes.iter().any(|goes| line.starts_with(goes)), "{end}: {line}");
        }
    }
}

/// Parses a line of an example, or a received one.
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
