//! The end of the client at the wish of the person.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use super::{LOOK, PROMPT, Person, say};
use crate::exit::REFUSED;
use crate::input::is_text;

/// How long the client that leaves waits before it says that it waits.
const LEAVING: Duration = Duration::from_millis(300);

/// The error after a `/quit` whose later lines are no reason.
pub(super) const COMMANDS_FOLLOW: &str =
    "commands follow /quit; to leave, send /quit without the lines after it";

/// The reason of a `/quit`, in one line: the rest of its line, and the lines of the input after it. `None` if
/// one of these is a command.
pub(super) fn whole(first: &str, later: Option<&[&str]>) -> Option<String> {
    let later = later.unwrap_or_default();
    let words = std::iter::once(first).chain(later.iter().copied()).flat_map(str::split_whitespace);
    later.iter().all(|line| is_text(line)).then(|| words.collect::<Vec<_>>().join(" "))
}

impl Person {
    /// Leaves when the server has answered what the person has sent: a server that limits requests may not
    /// have read all lines of a paste. Ctrl-C, or a server that answers no more, ends the wait.
    pub(super) fn leave(&mut self) -> ExitCode {
        let style = self.conversation.style();
        let unanswered = || self.conversation.known().outstanding().count();
        self.keyboard.take_interrupt();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_after_a_quit_are_its_reason_unless_one_is_a_command() {
        let whole = |first, later: &[&str]| whole(first, Some(later));
        assert_eq!(whole("", &[]).as_deref(), Some(""));
        assert_eq!(whole("bye for  now", &[]).as_deref(), Some("bye for now"));
        assert_eq!(whole("bye", &["", " for ", "now"]).as_deref(), Some("bye for now"));
        assert_eq!(whole("", &["see you"]).as_deref(), Some("see you"));
        assert_eq!(whole("bye", &["now", " /names"]), None);
    }
}
