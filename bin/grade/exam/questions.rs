//! Oral questions from the transcripts that a student has handed in.
//!
//! Each comes with its answer, for the teacher: the play on the student's server has said what that server did.

use transcript::{Action, Step};

use super::check::{Answer, Checked};
use super::hand_in::{FILES, HandIn};
use super::pool::Mistake;
use crate::built_in;
use crate::report::visible;
use crate::wire::Dialect;

/// Number of lines before a question that the sheet shows.
const SHOWN: usize = 14;

/// The questions for a class, in Markdown. A student without a transcript gets none.
pub(super) fn sheet(all: &[Checked]) -> String {
    let mut text =
        "# Oral questions\n\nFor the teacher: each question is followed by its answer.\n"
            .to_owned();
    for checked in all {
        text += &format!("\n## {}\n\n", checked.exam.student.name);
        for mistake in checked.exam.pair {
            text += &described(mistake);
        }
        let before = text.len();
        for (answer, file) in checked.answers.iter().zip(FILES) {
            if let Some(hand_in) = &answer.hand_in {
                text += &questions(file, hand_in, answer);
            }
        }
        if text.len() == before {
            text += "\nNothing that can be played was handed in.\n";
        }
    }
    text
}

/// A mistake of the student's server, in a line.
fn described(mistake: &Mistake) -> String {
    let all = built_in::mutants(Dialect::Json);
    let found = all.iter().find(|mutant| mutant.name == mistake.bug);
    found.map_or_else(String::new, |mutant| {
        format!("- Mutant {}, `{}`: the server {}.\n", mutant.number, mutant.name, mutant.summary)
    })
}

fn questions(file: &str, hand_in: &HandIn, answer: &Answer) -> String {
    let mut text = String::new();
    let differs = answer.difference.as_ref().map(|(line, _)| *line);
    if let Some((line, received)) = &answer.difference {
        text += &format!(
            "\n**{file}, before line {line}.** What comes next from a right server, and why? What did \
             your server do instead?\n\n{}\n> Right: {}. This server: {}.\n",
            excerpt(hand_in, *line),
            code(&line_of(hand_in, *line)),
            code(&visible::line(received))
        );
    }
    if let Some(step) = next_frame(hand_in, differs) {
        let line = step.place.line;
        text += &format!(
            "\n**{file}, before line {line}.** Which frame comes next for {}, and why?\n\n{}\n> {}\n",
            step.who,
            excerpt(hand_in, line),
            code(&line_of(hand_in, line))
        );
    }
    if let Some(line) = open_line(hand_in) {
        text += &format!(
            "\n**{file}, line {line}.** Why does it say … here? Name a right server that would fail \
             without it.\n\n> {}: see \"A test that every right server passes\" in transcripts.md.\n",
            code(&line_of(hand_in, line))
        );
    }
    text
}

/// The last frame that is received before the difference, or the last one of all. It is not the first frame
/// of the transcript, because all transcripts begin alike.
fn next_frame(hand_in: &HandIn, differs: Option<usize>) -> Option<&Step> {
    let receives = |step: &&Step| matches!(step.action, Action::Receives(_));
    let received = hand_in.transcript.steps.iter().filter(receives).skip(1);
    received.filter(|step| differs.is_none_or(|line| step.place.line < line)).last()
}

/// The last line with a received frame that leaves something open.
fn open_line(hand_in: &HandIn) -> Option<usize> {
    let steps = hand_in.transcript.steps.iter().rev();
    let mut lines = steps.filter_map(|step| match &step.action {
        Action::Receives(frames) => {
            frames.iter().find(|frame| frame.written.contains('…')).map(|frame| frame.place.line)
        }
        _ => None,
    });
    lines.next()
}

/// The steps before a line, as a block of code.
fn excerpt(hand_in: &HandIn, line: usize) -> String {
    let before = line.saturating_sub(1);
    let lines = hand_in.lines.iter().take(before).skip(before.saturating_sub(SHOWN));
    let lines: Vec<String> = lines.map(|line| format!("    {}", visible::line(line))).collect();
    lines.join("\n") + "\n"
}

fn line_of(hand_in: &HandIn, line: usize) -> String {
    let found = line.checked_sub(1).and_then(|at| hand_in.lines.get(at));
    found.map_or_else(String::new, |line| visible::line(line.trim()))
}

/// A text as code in a line of Markdown, whatever backticks it has.
fn code(text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    match longest {
        0 => format!("{fence}{text}{fence}"),
        _ => format!("{fence} {text} {fence}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::hand_in::read;
    use super::*;

    const TEXT: &str = "\
# A sentence.
ann > {\"request\":\"login\",\"username\":\"ann\"}
ann < {\"response\":\"login\",…}
ann > {\"request\":\"names\"}
ann < {\"names\":[\"ann\"],…}
ann > {\"request\":\"message\",\"message\":\"a `tick`\"}
ann < {\"message\":\"a `tick`\"}
";

    fn hand_in(text: &str) -> HandIn {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("one.chat"), text).unwrap();
        read(folder.path(), "one.chat").unwrap()
    }

    fn asked(difference: Option<(usize, String)>) -> String {
        let finding = super::super::judge::Finding::ShowsNothing;
        let hand_in = hand_in(TEXT);
        let answer = Answer { hand_in: None, finding, difference, same_as: None };
        questions("one.chat", &hand_in, &answer)
    }

    #[test]
    fn a_question_shows_what_is_before_and_answers_with_what_is_next() {
        let text = asked(Some((7, "{\"message\":\"a\u{1b}\"}".to_owned())));
        let (before, after) = text.split_once("Which frame comes next for ann").unwrap();
        assert!(before.contains("one.chat, before line 5"), "{text}");
        let shown = after.split("**").next().unwrap();
        assert!(shown.contains("    ann > {\"request\":\"names\"}\n"), "{text}");
        assert!(shown.contains("\n> `ann < {\"names\":[\"ann\"],…}`\n"), "{text}");
        assert!(text.contains("This server: `{\"message\":\"a␛\"}`"), "{text}");
        assert!(text.contains("`` ann < {\"message\":\"a `tick`\"} ``"), "{text}");
    }

    #[test]
    fn a_transcript_that_passes_has_questions_too() {
        let text = asked(None);
        assert!(text.contains("before line 7") && !text.contains("What did"), "{text}");
        assert!(text.contains("**one.chat, line 5.** Why does it say …"), "{text}");
        let silent = hand_in("ann > (connects)\nann < (nothing)\n");
        let answer = Answer {
            hand_in: None,
            finding: super::super::judge::Finding::ShowsNothing,
            difference: None,
            same_as: None,
        };
        assert_eq!(questions("one.chat", &silent, &answer), "");
    }
}
