//! The one form of a transcript.

use crate::dialect::Dialect;
use crate::lines::{self, Line, Mark, Way, Word};
use crate::parser::parse;
use crate::pattern::Reader;
use crate::source::Error;

/// Formats a transcript: one space around arrows, no space in received JSON, marks below their arrow,
/// at most one empty line in a row. Sent frames stay as they are. Formatting the result again changes nothing.
///
/// # Errors
/// The transcript has an error.
pub fn format(file: &str, bytes: &[u8], dialect: &Dialect) -> Result<String, Error> {
    let transcript = parse(file, bytes, dialect)?;
    let mut lines: Vec<String> = Vec::new();
    // The column of the arrow of the last step.
    let mut margin = 0;
    for number in 1.. {
        if number > transcript.source.1.len() {
            break;
        }
        // The parser has accepted every line.
        let Ok(line) = lines::read(transcript.line(number)) else { continue };
        let line = match line {
            Line::Blank => {
                if lines.last().is_some_and(|last| !last.is_empty()) {
                    lines.push(String::new());
                }
                continue;
            }
            Line::Comment(text) => comment(text),
            Line::Dialect(name) => format!("dialect {}", name.text),
            Line::Speaks(who, name) => format!("{} speaks {}", who.text, name.text),
            Line::Ignore(frame) => {
                format!("ignore {}", received(frame, transcript.dialect.is_json()))
            }
            Line::Step { who, way, payload } => {
                margin = who.text.len() + 1;
                let is_json = transcript.dialect_of(who.text).is_json();
                let payload = if way == Way::Receives && !payload.text.starts_with('(') {
                    received(payload, is_json)
                } else {
                    payload.text.to_owned()
                };
                format!("{} {} {payload}", who.text, way.arrow())
            }
            Line::More { mark, payload, .. } => {
                let sign = mark.sign();
                let is_received = mark == Mark::Unordered;
                let payload = match is_received {
                    true => received(payload, payload.text.trim_start().starts_with('{')),
                    false => payload.text.to_owned(),
                };
                format!("{:margin$}{sign} {payload}", "")
            }
        };
        lines.push(line.trim_end().to_owned());
    }
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.push(String::new());
    Ok(lines.join("\n"))
}

fn comment(text: &str) -> String {
    let words = text.trim_start_matches('#');
    let signs = text.get(..text.len() - words.len()).unwrap_or_default();
    match words.trim() {
        "" => signs.to_owned(),
        words => format!("{signs} {words}"),
    }
}

/// A received frame, without white space between the tokens of JSON.
fn received(frame: Word<'_>, is_json: bool) -> String {
    let mut reader = Reader::of_received(frame.text);
    match is_json && reader.value().is_ok() && reader.has_ended() {
        true => reader.compact,
        false => frame.text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn formatted(text: &str) -> String {
        format("a.chat", text.as_bytes(), &Dialect::default()).unwrap()
    }

    #[test]
    fn a_transcript_gets_its_form() {
        let text = "\u{feff}\n\n#a   comment \r\n  dialect   json\n\n\n alice   >  {\"request\" : \"x\"}\n| \n\
                    + {}\nalice <  { \"a\" : [ 1 , \"b c\" , … ] , … }\n  &  {\"b\":2}\nalice\t<\t(nothing)\n\n";
        let want = "# a   comment\ndialect json\n\nalice >  {\"request\" : \"x\"}\n      |\n      + {}\n\
                    alice < {\"a\":[1,\"b c\",…],…}\n      & {\"b\":2}\nalice < (nothing)\n";
        assert_eq!(formatted(text), want);
        assert_eq!(formatted(want), want);
    }

    /// Lines of transcripts, right and wrong.
    fn line() -> impl Strategy<Value = String> {
        let known = [
            "alice > {\"request\":\"login\"}",
            "alice < {\"a\":$x, \"b\" : [ …]}",
            "bob <   {\"t\":\"… ${x}\"}",
            "  & { \"c\" : 1 }",
            "+ {}",
            "| ",
            "bob >> \\x00 \\n",
            "bob << {}\\n",
            "#  words",
            "",
            "bob > (hangs up)",
            "bob < (nothing)",
            "carol > hello  you",
            "carol speaks text",
            "ignore {…}",
        ];
        prop_oneof![
            4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned),
            1 => "[ -~…]{0,20}",
            1 => "[abc]{1,3} [<>|&+]{1,2} [ -~]{0,12}",
        ]
    }

    proptest! {
        #[test]
        fn formatting_twice_changes_nothing(lines in prop::collection::vec(line(), 0..12)) {
            let text = lines.join("\n");
            let Ok(once) = format("a.chat", text.as_bytes(), &Dialect::default()) else { return Ok(()) };
            let again = format("a.chat", once.as_bytes(), &Dialect::default());
            prop_assert_eq!(again.as_ref(), Ok(&once));
            let steps = |text: &str| {
                let parsed = parse("a.chat", text.as_bytes(), &Dialect::default()).unwrap();
                parsed.steps.into_iter().map(|step| (step.who, shape(&step.action))).collect::<Vec<_>>()
            };
            prop_assert_eq!(steps(&text), steps(&once));
        }

        #[test]
        fn no_input_makes_the_parser_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse("a.chat", &bytes, &Dialect::default());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "(a|[ <>|&+#$…{}\":,\\[\\]\\\\é\n])*") {
            let _ = parse("a.chat", text.as_bytes(), &Dialect::default());
        }
    }

    /// What an action means, without the places of its parts.
    fn shape(action: &crate::Action) -> String {
        match action {
            crate::Action::Sends(sent) => format!("{:?}", sent.frames),
            crate::Action::Receives(frames) => {
                frames.iter().map(|frame| frame.written.replace(' ', "")).collect()
            }
            other => format!("{other:?}"),
        }
    }
}
