//! Questions before the client sends a text, which a person answers with yes or no.

use std::ops::ControlFlow::{self, Continue};
use std::process::ExitCode;

use parse::Request;

use super::Person;
use super::prompt::begin_question;
use crate::input::is_text;
use crate::protocol::{LOBBY, MESSAGE, ROOM, SHUTDOWN, TO};
use crate::rooms::shown;

/// The question after an unclear answer.
const AGAIN: &str = "y or n? ";
/// The question after an unclear answer, if the lines of a text can be sent one by one.
const AGAIN_LINES: &str = "y, l or n? ";
/// The question before the end of the server.
const END: &str = "this ends the server for everyone; end it? [y/N] ";
/// The most words of an unclear answer.
const WORDS: usize = 3;
/// The first words of unclear answers, in lower case.
const ANSWERS: [&str; 24] = [
    "y", "n", "yes", "ye", "yea", "yeah", "yep", "yup", "ya", "yess", "ok", "okay", "sure", "send",
    "no", "nope", "nah", "nay", "noo", "don't", "dont", "cancel", "stop", "abort",
];

/// The rest of a question without a login. The server may still accept the login, and then the message.
const NOT_IN_CHAT: &str = "you are not logged in; send it anyway";

/// Why a text to everyone may be meant for fewer people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It looks like a mistyped whisper or a command with a password.
    Mistyped,
    /// It is a line of a paste after a whisper.
    AfterWhisper,
    /// The client has asked for a password, and the command has not succeeded; or it is a password of the person.
    Password,
    /// A later line of the text looks like a command with a password.
    LaterPassword,
}

impl Doubt {
    fn text(self) -> &'static str {
        match self {
            Doubt::Mistyped => "this looks like a mistyped command",
            Doubt::AfterWhisper => "this follows a whisper",
            Doubt::Password => "this may be a password",
            Doubt::LaterPassword => "a line may contain a password",
        }
    }
}

/// The answer to a question.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    /// Enter alone. It means no, so no function of [`Person`] returns it.
    Enter,
    /// Line by line. Only [`Person::question_of_lines`] returns this.
    Lines,
    /// Perhaps meant as a yes or a no. [`Person::question`] asks again, so it never returns this.
    Unclear,
    /// Another line, which is no answer. [`Person::take_line`] knows whether it is a long paste.
    Other(String),
}

impl Person {
    /// Whether to send a request. The person must confirm a text to everyone; without a `doubt`, the
    /// text itself is suspicious. Without confirmation, Up brings back `rest`, the text and the lines after
    /// it. Another line than an answer means no.
    pub(super) fn confirm(
        &mut self,
        request: &Request,
        rest: &str,
        doubt: Option<Doubt>,
    ) -> ControlFlow<ExitCode, bool> {
        if request.name != MESSAGE || request.arguments.contains(TO) {
            return Continue(true);
        }
        let room = request.arguments.get(ROOM).and_then(|room| room.as_str());
        let room = shown(room.unwrap_or(LOBBY));
        let is_secret = self.conversation.may_be_secret(rest);
        let usual = if is_secret { Doubt::Password } else { Doubt::Mistyped };
        let doubt = doubt.unwrap_or(usual);
        // The client asks once.
        self.conversation.known().expects_secret.end();
        let mut question = match self.conversation.me() {
            Some(_) => format!("{}; send it to everyone in {room}? [y/N] ", doubt.text()),
            None => format!("{}, and {NOT_IN_CHAT}? [y/N] ", doubt.text()),
        };
        match self.question(&mut question)? {
            Answer::Yes => return Continue(true),
            answer => {
                // The person may think that the client asks for the password again, so the answer may be one,
                // too.
                if is_secret && matches!(answer, Answer::Other(_)) {
                    self.conversation.known().expects_secret.begin();
                }
                self.take_no(&question, rest, answer)?;
            }
        }
        Continue(false)
    }

    /// Whether to send a request. The person must confirm one that ends the server for everyone; `line` is what they
    /// typed.
    pub(super) fn confirm_end(
        &mut self,
        request: &Request,
        line: &str,
    ) -> ControlFlow<ExitCode, bool> {
        if request.name != SHUTDOWN || !self.conversation.known().may_administrate() {
            return Continue(true);
        }
        let mut question = END.to_owned();
        match self.question(&mut question)? {
            Answer::Yes => return Continue(true),
            answer => self.take_no(&question, line, answer)?,
        }
        Continue(false)
    }

