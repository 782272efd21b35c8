//! Input of several lines: a paste, or a message with newlines.
//!
//! A text without commands is one message. If the server does not accept it as one, each of its lines is a
//! message: the client sends the next line when the previous one was answered, so the server's limit of
//! requests holds none up for long and refuses none.

use std::ops::ControlFlow::{self, Continue};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use app::Refusal;
use parse::{Failure, Request, Unsent};

use super::question::Answer;
use super::{LOOK, PROMPT, Person, say};
use crate::input::{Input, is_text};
use crate::paste::{FREE, needs_question};
use crate::protocol::{ACTION, MESSAGE, TO, text_of};
use crate::sanitize::clean;
use crate::stdio;
use crate::wrapping::cut;

/// The interval between two lines about the progress.
const PROGRESS: Duration = Duration::from_secs(1);

/// What became of a message.
enum Sent {
    Accepted,
    Refused(Failure),
    Unsent(Unsent),
    /// The person pressed Ctrl-C before the answer arrived, or the connection was lost.
    Interrupted,
}

impl Person {
    /// Executes the input, which may have several lines. The person confirms a long one first, wherever it
    /// comes from.
    pub(super) fn type_text(&mut self, typed: &str, is_paste: bool) -> ControlFlow<ExitCode> {
        let text = typed.trim_matches(['\r', '\n']);
        let shows = !self.keyboard.has_shown_message();
        if (is_paste || needs_question(text)) && !self.confirm_lines(text, is_paste)? {
            return Continue(());
        }
        if !text.contains('\n') || !self.conversation.is_one_text(text) {
            return self.type_line(text);
        }
        let request = match self.conversation.parse_input(text) {
            Input::Ask(request) if request.name == MESSAGE => request,
            Input::Suspicious(request) => {
                if !self.confirm(&request, text, None)? {
                    return Continue(());
                }
                request
            }
            _ => return self.type_line(text),
        };
        if !is_paste {
            self.remember(&text.lines().collect::<Vec<_>>());
        }
        self.send_text(request, shows);
        Continue(())
    }

    /// Asks whether to send many lines. Shows the beginning of a paste, which the editor has not shown.
    fn confirm_lines(&mut self, text: &str, is_paste: bool) -> ControlFlow<ExitCode, bool> {
        let style = self.conversation.style();
        let count = text.lines().count();
        let width = stdio::columns().saturating_sub(4);
        let (pasted, colon) = if is_paste { ("pasted ", ":") } else { ("", "") };
        say(&style.event(&format!("{count} {pasted}lines, {}{colon}", self.plan(text))));
        if is_paste {
            for line in text.lines().take(FREE) {
                say(&format!("    {}", cut(&clean(line).replace('\t', " "), width)));
            }
            if count > FREE {
                say(&format!("    … and {} more", count - FREE));
            }
        }
        let mut question = "send them? [y/N] ".to_owned();
        let answer = self.question(&mut question)?;
        if answer == Answer::Yes {
            return Continue(true);
        }
        self.keep_unsent(text);
        if let Answer::Other(line) = answer {
            self.take_other(&question, &line)?;
        }
        Continue(false)
    }

    /// How the client will send a paste.
    fn plan(&self, text: &str) -> String {
        let message = match self.conversation.parse_input(text) {
            Input::Ask(message) | Input::Suspicious(message) if message.name == MESSAGE => message,
            _ => return self.plan_of_commands(text),
        };
        if !self.conversation.is_one_text(text) {
            return self.plan_of_commands(text);
        }
        let whom = message.arguments.string(TO).map_or(String::new(), |to| format!(" to {to}"));
        format!("to send{whom} as one message, or one by one if the server refuses that")
    }

    fn plan_of_commands(&self, text: &str) -> String {
        let commands = text.lines().filter(|line| !is_text(line)).count();
        let commands = match commands {
            1 => "1 is a command".to_owned(),
            count => format!("{count} are commands"),
        };
        format!("to send one by one; {commands}")
    }

