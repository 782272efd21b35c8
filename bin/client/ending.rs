//! Ends the line editor's wait when the connection closes or a signal arrives.
//!
//! The editor has no function that ends its wait for input, but a signal ends it. So the thread
//! that notices the end raises SIGINT in this process. It repeats that until the main thread has
//! taken the reason.

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use parse::{CloseReason, LinkReceiver};
use rustyline::ExternalPrinter;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::connections::{self, Closed, Display};
use crate::conversation::Conversation;
use crate::receiving;
use crate::searching::{NOTHING, Searching};
use crate::server::Server;
use crate::silence::Modes;
use crate::stdio;
use crate::suspending::Suspending;

/// The interval between two attempts to end the editor's wait.
const INTERRUPT: Duration = Duration::from_millis(50);

/// The key that starts the next attempt to connect.
const HURRY: &str = "Enter tries at once";
/// Ends the editor's line.
const AFTER_EDITOR: &str = "\r\n";

/// The reason to end the editor's wait.
pub(crate) enum Ending {
    Closed(String),
    Signal(i32),
    /// The prompt is another one: the connection is lost, it is there again, or an answer came late. The lines say so. The
    /// main thread shows them in place of the old prompt, which the editor has left one row higher.
    Prompt(String),
}

/// Ends the editor's wait. Clones share the queue of reasons.
#[derive(Clone)]
pub(crate) struct Interrupter {
    endings: SyncSender<Ending>,
    untaken: Untaken,
    searching: Searching,
    /// The modes of the terminal for the end during a search.
    modes: Modes,
}

/// The reasons, for the main thread.
pub(crate) struct Endings {
    endings: Receiver<Ending>,
    untaken: Untaken,
}

/// The number of reasons that the main thread has not taken yet. SIGINT is raised under its lock:
/// after the main thread has taken the last reason, no late signal ends a new wait.
type Untaken = Arc<Mutex<usize>>;

