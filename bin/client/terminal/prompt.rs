//! The prompt: the person's name and room, or the seconds until the client connects again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustyline::Prompt;

/// The most seconds that the prompt shows.
const MOST: usize = 99;

/// A prompt, plain and coloured, that may change while the editor waits.
pub(super) struct LivePrompt {
    /// The texts for so many seconds. The editor computes the width of a prompt once, so all have
    /// the same one.
    countdown: Vec<String>,
    seconds: Arc<AtomicUsize>,
    /// The prompt without a countdown.
    usual: (String, String),
}

impl LivePrompt {
    /// A prompt that does not change.
    pub(super) fn usual(usual: (String, String)) -> LivePrompt {
        LivePrompt { countdown: Vec::new(), seconds: Arc::default(), usual }
    }

    /// A prompt that shows these seconds.
    pub(super) fn countdown(seconds: &Arc<AtomicUsize>) -> LivePrompt {
        let text = |seconds: usize| match seconds {
            0 => "reconnecting now ...> ".to_owned(),
            seconds => format!("reconnecting in {seconds:>2} s> "),
        };
        let usual = (text(MOST), text(MOST));
        let countdown = (0..MOST).map(text).collect();
        LivePrompt { countdown, seconds: Arc::clone(seconds), usual }
    }

    fn counted(&self) -> Option<&str> {
        self.countdown.get(self.seconds.load(Ordering::Relaxed)).map(String::as_str)
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
        let seconds = Arc::new(AtomicUsize::new(0));
        let prompt = LivePrompt::countdown(&seconds);
        let mut shown = Vec::new();
        for left in [100, 60, 8, 1, 0] {
            seconds.store(left, Ordering::Relaxed);
            assert_eq!(prompt.raw(), prompt.styled());
            shown.push(prompt.raw().to_owned());
        }
        assert!(shown.iter().all(|text| text.len() == shown[0].len()), "{shown:?}");
        assert_eq!(shown[2..4], ["reconnecting in  8 s> ", "reconnecting in  1 s> "]);
    }
}
