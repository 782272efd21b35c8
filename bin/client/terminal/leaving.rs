//! The end of the client at the wish of the person.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::{LOOK, PROMPT, Person, say};
use crate::exit::REFUSED;

/// How long the client that leaves waits before it says that it waits.
const LEAVING: Duration = Duration::from_millis(300);

/// The line about the reason of a `/quit` without a connection.
const UNHEARD: &str = "not connected, so nobody is told why you leave";
/// The error after a `/quit` that is not the last line.
pub(super) const LINES_FOLLOW: &str =
    "lines follow /quit; to leave, send /quit without the lines after it";

impl Person {
    /// Leaves when the server has answered what the person has sent: a server that limits requests may not
    /// have read all lines of a paste. Ctrl-C, or a server that answers no more, ends the wait.
    pub(super) fn leave(&mut self) -> ExitCode {
        let style = self.conversation.style();
        let unanswered = || self.conversation.known().outstanding().count();
        self.keyboard.take_interrupt();
        if !self.goodbye.is_empty()
            && (self.conversation.is_away() || self.conversation.is_resting())
        {
            say(&style.event(UNHEARD));
        }
        self.conversation.wait(LEAVING);
        let mut left = unanswered();
        if left > 0 && !self.conversation.is_away() {
            say(&style.event(&format!("answers to wait for: {left}; Ctrl-C leaves at once")));
        }
        let mut until = Instant::now() + PROMPT;
        while left > 0 && Instant::now() < until && !self.keyboard.take_interrupt() {
            if self.conversation.known().closed {
                break;
            }
            self.conversation.wait(LOOK);
            let now = unanswered();
            if now < left {
                until = Instant::now() + PROMPT;
            }
            left = now;
        }
        if left > 0 {
            let lines = if left == 1 { "line".to_owned() } else { format!("{left} lines") };
            self.mistake(&format!("no answer came to the last {lines}: perhaps not sent"));
            return ExitCode::from(REFUSED);
        }
        self.conversation.say_goodbye(&self.goodbye);
        ExitCode::SUCCESS
    }
}
