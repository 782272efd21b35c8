//! Asks whether to end the session in which the person is logged in already.

use std::ops::ControlFlow::{self, Continue};
use std::process::ExitCode;

use parse::Request;

use super::question::Answer;
use super::{Person, say};
use crate::elsewhere::replacing;
use crate::input::is_text;

const ELSEWHERE: &str = "you are logged in elsewhere";
const QUESTION: &str = "end that session and log in here? [y/N] ";
const REFUSED: &str = "the name is free when that session ends";

impl Person {
    /// Logs in again after a yes, so that the other session ends.
    pub(super) fn replace(&mut self, login: Request) -> ControlFlow<ExitCode> {
        say(&self.conversation.style().event(ELSEWHERE));
        let mut question = QUESTION.to_owned();
        match self.question(&mut question)? {
            Answer::Yes => {
                self.is_password_wrong(replacing(login))?;
            }
            answer => {
                // The end of the connection means no, too, and its line says what to do.
                if !self.conversation.is_resting() {
                    say(&self.conversation.style().event(REFUSED));
                }
                match answer {
                    Answer::Other(line) if is_text(&line) && !self.keyboard.has_long_paste() => {
                        self.keep_unsent(&line);
                    }
                    Answer::Other(line) => self.take_line(&question, &line)?,
                    _ => {}
                }
            }
        }
        Continue(())
    }
}
