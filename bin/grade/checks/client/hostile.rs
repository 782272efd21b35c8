//! Unknown and invalid responses.

use crate::check::{Check, Function, Layer};
use crate::client::ClientScenario;
use crate::stop::Stop;
use crate::wire::{Dialect, Response};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "HOSTILE-1",
        layer: Layer::App,
        rationale: "Servers get new features while older clients are still in use.",
        hint: "The last branch of the chain that compares `response` should do nothing, or print that the response is unknown.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            survives(scenario, "a response of an unknown kind", &[UNKNOWN, UNKNOWN_OF_FOUR])
        }),
    },
    Check {
        id: "HOSTILE-2",
        layer: Layer::Parse,
        rationale: "A bug in a server should not crash every client.",
        hint: "Reading a missing key raises an exception (`KeyError`). Where do you catch it?",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            let answers = match scenario.dialect {
                Dialect::Json | Dialect::Ktn14 => NAMED,
                Dialect::Ktn15 => OF_FOUR,
            };
            survives(scenario, "an invalid response", answers)
        }),
    },
    Check {
        id: "HOSTILE-3",
        layer: Layer::Parse,
        rationale: "Invalid JSON comes from a bug in a server, or from a user who experiments.",
        hint: "What happens when the JSON parser fails? Skip the line, and go on with the next one.",
        after: &["SHOW-1"],
        dialects: &[Dialect::Json],
        run: Function::Client(|scenario| {
            survives(scenario, "a line that is not JSON", &["hello", "{\"response\":"])
        }),
    },
    Check {
        id: "HOSTILE-4",
        layer: Layer::App,
        rationale: "With control characters, one user can clear, colour or rename the terminal of another.",
        hint: "Before you print a name or a text, remove or replace every control character in it.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            for control in ["\u{1b}]0;", "\u{1b}[2J\u{1b}[31m", "\u{8}\u{8}\u{8}\u{8}"] {
                let mut line = scenario.message_from_other();
                let word = scenario.words.word();
                line.text = format!("{} {control}{word}\u{7}", line.text);
                scenario.announce(&Response::Message(line))?;
                scenario.expect_still_working()?;
                if scenario.has_printed(format!("{control}{word}").as_bytes())? {
                    let codes: Vec<String> = control
                        .chars()
                        .filter(|letter| letter.is_control())
                        .map(|letter| format!("U+{:04X}", u32::from(letter)))
                        .collect();
                    let got = format!("{} unchanged, in {control:?}", codes.join(" and "));
                    let expected = "the text, with its control characters removed or replaced";
                    return Err(Stop::differs("user", expected, &got));
                }
            }
            Ok(())
        }),
    },
];

const UNKNOWN: &str = r#"{"response":"weather","temperature":7,"where":["Trondheim",{"at":null}]}"#;
const UNKNOWN_OF_FOUR: &str =
    r#"{"timestamp":"2026-11-21T12:00:00Z","sender":"server","response":"weather","content":"7"}"#;

/// Responses with missing keys, nulls, or values of the wrong type.
const NAMED: &[&str] = &[
    r#"{"response":"message"}"#,
    r#"{"response":"message","username":null,"message":null,"timestamp":null}"#,
    r#"{"response":"message","username":["ben"],"message":{"text":7}}"#,
    r#"{"response":"names","names":null,"users":5}"#,
    r#"{"response":5}"#,
    r#"{"error":null}"#,
    "{}",
    "[1,2]",
    "null",
];
const OF_FOUR: &[&str] = &[
    r#"{"response":"message"}"#,
    r#"{"timestamp":null,"sender":null,"response":"message","content":null}"#,
    r#"{"timestamp":5,"sender":["ben"],"response":"message","content":{"text":7}}"#,
    r#"{"timestamp":"","sender":"server","response":"history","content":5}"#,
    r#"{"timestamp":null,"sender":null,"response":null,"content":null}"#,
    "{}",
    "[1,2]",
];

/// Sends each of these, and expects the client to work as before.
fn survives(scenario: &mut ClientScenario, what: &str, answers: &[&str]) -> Result<(), Stop> {
    scenario.log_in()?;
    let end = if scenario.dialect == Dialect::Json { "\n" } else { "" };
    for answer in answers {
        scenario.send(what, format!("{answer}{end}").as_bytes())?;
        scenario.wait_until_read();
        scenario.expect_still_working()?;
    }
    Ok(())
}
