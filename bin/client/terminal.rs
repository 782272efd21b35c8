//! The interactive client: a line editor, with messages above the input line.
//!
//! The main thread waits in the editor for input. The `receive` thread shows responses with the
//! editor's printer, which prints above the input line and leaves that line as it is. `ending.rs`
//! ends both threads, and `terminal/secrets.rs` asks for passwords.

mod asking;
mod away;
mod hasty;
mod leaving;
mod lookup;
mod multiline;
mod name;
mod prompt;
mod question;
mod reaching;
mod relogin;
mod replacing;
mod reply;
mod resting;
mod secrets;
mod trust;
mod unsent;

use std::ops::ControlFlow::{self, Break, Continue};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use parse::{LinkReceiver, Request};
use rustyline::{ExternalPrinter, Prompt};

use crate::attention::Attention;
use crate::conversation::Conversation;
use crate::ending::{Ending, Endings, Interrupter};
use crate::exit::{CANNOT_CONNECT, INTERRUPTED, REFUSED, by_signal};
use crate::input::Input;
use crate::interrupts::Effect;
use crate::keyboard::{Keyboard, NoLine};
use crate::parts::Count;
use crate::paste::FREE;
use crate::protocol::{MESSAGE, TO};
use crate::returning::CONNECTED;
use crate::searching::NOTHING;
use crate::server::Server;
use crate::stdio;
use crate::watch::{self, News};
use hasty::Hasty;
use question::Doubt;

/// The interval in which the client looks for Ctrl-C while it waits.
const LOOK: Duration = Duration::from_millis(50);
/// How long the client waits for an answer that decides about the next prompt before it says that it waits. For
/// a server that has not answered before, it is also the longest wait.
const PROMPT: Duration = Duration::from_secs(3);

/// The error after a command with a password, or that asks for one.
const LEFT_OUT: &str = "ignored the pasted lines after the command: they may contain a password";

/// The person at the terminal, with the editor, the conversation and the reasons to end.
struct Person {
    keyboard: Keyboard,
    conversation: Conversation,
    endings: Endings,
    /// To connect again after a logout.
    server: Server,
    interrupter: Interrupter,
    /// What the others are told when the person leaves.
    goodbye: String,
    hasty: Hasty,
}

/// A terminal before the client connects.
pub(crate) struct Terminal {
    keyboard: Keyboard,
    interrupter: Interrupter,
    endings: Endings,
    /// Whether the cursor has been moved to the last row.
    is_down: bool,
}

impl Terminal {
    /// Opens the line editor.
    ///
    /// # Errors
    /// A line that says what the system refused.
    pub(crate) fn open(keyboard: Keyboard) -> Result<Terminal, String> {
        let (searching, suspending) = (keyboard.searching.clone(), keyboard.suspending.clone());
        let (interrupter, endings) =
            Interrupter::start(searching, keyboard.silence.before(), suspending)
                .map_err(|error| format!("cannot start a thread or a signal handler: {error}"))?;
        Ok(Terminal { keyboard, interrupter, endings, is_down: false })
    }

    /// Moves the cursor to the last row of the window, at the first call. `resizing.rs` says why.
    fn go_down(&mut self) {
        if !std::mem::replace(&mut self.is_down, true) {
            stdio::go_down();
        }
    }

    /// The notes about the keys. After this time without one, messages count as unread.
    pub(crate) fn attention(&self, unread_after: Duration) -> Attention {
        self.keyboard.attention.mark_after(unread_after);
        self.keyboard.attention.clone()
    }
}

/// Runs until the person leaves or the connection closes. `login` is the first request.
pub(crate) fn run(
    mut terminal: Terminal,
    server: Server,
    conversation: Conversation,
    receiver: LinkReceiver,
    login: Option<Request>,
) -> ExitCode {
    let style = conversation.style();
    let connected = format!("connected to {}; /help lists the commands", server.target);
    conversation.known().greeting = Some(style.event(&connected));
    terminal.go_down();
    let Terminal { mut keyboard, interrupter, endings, .. } = terminal;
    if let Err(error) = keyboard.remember() {
        say(&style.error(&format!("cannot use the input history: {error}")));
    }
    keyboard.complete_from(conversation.clone());
    let again = server.clone();
    let started = keyboard
        .printer()
        .and_then(|mut printer| {
            let styled = move |news: &News| match news {
                News::Bad(text) => style.error(text),
                News::Good(text) => style.news(text),
                News::Countdown => NOTHING.to_owned(),
            };
            let show = move |news: &News| drop(printer.print(styled(news) + "\n"));
            watch::start(&conversation, show)
        })
        .and_then(|()| keyboard.printer())
        .and_then(|printer| interrupter.clone().start_searching(printer))
        .and_then(|()| keyboard.printer())
        .and_then(|printer| {
            interrupter.clone().start_receiving(&conversation, receiver, printer, again)
        });
    if let Err(error) = started {
        say(&style.error(&format!("cannot start a thread: {error}")));
        return ExitCode::from(REFUSED);
    }
    conversation.await_greeting().iter().for_each(|line| say(line));
    let (goodbye, hasty) = (String::new(), Hasty::default());
    let mut person =
        Person { keyboard, conversation, endings, server, interrupter, goodbye, hasty };
    let begun = match login {
        Some(login) => person.log_in(login),
        None => {
            if !person.conversation.known().beginning.is_foreign() {
                say(&style.event(name::LOGIN_HINT));
            }
            Continue(())
        }
    };
    let code = match begun {
        Continue(()) => person.type_lines(),
        Break(code) => code,
    };
    let leaves = code == ExitCode::SUCCESS && !person.conversation.known().shut_down;
    let code = if leaves { person.leave() } else { code };
    person.conversation.finish();
    code
}

