//! The prompt: the person's name and room, or that the client is not connected.

use rustyline::Prompt;

use super::Person;
use crate::reconnect::Countdown;

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
            return LivePrompt::countdown(&self.countdown);
        }
        if self.conversation.is_resting() {
            return LivePrompt::usual((UNCONNECTED.to_owned(), UNCONNECTED.to_owned()));
        }
        let known = self.conversation.known();
        let style = self.conversation.style();
        LivePrompt::usual(style.prompt(known.me.as_deref(), known.rooms.tag()))
    }
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