fn lock(untaken: &Untaken) -> MutexGuard<'_, usize> {
    untaken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Interrupter {
    /// Starts the thread `signals`, which ends the client on a signal. It also makes the editor begin again when somebody
    /// has stopped the process without Ctrl-Z and continues it: the terminal has the modes of the shell then.
    ///
    /// # Errors
    /// When the system refuses the thread or a signal handler.
    pub(crate) fn start(
        searching: Searching,
        modes: Modes,
        suspending: Suspending,
    ) -> io::Result<(Interrupter, Endings)> {
        let (sender, endings) = mpsc::sync_channel(16);
        let untaken = Untaken::default();
        let untaken_too = Arc::clone(&untaken);
        let interrupter = Interrupter { endings: sender, untaken: untaken_too, searching, modes };
        // SIGINT has a handler already: `Keyboard::open` registers one.
        let mut signals = Signals::new([SIGTERM, SIGHUP, SIGQUIT, SIGCONT])?;
        let told = interrupter.clone();
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let mut stops = 0;
            for signal in signals.forever() {
                if signal != SIGCONT {
                    return told.interrupt(Ending::Signal(signal));
                }
                let own = suspending.count();
                if std::mem::replace(&mut stops, own) == own && !told.searching.defers_prompt() {
                    told.interrupt(Ending::Prompt(String::new()));
                }
            }
        })?;
        Ok((interrupter, Endings { endings, untaken }))
    }

    /// Starts the thread `receive`, which shows the responses of a connection. When the connection is
    /// lost, the thread connects again, if it is allowed to, and shows the responses of the new one. The
    /// thread ends when the client [rests](Conversation::rest).
    ///
    /// # Errors
    /// When the system refuses the thread.
    pub(crate) fn start_receiving(
        self,
        conversation: &Conversation,
        receiver: LinkReceiver,
        printer: impl ExternalPrinter + Send + 'static,
        server: Server,
    ) -> io::Result<()> {
        let conversation = conversation.clone();
        let run = move || {
            let mut screen = Screen { printer, conversation: &conversation, interrupter: &self };
            let Ok(closed) = connections::show_all(&mut screen, &conversation, receiver, &server);
            if let Some(lines) = conversation.rest(&closed.why, closed.is_bug) {
                self.change_prompt(&mut screen.printer, lines.join("\n") + "\n");
                return;
            }
            self.searching.wait_until_off();
            // The first text is what was held; when the printer accepts the second, the first is on the screen.
            for text in [String::new(), format!("{NOTHING}\n")] {
                let _ = screen.printer.print(text);
            }
            self.interrupt(Ending::Closed(closed.why));
        };
        thread::Builder::new().name("receive".to_owned()).spawn(run).map(drop)
    }

    /// Starts the thread `search`, which shows after each search what was held during it.
    ///
    /// # Errors
    /// When the system refuses the thread.
    pub(crate) fn start_searching(
        self,
        mut printer: impl ExternalPrinter + Send + 'static,
    ) -> io::Result<()> {
        let run = move || {
            loop {
                let has_new_prompt = self.searching.wait_for_end();
                let _ = printer.print(String::new());
                if has_new_prompt {
                    self.change_prompt(&mut printer, String::new());
                }
            }
        };
        thread::Builder::new().name("search".to_owned()).spawn(run).map(drop)
    }

    /// Makes the main thread show these lines and another prompt, at the end of the search if one is on. No
    /// other thread prints until it has: it would print between the old line and the new one.
    fn change_prompt(&self, printer: &mut impl ExternalPrinter, lines: String) {
        // The main thread waits until the held texts are shown. The queue of the editor has room for one text, so
        // that the editor has taken the texts before this one when the second call returns.
        let turn = loop {
            let was_on = self.searching.is_on();
            let _ = printer.print(String::new());
            let _ = printer.print(format!("{NOTHING}\n"));
            let turn = self.searching.turn();
            if !was_on || self.searching.is_on() {
                break turn;
            }
            // The search has ended since, and its texts may be in the queue.
        };
        if self.searching.defers_prompt() {
            drop(turn);
            let _ = printer.print(lines);
        } else {
            self.interrupt(Ending::Prompt(lines));
        }
    }

    /// Ends the editor's wait for this reason. Returns when the main thread has taken it. During a search, no
    /// signal ends the wait, so a signal that ends the client ends the process.
    fn interrupt(&self, ending: Ending) {
        let signal = if let Ending::Signal(signal) = ending { Some(signal) } else { None };
        *lock(&self.untaken) += 1;
        if self.endings.send(ending).is_err() {
            return;
        }
        loop {
            let untaken = lock(&self.untaken);
            if *untaken == 0 {
                return;
            }
            // A signal that arrives just before the editor's wait has no effect, so it is repeated. During a search
            // none has, and all of them would arrive at its end.
            match signal {
                Some(signal) if self.searching.is_on() => self.end_process(signal),
                None if self.searching.is_on() => {}
                _ => drop(signal_hook::low_level::raise(SIGINT)),
            }
            drop(untaken);
            thread::park_timeout(INTERRUPT);
        }
    }

    /// Ends the process while the editor has its modes, which the terminal must not keep.
    #[expect(
        clippy::disallowed_methods,
        reason = "the main thread waits in the search, and only a key ends that"
    )]
    fn end_process(&self, signal: i32) -> ! {
        let _ = stdio::print_raw(AFTER_EDITOR);
        self.modes.restore();
        std::process::exit(128 + signal);
    }
}

impl Endings {
    /// Whether there is a reason that was not taken.
    pub(crate) fn has_any(&self) -> bool {
        *lock(&self.untaken) > 0
    }

    /// Takes the next reason, if there is one. `before` runs while the thread that gave the reason
    /// still waits, so no other thread prints at this time.
    pub(crate) fn take(&self, before: impl FnOnce(&Ending)) -> Option<Ending> {
        let mut untaken = lock(&self.untaken);
        let ending = self.endings.try_recv().ok()?;
        before(&ending);
        *untaken = untaken.saturating_sub(1);
        Some(ending)
    }
}

/// The terminal, for the `receive` thread.
struct Screen<'a, P> {
    printer: P,
    conversation: &'a Conversation,
    interrupter: &'a Interrupter,
}

impl<P: ExternalPrinter> Display for Screen<'_, P> {
    type Error = Infallible;

    fn show(&mut self, receiver: LinkReceiver) -> Result<Closed, Infallible> {
        let Screen { printer, conversation, interrupter } = self;
        let printer = Repainting { printer, conversation, interrupter };
        // If the thread panicked silently, the person would not notice the lost connection.
        let run = AssertUnwindSafe(|| receive(conversation, receiver, printer));
        Ok(match catch_unwind(run) {
            Ok(why) => Closed { why, is_bug: false },
            Err(_) => Closed { why: conversation.end(CloseReason::Bug), is_bug: true },
        })
    }

    fn say_lost(&mut self, text: &str) {
        let text = format!("{text} ({HURRY})");
        let line = self.conversation.style().error(&text) + "\n";
        self.conversation.known().countdown.set(1, 1);
        self.interrupter.change_prompt(&mut self.printer, line);
    }

    fn count_down(&mut self, seconds: usize, attempt: usize) {
        self.conversation.known().countdown.set(seconds, attempt);
        let _ = self.printer.print(format!("{NOTHING}\n"));
    }
}