impl Person {
    /// The main loop: reads lines and executes them.
    fn type_lines(&mut self) -> ExitCode {
        let style = self.conversation.style();
        loop {
            if let Break(code) = self.log_in_again() {
                return code;
            }
            self.recall_lost();
            let prompt = self.prompt();
            let begun = Instant::now();
            let read = self.keyboard.message(&prompt, self.hasty.drops_until());
            self.conversation.leave_prompt();
            // First, because the editor reports the end of the connection as Ctrl-C.
            let drawn =
                matches!(read, Err(NoLine::Interrupted { .. })).then(|| prompt.raw().to_owned());
            match self.check_ending(drawn.as_deref()) {
                Continue(false) => {}
                Continue(true) if drawn.is_some() => continue,
                Continue(true) => {}
                Break(code) => return code,
            }
            match read {
                Ok(line) => {
                    if self.is_stopped_in_haste(begun.elapsed(), &line) {
                        continue;
                    }
                    if let Break(code) = self.take_line(prompt.raw(), &line) {
                        return code;
                    }
                    self.wait_in_haste();
                }
                Err(NoLine::End) => return ExitCode::SUCCESS,
                Err(NoLine::Interrupted { was_empty }) => {
                    self.hasty = Hasty::default();
                    match self.keyboard.interrupts.press(was_empty, Instant::now()) {
                        Effect::Cleared => {}
                        Effect::Warn => {
                            say(&style.event("press Ctrl-C again within 2 s, or Ctrl-D, to leave"));
                        }
                        Effect::Leave => return ExitCode::from(INTERRUPTED),
                    }
                }
                Err(NoLine::NotUtf8) => {
                    self.mistake("dropped input that is not UTF-8");
                }
                Err(NoLine::Failed(error)) => {
                    say(&style.error(&format!("cannot read the terminal: {error}")));
                    return ExitCode::from(REFUSED);
                }
            }
        }
    }

    /// Executes a finished line, which stands behind the prompt `drawn`. If it ended because of a long
    /// paste, it is the text of that.
    fn take_line(&mut self, drawn: &str, line: &str) -> ControlFlow<ExitCode> {
        let paste = self.keyboard.take_long_paste();
        let is_paste = paste.is_some();
        let text = paste.unwrap_or_else(|| self.keyboard.text_of(line).into_owned());
        if self.takes_away(drawn, line, &text) {
            return Continue(());
        }
        let Some(text) = self.executable(text) else { return Continue(()) };
        if let Some(why) = self.conversation.open_question()
            && self.conversation.is_for_room(&text)
        {
            self.keep_unsent_because(&why, &text);
            return Continue(());
        }
        self.type_text(&text, is_paste)
    }

    /// Breaks if the connection is closed for good, or a signal ends the process. Continues with
    /// `true` if the prompt has changed; then the line with the prompt `drawn` is resumed.
    fn check_ending(&mut self, drawn: Option<&str>) -> ControlFlow<ExitCode, bool> {
        let keyboard = &mut self.keyboard;
        let resume = |ending: &Ending| match (ending, drawn) {
            (Ending::Prompt(lines), drawn) => {
                drawn.into_iter().for_each(|prompt| keyboard.resume(prompt));
                let _ = stdio::print_raw(lines);
            }
            (Ending::Closed(_), Some(prompt)) => keyboard.erase_empty(prompt),
            _ => {}
        };
        match self.endings.take(resume) {
            Some(Ending::Prompt(_)) => {
                self.conversation.known().has_returned = false;
                Continue(true)
            }
            Some(Ending::Closed(why)) => {
                let style = self.conversation.style();
                let known = self.conversation.known();
                let (shut_down, foreign) = (known.shut_down, known.beginning.is_foreign());
                drop(known);
                if shut_down {
                    say(&style.event(&why));
                    return Break(ExitCode::SUCCESS);
                }
                say(&style.error(&why));
                Break(ExitCode::from(if foreign { CANNOT_CONNECT } else { REFUSED }))
            }
            Some(Ending::Signal(signal)) => Break(by_signal(signal)),
            None => Continue(false),
        }
    }

