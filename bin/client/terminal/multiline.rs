//! Input of several lines: a paste, or a message with newlines.
//!
//! If the first line is a message, the text is one message (`blocks.rs`). If it is too long for that, it is several
//! (`parts.rs`). If the server accepts no newlines, each of its lines is a message. The client sends the next message
//! when the previous one was answered, so the server's limit of requests holds none up for long and refuses none.

use std::ops::ControlFlow::{self, Continue};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use app::Refusal;
use parse::{Failure, Request, Unsent};

use super::question::{Answer, Doubt};
use super::{LEFT_OUT, LOOK, PROMPT, Person, say};
use crate::blocks::Block;
use crate::input::{Input, escaped};
use crate::parts::{Count, parts, rest_of};
use crate::paste::{FREE, without_blank_lines};
use crate::protocol::{ACTION, MESSAGE, TO, text_of};
use crate::sanitize::clean;
use crate::server_limits::ServerLimits;
use crate::stdio;
use crate::wrapping::cut;

/// The interval between two lines about the progress.
const PROGRESS: Duration = Duration::from_secs(1);

/// The question before a text of several lines.
const QUESTION: &str = "send them? [y/n] ";
/// The question before a text of which some lines look like commands.
const CHOICE: &str = "[y] one message, [l] line by line, [n] no: ";
/// This question, if the text is too long for one message.
const CHOICE_OF_LONG: &str = "[y] messages, [l] line by line as typed, [n] no: ";

/// What became of a message.
enum Sent {
    Accepted,
    Refused(Failure),
    Unsent(Unsent),
    /// The person pressed Ctrl-C before the answer arrived.
    Interrupted,
    /// The connection was lost before the answer arrived. The return tells whether the message was sent.
    Lost,
}

impl Sent {
    /// Whether the lines of the text are sent one by one: the newlines are forbidden, or together the lines
    /// are too long. A server that has no codes sends an empty one.
    fn asks_for_lines(&self) -> bool {
        let of_newlines = Refusal::ForbiddenCharacter(String::new());
        let codes = [of_newlines.code(), Refusal::MessageTooLong.code(), ""];
        match self {
            Sent::Refused(failure) => codes.contains(&&*failure.code),
            Sent::Unsent(unsent) => *unsent == Unsent::TooLong,
            Sent::Accepted | Sent::Interrupted | Sent::Lost => false,
        }
    }
}

impl Person {
    /// Executes the input, which may have several lines. The person confirms a long one first.
    pub(super) fn type_text(&mut self, typed: &str, is_paste: bool) -> ControlFlow<ExitCode> {
        let text = without_blank_lines(typed);
        if !text.contains('\n') && !is_paste {
            return self.type_line(text);
        }
        if let Input::Reply(reply) = self.conversation.parse_input(text) {
            self.reply(&reply);
            return Continue(());
        }
        let shows = !self.keyboard.has_shown_message();
        let block = self.conversation.block(text);
        let Some(request) = block.message().cloned() else {
            return self.type_commands(text, &block, is_paste);
        };
        if is_paste || block.needs_question(self.conversation.known().limits) {
            match self.confirm_lines(text_of(&request), &block, is_paste)? {
                Answer::Yes => {}
                Answer::Lines => return self.type_line(text),
                answer => return self.take_no(QUESTION, text, answer),
            }
        }
        let doubt = block.has_secret.then_some(Doubt::LaterPassword);
        if (doubt.is_some() || matches!(block.first, Input::Suspicious(_)))
            && !self.confirm(&request, text, doubt)?
        {
            return Continue(());
        }
        self.remember(&text.lines().collect::<Vec<_>>());
        self.send_text(request, shows);
        Continue(())
    }

