//! What a client makes of answers that it cannot know, and of what is none.

use crate::check::{Check, Layer, Trial};
use crate::client::ClientScenario;
use crate::stop::Stop;
use crate::wire::{Dialect, Response};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "HOSTILE-1",
        layer: Layer::App,
        rationale: "Servers learn new things, and older clients are still there.",
        hint: "The last branch of the chain that looks at `response` should do nothing, or print that it does not know it.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            survives(scenario, "an answer that nobody has heard of", &[UNKNOWN, UNKNOWN_OF_FOUR])
        }),
    },
    Check {
        id: "HOSTILE-2",
        layer: Layer::Parse,
        rationale: "A server may have a mistake, and that should not be the end of everybody's client.",
        hint: "Looking up a key that is not there raises an error (`KeyError`): where is that caught?",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            let answers = match scenario.dialect {
                Dialect::Json | Dialect::Ktn14 => NAMED,
                Dialect::Ktn15 => OF_FOUR,
            };
            survives(scenario, "an answer that is not as it has to be", answers)
        }),
    },
    Check {
        id: "HOSTILE-3",
        layer: Layer::Parse,
        rationale: "What is no JSON comes from a mistake, or from somebody who tries things out.",
        hint: "What happens when reading the JSON fails? Skip the line, and go on with the next.",
        after: &["SHOW-1"],
        dialects: &[Dialect::Json],
        run: Trial::Client(|scenario| {
            survives(scenario, "what is no answer at all", &["hello", "{\"response\":"])
        }),
    },
    Check {
        id: "HOSTILE-4",
        layer: Layer::App,
        rationale: "With control characters one user can clear, colour or rename the terminal of another.",
        hint: "Leave out, or replace, every control character of a text and a name before you print it.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
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
                    let got = format!("{}, in {control:?}, as it was said", codes.join(" and "));
                    let expected =
                        "what was said, with its control characters left out or replaced";
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

/// Answers in which something is missing, or null, or of another type.
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

/// The server sends each of these, and the client is as good as before.
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
