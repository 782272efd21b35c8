//! What ends the wait for a person at a terminal: the end of the connection, or a signal.
//!
//! The editor has no call that makes it give up waiting, but a signal does that. So when the
//! connection ends, or the process is told to, the thread that knows it raises SIGINT in this
//! process until the main thread has seen why, and left through its destructors: that is what
//! gives the terminal back as it was.

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

/// How often the editor is told to give up waiting, until it has.
const INTERRUPT: Duration = Duration::from_millis(50);
/// A message that changes nothing on the screen, with the newline that follows it: one line up.
const NOTHING: &str = "\x1b[A";

/// Why the editor is made to give up.
pub(crate) enum Ending {
    Closed(String),
    Signal(i32),
}

/// Starts whatever can end the main thread's wait; it looks here for the reason.
///
/// # Errors
/// When the system has no thread or no signal handler for it.
pub(crate) fn start_threads(
    conversation: &Conversation,
    receiver: LinkReceiver,
    printer: impl ExternalPrinter + Send + 'static,
) -> io::Result<Receiver<Ending>> {
    let (ending, endings) = mpsc::sync_channel(2);
    // Outside of the editor a SIGINT must not end the process: it means "look again".
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
        // A thread that only stopped would leave the person talking to nobody.
        let run = AssertUnwindSafe(|| receive(&receiving, receiver, printer));
        let why = catch_unwind(run).unwrap_or_else(|_| receiving.end(CloseReason::Bug));
        end(&ending, Ending::Closed(why));
    })?;
    Ok(endings)
}

/// The life of the `receive` thread: show what the server says, until the connection is over.
fn receive(
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    mut printer: impl ExternalPrinter,
) -> String {
    let mut print = |lines: Vec<String>| {
        // All at once, so that a backlog does not repaint the line being typed fifty times.
        let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
        if !text.is_empty() {
            // It fails only when the main thread is gone, and the process with it.
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
                // The editor shows its messages one by one, and takes the next one when it has
                // shown the one before. So when it takes this, the server's last words are seen.
                print(vec![NOTHING.to_owned()]);
                return conversation.end(reason);
            }
            LinkEvent::Quiet => {}
        }
    }
}

/// Makes the main thread leave, for this reason.
fn end(endings: &SyncSender<Ending>, ending: Ending) {
    if endings.send(ending).is_err() {
        return;
    }
    // The main thread may be just about to wait, so once may be too early. It ends this loop by
    // ending the process.
    loop {
        let _ = signal_hook::low_level::raise(SIGINT);
        thread::park_timeout(INTERRUPT);
    }
}