    /// Executes the input; breaks when it says to leave. Pasted input can have many lines. If one
    /// of them makes the client ask for a password, the lines after it may contain that password:
    /// they are neither sent nor remembered.
    fn type_line(&mut self, text: &str) -> ControlFlow<ExitCode> {
        let mut lines: Vec<&str> = text.lines().collect();
        let asking = lines.iter().position(|line| match self.conversation.parse_part(line) {
            Input::Ask(request) => !self.secrets(&request).is_empty(),
            _ => false,
        });
        let left_out = asking.map_or(Vec::new(), |at| lines.split_off(at + 1));
        let is_single = lines.len() == 1;
        self.remember(&lines);
        // Otherwise the person would not see what a paste or an answer to a question has sent.
        let shows = !self.keyboard.has_shown_message();
        let mut has_whispered = false;
        if lines.len() > FREE {
            self.announce(Count::of_lines(lines.len()));
        }
        if !self.hasty.is_on() {
            self.keyboard.take_interrupt();
        }
        for (index, line) in lines.iter().enumerate() {
            #[expect(clippy::indexing_slicing, reason = "the index is that of a line")]
            let rest = || lines[index..].join("\n");
            let parsed = match is_single {
                true => self.conversation.parse_input(line),
                false => self.conversation.parse_part(line),
            };
            self.expect_secret(&parsed, line);
            match parsed {
                Input::Nothing => {}
                // The rest of a paste is no reason to leave.
                Input::Quit(_) if index + 1 < lines.len() => {
                    self.mistake(leaving::LINES_FOLLOW);
                    self.keep_unsent(&rest());
                    return Continue(());
                }
                Input::Quit(reason) => {
                    self.goodbye = reason;
                    return Break(ExitCode::SUCCESS);
                }
                Input::Reconnect => {
                    let answer = self.conversation.hurry().unwrap_or(CONNECTED);
                    say(&self.conversation.style().event(answer));
                }
                Input::Search(text) => self.search(&text),
                Input::Reply(text) => self.reply(&text),
                Input::Help => say_all(&self.conversation.help(stdio::width(), stdio::height())),
                Input::Explain(command) => {
                    say_all(&self.conversation.explain(&command, stdio::width()));
                }
                Input::SwitchRoom(room) => say(&self.conversation.switch_room(&room)),
                Input::Ignoring(what) => say(&self.conversation.ignore(&what)),
                Input::Mistake(why) | Input::Unknown(why) if index + 1 < lines.len() => {
                    self.mistake(&why);
                    // The lines after a wrong command may be meant for one person only.
                    self.keep_unsent(&rest());
                    return Continue(());
                }
                Input::Mistake(why) | Input::Unknown(why) | Input::Exposed(why) => {
                    self.mistake(&why);
                }
                Input::Ask(request) | Input::Suspicious(request)
                    if let Some(why) = self.conversation.broken_rule(&request) =>
                {
                    self.mistake(&why);
                    if request.name == MESSAGE || lines.len() > 1 {
                        self.keep_unsent(&rest());
                    }
                    return Continue(());
                }
                Input::Suspicious(request) if !self.confirm(&request, &rest(), None)? => {
                    return Continue(());
                }
                Input::Ask(request) if !self.confirm_end(&request, line)? => return Continue(()),
                // The second line of a pasted whisper looks like a message to everyone.
                Input::Ask(request)
                    if has_whispered
                        && !self.confirm(&request, &rest(), Some(Doubt::AfterWhisper))? =>
                {
                    return Continue(());
                }
                Input::Ask(request) | Input::Suspicious(request) => {
                    if shows && request.name == MESSAGE {
                        self.show_sent(request.clone());
                    }
                    has_whispered |= request.arguments.contains(TO);
                    if !is_single {
                        self.conversation.note_part(&request);
                    }
                    self.ask(request)?;
                    let sent = index + 1;
                    if sent < lines.len() && self.stops_between_lines() {
                        self.stop_after(sent, Count::of_lines(lines.len()));
                        self.keep_unsent(&lines.split_off(sent).join("\n"));
                        return Continue(());
                    }
                }
            }
        }
        if left_out.iter().any(|line| !line.trim().is_empty()) {
            self.mistake(LEFT_OUT);
        }
        Continue(())
    }

    fn mistake(&self, why: &str) {
        say(&self.conversation.mistake(why));
    }
}

fn say_all(lines: &[String]) {
    let _ = stdio::print(lines);
}

fn say(line: &str) {
    let _ = stdio::print(&[line]);
}
