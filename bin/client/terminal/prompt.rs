//! The prompt: the person's name and room, that the client is not connected, or a question.

use rustyline::Prompt;

use super::{Person, say};
use crate::reconnect::Countdown;
use crate::stdio;
use crate::wrapping::wrap;

/// The columns that the last row of a question leaves for the answer.
const ANSWER: usize = 2;
/// The most seconds, and the highest number of an attempt, that the prompt shows.
const MOST: usize = 99;

/// The prompt after a logout without a connection.
const UNCONNECTED: &str = "not connected> ";

/// A prompt, plain and coloured, that may change while the editor waits.
pub(super) struct LivePrompt {
    /// The texts for so many seconds, and for so many attempts while one goes on. The editor computes
    /// the width of a prompt once, so all have the same one.
    waits: Vec<String>,
    attempts: Vec<String>,
    countdown: Countdown,
    /// The prompt without a countdown.
    usual: (String, String),
}

impl LivePrompt {
    /// A prompt that does not change.
    pub(super) fn usual(usual: (String, String)) -> LivePrompt {
        LivePrompt {
            waits: Vec::new(),
            attempts: Vec::new(),
            countdown: Countdown::default(),
            usual,
        }
    }

    /// A prompt that shows this countdown.
    pub(super) fn countdown(countdown: &Countdown) -> LivePrompt {
        let wait = |seconds: usize| format!("reconnecting in {seconds:>2} s> ");
        let attempt = |attempt: usize| format!("reconnecting, try {attempt:>2}> ");
        LivePrompt {
            waits: (0..=MOST).map(wait).collect(),
            attempts: (0..=MOST).map(attempt).collect(),
            countdown: countdown.clone(),
            usual: Default::default(),
        }
    }

    fn counted(&self) -> Option<&str> {
        let (seconds, attempt) = self.countdown.get();
        let (texts, number) =
            if seconds == 0 { (&self.attempts, attempt) } else { (&self.waits, seconds) };
        texts.get(number.min(MOST)).map(String::as_str)
    }
}

impl Person {
    /// The prompt for the next line.
    pub(super) fn prompt(&self) -> LivePrompt {
        if self.conversation.is_away() {
            return LivePrompt::countdown(&self.conversation.known().countdown);
        }
        if self.conversation.is_resting() {
            return LivePrompt::usual((UNCONNECTED.to_owned(), UNCONNECTED.to_owned()));
        }
        LivePrompt::usual(self.conversation.enter_prompt())
    }
}

/// The prompt for a question. A question that is wider than the window is broken between words: the rows before the
/// last are printed, and the last is the prompt.
pub(super) fn begin_question(question: &str) -> String {
    let (above, prompt) = rows_of_question(question, stdio::columns());
    above.iter().for_each(|row| say(row));
    prompt
}

/// The rows above the prompt, and the prompt.
fn rows_of_question(question: &str, columns: usize) -> (Vec<String>, String) {
    let text = question.trim_end();
    let end = question.len() - text.len();
    // A key stays with the word that explains it, as in `[n] no`.
    let solid = text.replace("] ", "]\u{a0}");
    let rows = wrap(&solid, 0, 0, columns.saturating_sub(end + ANSWER).max(1));
    let mut above: Vec<String> = rows.split('\n').map(|row| row.replace('\u{a0}', " ")).collect();
    let last = above.pop().unwrap_or_default();
    (above, last + &" ".repeat(end))
}

impl Prompt for LivePrompt {
    fn raw(&self) -> &str {
        self.counted().unwrap_or(&self.usual.0)
    }

    fn styled(&self) -> &str {
        self.counted().unwrap_or(&self.usual.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_broken_between_words_and_its_last_row_is_the_prompt() {
        let rows =
            |columns| rows_of_question("[y] one message, [l] line by line, [n] no: ", columns);
        let one = (vec![], "[y] one message, [l] line by line, [n] no: ".to_owned());
        assert_eq!(rows(80), one);
        assert_eq!(rows(45), one);
        let above = vec!["[y] one message, [l] line by line,".to_owned()];
        assert_eq!(rows(44), (above, "[n] no: ".to_owned()));
        let above = ["[y] one message,", "[l] line by line,"].map(str::to_owned);
        assert_eq!(rows(23), (above.into(), "[n] no: ".to_owned()));
        assert_eq!(rows_of_question("ab: ", 1), (vec!["a".into(), "b".into()], ": ".to_owned()));
        assert_eq!(rows_of_question("", 10), (vec![], String::new()));
    }

    #[test]
    fn a_countdown_always_has_the_same_width() {
        let countdown = Countdown::default();
        let prompt = LivePrompt::countdown(&countdown);
        let mut shown = Vec::new();
        for (left, attempt) in [(100, 9), (60, 8), (8, 3), (1, 2), (0, 2), (0, 100)] {
            countdown.set(left, attempt);
            assert_eq!(prompt.raw(), prompt.styled());
            shown.push(prompt.raw().to_owned());
        }
        assert!(shown.iter().all(|text| text.len() == shown[0].len()), "{shown:?}");
        let want = ["reconnecting in  8 s> ", "reconnecting in  1 s> ", "reconnecting, try  2> "];
        assert_eq!(shown[2..5], want);
    }
}
