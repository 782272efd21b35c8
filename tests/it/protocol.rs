//! The examples of `handout/protocol.md` for `json`, and the completeness of that page.

use std::collections::{BTreeMap, HashMap};

use harness::examples::{examples, fits, keys};
use harness::{Peer, Server, Value};

const PROTOCOL: &str = include_str!("../../handout/protocol.md");
#[test]
fn every_example_of_json_runs_as_written() {
    let examples = examples(PROTOCOL, "chat");
    assert!(examples.len() > 10, "the examples were not found");
    for (first, lines) in examples {
        let server = Server::start_on_disk(&[]);
        if lines.iter().any(|line| line.starts_with("root ")) {
            server.add_root();
        }
        let mut peers: HashMap<&str, Peer> = HashMap::new();
        for (index, line) in lines.into_iter().enumerate() {
            let place = format!("handout/protocol.md:{}", first + index);
            let mut words = line.splitn(3, ' ');
            let (who, way, what) = (words.next(), words.next(), words.next());
            let who = who.unwrap();
            let peer = peers.entry(who).or_insert_with(|| server.connect());
            match (way, what) {
                (Some(">"), Some("(hangs up)")) => drop(peers.remove(who)),
                (Some(">"), Some("(breaks off)")) => {
                    peers.remove(who).into_iter().for_each(Peer::resets);
                }
                (Some(">"), Some(what)) => peer.sends(format!("{what}\n").as_bytes()),
                (Some("<"), Some("(hangs up)")) => {
                    peer.is_hung_up_on();
                    peers.remove(who);
                }
                (Some("<"), Some(what)) => {
                    let heard = peer.line();
                    let (heard, written) = (parse(&heard), parse(what));
                    assert!(fits(&heard, &written), "{place}: heard {heard}");
                    assert_eq!(keys(&heard), keys(&written), "{place}: the order of the keys");
                }
                _ => panic!("{place}: neither sent nor heard: {line}"),
            }
        }
        for (who, mut peer) in peers {
            peer.finishes();
            let end = format!("{who}, at the end of the example at line {first}");
            // Only the leaves of the other peers may still arrive.
            while let Some(line) = peer.line_or_end() {
                let goes = ["leave", "exited"].map(|what| format!(r#"{{"response":"{what}""#));
                assert!(goes.iter().any(|goes| line.starts_with(goes)), "{end}: {line}");
            }
        }
    }
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

#[test]
fn every_command_and_every_argument_is_explained() {
    for command in app::commands::COMMANDS {
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
    }
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