/// A printer that makes the main thread show another prompt when a return is over, or the answer to a login
/// comes late.
struct Repainting<'a, P> {
    printer: &'a mut P,
    conversation: &'a Conversation,
    interrupter: &'a Interrupter,
}

impl<P: ExternalPrinter> ExternalPrinter for Repainting<'_, P> {
    fn print(&mut self, text: String) -> rustyline::Result<()> {
        let Repainting { printer, conversation, interrupter } = self;
        let is_stale = conversation.is_prompt_stale();
        conversation.while_showing(|| match is_stale {
            true => {
                interrupter.change_prompt(*printer, text);
                Ok(())
            }
            false => printer.print(text),
        })
    }
}

/// The main function of the `receive` thread: shows responses with the editor's printer until the
/// connection closes. Returns the text that says why, from [`Conversation::end`].
///
/// All lines of a response, each with a newline at its end, are one text for the printer, so that a
/// backlog of fifty messages repaints the input line once. A response without lines prints nothing.
/// Errors of the printer are ignored: it fails only after the main thread has ended, and then the process
/// ends too.
///
/// The printer accepts a text only after it has shown the text before. So the thread prints [`NOTHING`]
/// and a newline at the end: when the printer accepts that, the last response is on the screen.
fn receive(
    conversation: &Conversation,
    receiver: LinkReceiver,
    mut printer: impl ExternalPrinter,
) -> String {
    let mut print = |lines: &[String]| {
        if !lines.is_empty() {
            let greeting = conversation.take_greeting();
            let lines = greeting.iter().chain(lines).map(String::as_str);
            let _ = printer.print(lines.flat_map(|line| [line, "\n"]).collect());
        }
        Ok::<(), Infallible>(())
    };
    let Ok(reason) = receiving::show(conversation, receiver, &mut print);
    let _ = printer.print(format!("{NOTHING}\n"));
    conversation.end(reason)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::Shutdown;

    use super::*;
    use crate::conversation::testing::connected;

    /// A printer that records its texts. It fails after a number of them.
    struct Paper<'a> {
        texts: &'a mut Vec<String>,
        left: usize,
    }

    impl ExternalPrinter for Paper<'_> {
        fn print(&mut self, text: String) -> rustyline::Result<()> {
            if self.left == 0 {
                return Err(io::Error::from(io::ErrorKind::BrokenPipe).into());
            }
            self.left -= 1;
            self.texts.push(text);
            Ok(())
        }
    }

    /// Receives these lines of a server, which then closes the connection. Returns the texts of a printer
    /// that prints this number of them, the text about the end, and the conversation.
    fn received(lines: &str, left: usize) -> (Vec<String>, String, Conversation) {
        let (mut server, conversation, receiver) = connected(true);
        server.write_all(lines.as_bytes()).unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let mut texts = Vec::new();
        let why = receive(&conversation, receiver, Paper { texts: &mut texts, left });
        (texts, why, conversation)
    }

    const LOGIN: &str = r#"{"response":"login","username":"alice","messages":[{"username":"bob","message":"early"}]}
{"response":"help","help":[],"tag":"own"}
{"response":"message","username":"bob","message":"hi"}
"#;

    #[test]
    fn a_response_is_one_text_and_the_last_text_changes_nothing_on_the_screen() {
        let (texts, ..) = received(LOGIN, 10);
        let backlog = "* earlier messages:\nbob: early\n* you are alice\n";
        assert_eq!(texts, [backlog, "bob: hi\n", "\x1b[A\n"]);
    }

    #[test]
    fn the_line_about_the_connection_precedes_the_first_response() {
        let (mut server, conversation, receiver) = connected(true);
        conversation.known().greeting = Some("* connected".to_owned());
        server.write_all(LOGIN.as_bytes()).unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let mut texts = Vec::new();
        receive(&conversation, receiver, Paper { texts: &mut texts, left: 10 });
        let first = "* connected\n* earlier messages:\nbob: early\n* you are alice\n";
        assert_eq!(texts, [first, "bob: hi\n", "\x1b[A\n"]);
    }

    #[test]
    fn the_end_of_the_connection_is_recorded_and_explained() {
        let (_, why, conversation) = received(LOGIN, 10);
        assert_eq!(why, "the server closed the connection");
        assert!(conversation.known().closed);
    }

    #[test]
    fn a_printer_that_fails_does_not_end_the_thread() {
        let (texts, why, conversation) = received(LOGIN, 1);
        assert_eq!((texts.len(), why.as_str()), (1, "the server closed the connection"));
        assert_eq!(conversation.me().as_deref(), Some("alice"));
    }
}