    /// Executes lines of which the first is a command that takes no text of several lines: one by one, after
    /// a yes. If one of them cannot be executed, none is.
    fn type_commands(
        &mut self,
        text: &str,
        block: &Block,
        is_paste: bool,
    ) -> ControlFlow<ExitCode> {
        let first = text.lines().next().unwrap_or_default();
        match &block.first {
            Input::Exposed(_) => {
                self.type_line(first)?;
                self.mistake(LEFT_OUT);
                return Continue(());
            }
            // The error of the first line, a goodbye before other lines, or the lines after a request for a
            // password need no question.
            Input::Mistake(_) | Input::Unknown(_) | Input::Quit(_) => return self.type_line(text),
            Input::Ask(request) if !self.secrets(request).is_empty() => {
                return self.type_line(text);
            }
            _ => {}
        }
        if let Some(why) = &block.mistake {
            self.mistake(why);
            if block.has_secret {
                say(&self.conversation.style().event("nothing was sent"));
            } else {
                self.keep_unsent(text);
            }
            return Continue(());
        }
        match self.confirm_lines(text, block, is_paste)? {
            Answer::Yes | Answer::Lines => self.type_line(text),
            answer => self.take_no(QUESTION, text, answer),
        }
    }

    /// Asks whether to send many lines, and how. Shows the beginning of a paste, as it will be sent: the
    /// editor has not shown it.
    fn confirm_lines(
        &mut self,
        sent: &str,
        block: &Block,
        is_paste: bool,
    ) -> ControlFlow<ExitCode, Answer> {
        let style = self.conversation.style();
        let count = block.count;
        let width = stdio::columns().saturating_sub(4);
        let (pasted, colon) = if is_paste { ("pasted ", ":") } else { ("", "") };
        let lines = if count == 1 { "line" } else { "lines" };
        let limits = self.conversation.known().limits;
        let (plan, named) = (plan(block, limits), block.named_commands());
        say(&style.event(&format!("{count} {pasted}{lines}, {plan}{named}{colon}")));
        if is_paste {
            // A line is not longer than the text that replaces it.
            let shown = if count == FREE + 1 { count } else { FREE };
            for line in sent.lines().take(shown) {
                say(&format!("    {}", cut(&clean(line).replace('\t', " "), width)));
            }
            if count > shown {
                say(&format!("    … and {} more", count - shown));
            }
        }
        let answer = match block.message() {
            Some(message) if block.can_be_divided() => {
                let is_long = limits.refuses(message).is_some();
                let choice = if is_long { CHOICE_OF_LONG } else { CHOICE };
                self.question_of_lines(&mut choice.to_owned(), true, is_paste)?
            }
            _ => self.question_of_lines(&mut QUESTION.to_owned(), false, is_paste)?,
        };
        Continue(answer)
    }

    /// Sends a text as one message, or else as several. `shows` says whether to show them: the editor has not
    /// shown the text as a message.
    fn send_text(&mut self, request: Request, shows: bool) {
        let (text, most) = (text_of(&request), self.conversation.known().limits.text);
        if text.contains('\n')
            && let Some(most) = most.filter(|most| text.len() as u64 > *most)
        {
            return self.send_parts(&request, parts(text, most), shows);
        }
        let is_shown_by_answer = self.conversation.me().is_none();
        match self.send_and_wait(request.clone()) {
            sent if sent.asks_for_lines() => self.send_lines(&request, shows),
            Sent::Refused(failure) => {
                self.mistake(&failure.text);
                self.put_back(&request, text_of(&request));
            }
            Sent::Unsent(unsent) => {
                self.mistake(&unsent.to_string());
                self.put_back(&request, text_of(&request));
            }
            sent @ (Sent::Accepted | Sent::Interrupted) if shows => {
                if !is_shown_by_answer {
                    self.show_sent(request);
                }
                if matches!(sent, Sent::Accepted) {
                    say(&self.conversation.style().event("sent as one message"));
                }
            }
            Sent::Accepted | Sent::Interrupted | Sent::Lost => {}
        }
    }

    /// Shows a message that the editor has not shown as one. One that the server may refuse is shown
    /// with its answer.
    pub(super) fn show_sent(&self, message: Request) {
        if !self.conversation.known().may_be_refused(&message) {
            self.conversation.as_sent(message).iter().for_each(|line| say(line));
        }
    }

    /// Sends the lines of a text one by one.
    fn send_lines(&mut self, request: &Request, shows: bool) {
        self.send_parts(request, parts(text_of(request), 0), shows);
    }

