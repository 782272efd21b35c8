//! Asks for the name before the client connects, and for another one after a refusal.
//!
//! A server gives a connection a limited time to log in. A person who reads or thinks at this
//! prompt has no connection yet, so no server disconnects them.

use std::ops::ControlFlow::{self, Break, Continue};
use std::process::ExitCode;

use parse::Request;

use super::asking::TRIES;
use super::{Person, Terminal, say};
use crate::ending::Ending;
use crate::exit::{INTERRUPTED, REFUSED, by_signal};
use crate::input::is_text;
use crate::keyboard::NoLine;
use crate::protocol::login_as;
use crate::style::Style;

const PROMPT: &str = "name: ";
/// The line that explains the prompt.
const WELCOME: &str = "log in as whom? Enter alone connects without a name; Ctrl-D leaves";

/// The error after an answer that is no name. The server, and so its rule, is not known yet.
const UNCLEAR: &str = "a name is one word without a slash; Strata's servers allow letters A to Z, digits and underscores, \
                       at most 32. Commands work after it";
/// The line that explains the prompt after a refusal.
const AGAIN: &str = "another name? Enter alone goes on without a name";

/// The advice to a person who goes on without a name.
pub(super) const LOGIN_HINT: &str = "/login NAME to log in";

/// The answer to the prompt.
#[derive(Debug, PartialEq, Eq)]
enum Answer<'a> {
    Name(&'a str),
    NoName,
    Quit,
    /// The answer is no name.
    Unclear,
}

impl Terminal {
    /// Asks for a name; `None` if the person wants to connect without one. Breaks if they leave.
    pub(crate) fn ask_name(&mut self, style: Style) -> ControlFlow<ExitCode, Option<String>> {
        // Without a printer, the editor waits in a read, which a signal to another thread does not end.
        let _printer = self.keyboard.printer();
        self.go_down();
        say(&style.event(WELCOME));
        loop {
            let read = self.keyboard.line(&PROMPT.to_owned());
            if let Some(Ending::Signal(signal)) = self.endings.take(|_| ()) {
                return Break(by_signal(signal));
            }
            let is_paste = self.keyboard.take_long_paste().is_some();
            match read.as_deref().map(answer) {
                Ok(_) if is_paste => say(&style.error("a name is one word")),
                Ok(Answer::Name(name)) => return Continue(Some(name.to_owned())),
                Ok(Answer::NoName) => return Continue(None),
                Ok(Answer::Quit) | Err(NoLine::End) => return Break(ExitCode::SUCCESS),
                Ok(Answer::Unclear) | Err(NoLine::NotUtf8) => {
                    say(&style.error(UNCLEAR));
                }
                Err(NoLine::Interrupted { .. }) => return Break(ExitCode::from(INTERRUPTED)),
                Err(NoLine::Failed(error)) => {
                    say(&style.error(&format!("cannot read the terminal: {error}")));
                    return Break(ExitCode::from(REFUSED));
                }
            }
        }
    }
}

impl Person {
    /// Logs in at the start. After a refusal, the person can give another name, or any command.
    pub(super) fn log_in(&mut self, mut login: Request) -> ControlFlow<ExitCode> {
        'tries: for count in 1..=TRIES {
            if !self.ask(login)? || !self.is_refused() {
                return Continue(());
            }
            if count == TRIES {
                break;
            }
            say(&self.conversation.style().event(AGAIN));
            let (line, is_paste) = loop {
                let read = self.keyboard.line(&PROMPT.to_owned());
                self.check_ending(None)?;
                self.conversation.known().expects_secret.end();
                let is_paste = self.keyboard.has_long_paste();
                let is_unclear = |line: &str| answer(line) == Answer::Unclear && is_text(line);
                match read {
                    // A text at this prompt is no message.
                    Ok(line) if !is_paste && is_unclear(&line) => {
                        say(&self.conversation.style().error(UNCLEAR));
                    }
                    Ok(line) => break (line, is_paste),
                    Err(NoLine::End) => return Break(ExitCode::SUCCESS),
                    Err(_) => break 'tries,
                }
            };
            if is_paste {
                return self.take_line(PROMPT, &line);
            }
            login = match answer(&line) {
                Answer::Name(name) => login_as(name),
                Answer::NoName => break,
                Answer::Quit | Answer::Unclear => return self.take_line(PROMPT, &line),
            };
        }
        if !self.conversation.is_resting() {
            say(&self.conversation.style().event(LOGIN_HINT));
        }
        Continue(())
    }

    /// Whether the server has refused the login.
    fn is_refused(&self) -> bool {
        let known = self.conversation.known();
        let is_open = !known.closed && known.outstanding().next().is_none();
        is_open && known.me.is_none()
    }
}

/// Understands an answer. `/login alice` is what a person types who has read the documentation.
fn answer(line: &str) -> Answer<'_> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match *words {
        [] => Answer::NoName,
        ["/quit"] => Answer::Quit,
        [name] | ["/login", name] if !name.starts_with('/') => Answer::Name(name),
        _ => Answer::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_for_names_contains_the_limit_of_the_server() {
        let most = app::Limits::default().name;
        assert!(UNCLEAR.contains(&format!(" at most {most}. ")));
    }

    #[test]
    fn an_answer_is_a_name_or_nothing_or_a_command() {
        for (line, want) in [
            ("alice", Answer::Name("alice")),
            (" alice ", Answer::Name("alice")),
            ("/login alice", Answer::Name("alice")),
            ("", Answer::NoName),
            ("/quit", Answer::Quit),
            ("/help", Answer::Unclear),
            ("/login", Answer::Unclear),
            ("/login alice secret", Answer::Unclear),
            ("hello everybody", Answer::Unclear),
        ] {
            assert_eq!(answer(line), want, "{line:?}");
        }
    }
}