    /// Sends a text as one message, or else its lines one by one. `shows` says whether
    /// to show them: the editor has not shown the text as a message.
    fn send_text(&mut self, request: Request, shows: bool) {
        match self.send_and_wait(request.clone()) {
            Sent::Refused(failure) if divides(&failure) => {
                self.send_lines(&request, shows);
            }
            Sent::Unsent(Unsent::TooLong) => self.send_lines(&request, shows),
            Sent::Refused(failure) => {
                self.mistake(&failure.text);
                self.put_back(&request, text_of(&request));
            }
            Sent::Unsent(unsent) => {
                self.mistake(&unsent.to_string());
                self.put_back(&request, text_of(&request));
            }
            Sent::Accepted if shows => {
                self.show_sent(request);
                say(&self.conversation.style().event("sent as one message"));
            }
            Sent::Accepted | Sent::Interrupted => {}
        }
    }

    /// Shows a message that the editor has not shown as one. A whisper to a person who is not here is shown
    /// with its answer.
    pub(super) fn show_sent(&self, message: Request) {
        if !self.conversation.known().is_for_absent(&message) {
            self.conversation.as_sent(message).iter().for_each(|line| say(line));
        }
    }

    /// Sends the lines of a text one by one. After Ctrl-C or a refusal, Up brings back the rest.
    fn send_lines(&mut self, request: &Request, shows: bool) {
        let style = self.conversation.style();
        // A server refuses empty messages.
        let lines: Vec<&str> =
            text_of(request).lines().filter(|line| !line.trim().is_empty()).collect();
        let count = lines.len();
        say(&style.event(&format!("sending {count} lines one by one; Ctrl-C stops")));
        say(&style.event("what you type meanwhile appears in the next line"));
        let mut shown = Instant::now();
        for (sent, line) in lines.iter().enumerate() {
            let mut one = request.clone();
            one.arguments.insert(MESSAGE, *line);
            let why = match self.send_and_wait(one.clone()) {
                Sent::Accepted => {
                    if shows {
                        self.show_sent(one);
                    }
                    if shown.elapsed() >= PROGRESS {
                        shown = Instant::now();
                        say(&style.event(&format!("sent {} of {count} lines", sent + 1)));
                    }
                    continue;
                }
                Sent::Interrupted => None,
                Sent::Refused(failure) => Some(failure.text),
                Sent::Unsent(unsent) => Some(unsent.to_string()),
            };
            // The line was sent if the person only stopped the wait for its answer.
            let sent = if why.is_none() { sent + 1 } else { sent };
            if let Some(why) = why {
                self.mistake(&why);
            }
            say(&style.event(&format!("stopped after {sent} of {count} lines")));
            let rest: Vec<&str> = lines.iter().copied().skip(sent).collect();
            self.put_back(request, &rest.join("\n"));
            return;
        }
        say(&style.event(&format!("sent all {count} lines")));
    }

    /// Keeps a text that was not sent, such that Up and Enter send it to the same people.
    fn put_back(&mut self, request: &Request, text: &str) {
        let line = match request.arguments.get(TO).and_then(|to| to.as_str()) {
            _ if text.is_empty() => return,
            Some(to) => format!("/msg {to} {text}"),
            None if request.arguments.contains(ACTION) => format!("/me {text}"),
            None if text.starts_with('/') => format!("/{text}"),
            None => text.to_owned(),
        };
        self.keep_unsent(&line);
    }

    /// Sends a message and waits for its answer. If none comes in time, the message counts as accepted;
    /// a refusal is then shown when it comes.
    fn send_and_wait(&self, request: Request) -> Sent {
        self.keyboard.take_interrupt();
        if let Err(unsent) = self.conversation.ask_silently(request) {
            return Sent::Unsent(unsent);
        }
        let until = Instant::now() + PROMPT;
        while !self.conversation.wait(LOOK) && Instant::now() < until {
            if self.keyboard.take_interrupt() {
                // The refusal of this message, if it comes, is shown.
                return self.conversation.refusal().map_or(Sent::Interrupted, Sent::Refused);
            }
        }
        let is_lost = self.conversation.known().closed;
        match self.conversation.refusal() {
            Some(failure) => Sent::Refused(failure),
            // After a lost connection, the return tells whether the message was sent.
            None if is_lost || self.keyboard.take_interrupt() => Sent::Interrupted,
            None => Sent::Accepted,
        }
    }
}

/// Whether the lines of a refused text are sent one by one: the newlines are forbidden, or together the lines
/// are too long. A server that has no codes sends an empty one.
fn divides(failure: &Failure) -> bool {
    let of_newlines = Refusal::ForbiddenCharacter(String::new());
    let codes = [of_newlines.code(), Refusal::MessageTooLong.code(), ""];
    codes.contains(&&*failure.code)
}