    /// Sends the parts of a text one by one. After Ctrl-C or a refusal, Up brings back the rest.
    fn send_parts(&mut self, request: &Request, parts: Vec<String>, shows: bool) {
        let style = self.conversation.style();
        let count = Count::of(&parts);
        self.announce(count);
        let mut shown = Instant::now();
        for (sent, part) in parts.iter().enumerate() {
            let one = with_text(request, part);
            self.conversation.note_part(&one);
            let is_shown_by_answer = self.conversation.me().is_none();
            let result = self.send_and_wait(one.clone());
            if shows && !is_shown_by_answer && matches!(result, Sent::Accepted | Sent::Interrupted)
            {
                self.show_sent(one);
            }
            let why = match result {
                Sent::Accepted => {
                    if shown.elapsed() >= PROGRESS {
                        shown = Instant::now();
                        say(&style.event(&format!("sent {} of {count}", sent + 1)));
                    }
                    continue;
                }
                Sent::Interrupted | Sent::Lost => None,
                result if part.contains('\n') && result.asks_for_lines() => {
                    return self.send_lines(&with_text(request, &rest_of(&parts, sent)), shows);
                }
                Sent::Refused(failure) => Some(failure.text),
                Sent::Unsent(unsent) => Some(unsent.to_string()),
            };
            // The part was sent, perhaps in vain, if only the wait for its answer has ended.
            let sent = if why.is_none() { sent + 1 } else { sent };
            if let Some(why) = why {
                self.mistake(&why);
            }
            self.stop_after(sent, count);
            self.put_back(request, &rest_of(&parts, sent));
            return;
        }
        say(&style.event(&format!("sent all {count}")));
    }

    /// Says that the client sends several inputs, and does not show what the person types.
    pub(super) fn announce(&self, count: Count) {
        let style = self.conversation.style();
        say(&style.event(&format!("sending {count} one by one; Ctrl-C stops")));
        say(&style.event("what you type meanwhile appears in the next line"));
    }

    /// Waits for the answer to one of several lines. Returns whether the person wants to send no further one.
    pub(super) fn stops_between_lines(&self) -> bool {
        let until = Instant::now() + PROMPT;
        while !self.conversation.wait(LOOK) && Instant::now() < until {
            if self.keyboard.take_interrupt() {
                return true;
            }
        }
        self.keyboard.take_interrupt()
    }

    /// Says that the client sends nothing further.
    pub(super) fn stop_after(&self, sent: usize, count: Count) {
        let told = format!("stopped after {sent} of {count}");
        say(&self.conversation.style().event(&told));
    }

    /// Keeps a text that was not sent, such that Up and Enter send it to the same people.
    fn put_back(&mut self, request: &Request, text: &str) {
        let line = match request.arguments.get(TO).and_then(|to| to.as_str()) {
            _ if text.is_empty() => return,
            Some(to) => format!("/msg {to} {text}"),
            None if request.arguments.contains(ACTION) => format!("/me {text}"),
            None => escaped(text),
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
        let is_stopped = self.stops_between_lines();
        let is_lost = self.conversation.known().closed;
        match self.conversation.refusal() {
            Some(failure) => Sent::Refused(failure),
            None if is_lost => Sent::Lost,
            // Its refusal, if it comes later, is shown.
            None if is_stopped => Sent::Interrupted,
            None => Sent::Accepted,
        }
    }
}

/// The same request with another text.
fn with_text(request: &Request, text: &str) -> Request {
    let mut request = request.clone();
    request.arguments.insert(MESSAGE, text);
    request
}

/// How the client will send a text of several lines.
fn plan(block: &Block, limits: ServerLimits) -> String {
    let Some(message) = block.message() else {
        return "to send one by one".to_owned();
    };
    let whom = message.arguments.string(TO).map_or(String::new(), |to| format!(" to {to}"));
    let length = text_of(message).len();
    match limits.text {
        Some(most) if length as u64 > most => {
            let count = Count::of(&parts(text_of(message), most));
            let why = format!("{length} bytes are too long for one, {most} are the most");
            let how =
                if count.has_lines() { "one by one".to_owned() } else { format!("as {count}") };
            format!("to send{whom} {how} ({why})")
        }
        None if block.named_commands().is_empty() => {
            format!("to send{whom} as one message, or one by one if the server refuses that")
        }
        _ => format!("to send{whom} as one message"),
    }
}
