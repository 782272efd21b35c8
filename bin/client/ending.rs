//! Ends the line editor's wait when the connection closes or a signal arrives.
//!
//! The editor has no function that ends its wait for input, but a signal ends it. So the thread
//! that notices the end raises SIGINT in this process. It repeats that until the main thread has
//! read the reason and returned: its destructors restore the terminal.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use parse::{CloseReason, LinkEvent, LinkReceiver};
use rustyline::ExternalPrinter;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::conversation::Conversation;

/// The interval between two attempts to end the editor's wait.
const INTERRUPT: Duration = Duration::from_millis(50);
/// A message that, together with the newline after it, changes nothing on the screen: one line up.
const NOTHING: &str = "\x1b[A";

/// The reason to end the editor's wait.
pub(crate) enum Ending {
    Closed(String),
    Signal(i32),
}

/// Starts the threads `signals` and `receive`; the main thread gets the reason to end from the
/// receiver.
///
/// # Errors
/// When the system refuses a thread or a signal handler.
pub(crate) fn start_threads(
    conversation: &Conversation,
    receiver: LinkReceiver,
    printer: impl ExternalPrinter + Send + 'static,
) -> io::Result<Receiver<Ending>> {
    let (ending, endings) = mpsc::sync_channel(2);
    // Outside of the editor a SIGINT must not end the process.
    signal_hook::flag::register(SIGINT, Arc::new(AtomicBool::new(false)))?;
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGQUIT])?;
    let told = ending.clone();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            end(&told, Ending::Signal(signal));
        }
    })?;
    let receiving = conversation.clone();
    thread::Builder::new().name("receive".to_owned()).spawn(move || {
        // If the thread panicked silently, the person would not notice the lost connection.
        let run = AssertUnwindSafe(|| receive(&receiving, receiver, printer));
        let why = catch_unwind(run).unwrap_or_else(|_| receiving.end(CloseReason::Bug));
        end(&ending, Ending::Closed(why));
    })?;
    Ok(endings)
}

/// The main function of the `receive` thread: shows responses until the connection closes.
fn receive(
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    mut printer: impl ExternalPrinter,
) -> String {
    let mut print = |lines: Vec<String>| {
        // In one call, so that a backlog of fifty messages repaints the input line once.
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        if !text.is_empty() {
            // Printing fails only after the main thread has ended; then the process ends too.
            let _ = printer.print(text);
        }
    };
    loop {
        match receiver.recv(None) {
            LinkEvent::Said(response) => {
                print(conversation.receive(&response));
                conversation.answered(&response);
            }
            LinkEvent::Unreadable(error) => print(vec![conversation.unreadable(&error)]),
            LinkEvent::Closed(reason) => {
                // The editor accepts a message only after it has shown the previous one. So when it
                // accepts this one, the last response is on the screen.
                print(vec![NOTHING.to_owned()]);
                return conversation.end(reason);
            }
            LinkEvent::Quiet => {}
        }
    }
}

/// Makes the main thread end the client for this reason.
fn end(endings: &SyncSender<Ending>, ending: Ending) {
    if endings.send(ending).is_err() {
        return;
    }
    // A signal that arrives just before the editor's wait has no effect, so it is repeated. The
    // loop ends with the process.
    loop {
        let _ = signal_hook::low_level::raise(SIGINT);
        thread::park_timeout(INTERRUPT);
    }
}