    /// Keeps a text that the person does not want to send, and takes the line that they typed instead. A command is
    /// executed, and a long paste leads to the next question. A text is not sent: the person may have thought of
    /// something else than a message.
    pub(super) fn take_no(
        &mut self,
        question: &str,
        text: &str,
        answer: Answer,
    ) -> ControlFlow<ExitCode> {
        match answer {
            Answer::Other(line) if is_text(&line) && !self.keyboard.has_long_paste() => {
                self.keep_both_unsent(text, &line);
                Continue(())
            }
            Answer::Other(line) => {
                self.keep_unsent(text);
                self.take_line(question, &line)
            }
            _ => {
                self.keep_unsent(text);
                Continue(())
            }
        }
    }

    /// Asks a question until the answer is clear; `question` becomes the prompt of the last time. A paste of
    /// many lines is another line; a lost connection means no. Of a question in several rows, the prompt is the last
    /// row.
    pub(super) fn question(&mut self, question: &mut String) -> ControlFlow<ExitCode, Answer> {
        self.choice(question, AGAIN, false)
    }

    /// Asks about a text of several lines. With `has_lines` there is one more answer: line by line. A person who
    /// has pasted presses Enter out of habit, so the first Enter behind a paste is no answer.
    pub(super) fn question_of_lines(
        &mut self,
        question: &mut String,
        has_lines: bool,
        is_paste: bool,
    ) -> ControlFlow<ExitCode, Answer> {
        self.choice(question, if has_lines { AGAIN_LINES } else { AGAIN }, is_paste)
    }

    fn choice(
        &mut self,
        question: &mut String,
        again: &str,
        mut is_paste: bool,
    ) -> ControlFlow<ExitCode, Answer> {
        loop {
            *question = begin_question(question);
            let read = self.keyboard.line(question);
            self.check_ending(None)?;
            let answer = match read {
                Ok(line) if self.keyboard.has_long_paste() => Answer::Other(line),
                read => read.map_or(Answer::No, answer),
            };
            match answer {
                Answer::Enter if std::mem::take(&mut is_paste) => {}
                Answer::Enter => return Continue(Answer::No),
                Answer::Unclear => {}
                Answer::Lines if again != AGAIN_LINES => {}
                answer => return Continue(answer),
            }
            again.clone_into(question);
        }
    }
}

pub(super) fn answer(line: String) -> Answer {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        "" => Answer::Enter,
        "n" | "no" => Answer::No,
        "l" | "lines" | "line by line" => Answer::Lines,
        text if is_unclear(text) => Answer::Unclear,
        _ => Answer::Other(line),
    }
}

/// Whether a text in lower case may be meant as an answer: a single character, or a few words in one line
/// that begin with a yes or a no.
fn is_unclear(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or_default().trim_end_matches(['.', ',', '!', '?', ';']);
    let is_short = !text.contains('\n') && words.count() < WORDS;
    text.chars().count() == 1 || is_short && ANSWERS.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_yes_or_a_no_is_an_answer() {
        let read = |line: &str| answer(line.to_owned());
        for yes in ["y", "Y", " yes "] {
            assert_eq!(read(yes), Answer::Yes);
        }
        assert_eq!((read(""), read(" ")), (Answer::Enter, Answer::Enter));
        assert_eq!((read("n"), read("No")), (Answer::No, Answer::No));
        assert_eq!((read("l"), read("Lines ")), (Answer::Lines, Answer::Lines));
        let unclear =
            ["nope", "Yeah", "yep", "yes please", "ok", "sure", "x", "j", "?", "y!", "No, thanks"];
        for unclear in unclear {
            assert_eq!(read(unclear), Answer::Unclear, "{unclear}");
        }
        let others = [
            "yellow",
            "hello all",
            "I agree",
            "/quit",
            "not now",
            "/n",
            "no I do not think so",
            "ok\nok",
            "a b c d",
        ];
        for other in others {
            assert_eq!(read(other), Answer::Other(other.to_owned()));
        }
    }
}
