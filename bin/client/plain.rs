//! Plain lines in, plain lines out: for scripts, tests and pipes.
//!
//! It ends when the input has ended and the last answers have come. Each line waits for the answer
//! to the one before, so a file of ten thousand lines arrives whole, at the pace of a server that
//! slows down whoever sends faster.

use std::io::{self, ErrorKind};
use std::ops::ControlFlow::{self, Break, Continue};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use parse::{CloseReason, LinkEvent, LinkReceiver, Request};

use crate::conversation::Conversation;
use crate::exit::REFUSED;
use crate::input::Input;
use crate::stdio::{self, print};

/// How long a line waits for the answer to the one before, and the end of the input for the last
/// one. A server that echoes no tags is still talked to, slowly.
const PATIENCE: Duration = Duration::from_secs(10);

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Why a text is not said.
const DOUBT: &str = "this looks like a mistyped command and was not sent; /say TEXT sends it";

/// Runs until the input, the output or the connection ends.
pub(crate) fn run(
    conversation: Conversation,
    mut receiver: LinkReceiver,
    login: Option<Request>,
) -> ExitCode {
    let (ending, ended) = mpsc::sync_channel(1);
    let typing = conversation.clone();
    // It may wait in a read for ever; the process does not wait for it.
    let started = thread::Builder::new().name("type".to_owned()).spawn(move || {
        // A thread that only stopped would leave the client waiting for the server for ever.
        let result = catch_unwind(AssertUnwindSafe(|| type_lines(&typing, login)));
        let bug = |_| Err("a bug ended the thread that reads the input".to_owned());
        let _ = ending.send(result.unwrap_or_else(bug));
        typing.finish();
    });
    if let Err(error) = started {
        return fail(&format!("cannot start a thread: {error}"));
    }

    let reason = loop {
        let shown = match receiver.recv(None) {
            LinkEvent::Said(response) => {
                let shown = print(&conversation.receive(&response));
                conversation.answered(&response);
                shown
            }
            LinkEvent::Unreadable(error) => print(&[conversation.unreadable(&error)]),
            LinkEvent::Closed(reason) => break reason,
            LinkEvent::Quiet => Ok(()),
        };
        match shown {
            // Whoever read our output has had enough, as `head` has.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Err(error) => return fail(&format!("cannot write the output: {error}")),
            Ok(()) => {}
        }
    };
    let why = conversation.end(reason);
    let known = conversation.known();
    match ended.try_recv() {
        Ok(Err(unanswered)) => fail(&unanswered),
        // The server ended it, not we.
        Err(_) if !known.shut_down => fail(&why),
        Ok(Ok(())) if !known.shut_down && reason != CloseReason::Finished => fail(&why),
        _ if known.refused => ExitCode::from(REFUSED),
        _ => ExitCode::SUCCESS,
    }
}

fn fail(why: &str) -> ExitCode {
    stdio::print_error(&format!("client: {why}"));
    ExitCode::from(REFUSED)
}

/// Types everything that comes in, until the input or the conversation ends.
///
/// # Errors
/// When the server left something unanswered, with what to say of it.
fn type_lines(conversation: &Conversation, login: Option<Request>) -> Result<(), String> {
    let patience = PATIENCE.as_secs();
    let silent = || format!("the server did not answer within {patience} s");
    // The server's own commands are known from here on, if it tells them.
    conversation.wait(PATIENCE);
    if let Some(login) = login {
        let asked = conversation.ask(login);
        if asked.is_err() || !conversation.wait(PATIENCE) {
            return Err(silent());
        }
        if conversation.me().is_none() {
            return Ok(());
        }
    }
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        match stdio::read_line(&mut input, &mut line) {
            Ok(()) if line.is_empty() => break,
            Ok(()) => {}
            Err(error) => {
                let _ = print(&[conversation.mistake(&format!("cannot read the input: {error}"))]);
                break;
            }
        }
        conversation.wait(PATIENCE);
        if conversation.known().closed || type_line(conversation, &line, number).is_break() {
            break;
        }
    }
    if conversation.wait(PATIENCE) { Ok(()) } else { Err(silent()) }
}

/// Does what one line says; breaks off when it says that it is the last.
fn type_line(conversation: &Conversation, line: &[u8], number: u64) -> ControlFlow<()> {
    // What this side says by itself comes after the answers to the lines before.
    let say = |lines: &[String]| {
        conversation.wait(PATIENCE);
        print(lines)
    };
    let mistake = |why: &str| say(&[conversation.mistake(why)]);
    // A byte-order mark belongs to a file and not to its first line.
    let line = if number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
    let input = match std::str::from_utf8(line) {
        Ok(line) => conversation.parse_input(line),
        Err(_) => Input::Mistake(format!("line {number} of the input is not UTF-8")),
    };
    let printed = match input {
        Input::Nothing => Ok(()),
        Input::Quit => return Break(()),
        Input::Help => say(&conversation.help()),
        Input::SwitchRoom(room) => say(&[conversation.switch_room(&room)]),
        Input::Mistake(why) | Input::Exposed(why) => mistake(&why),
        // There is nobody to be asked.
        Input::Suspicious(_) => mistake(DOUBT),
        Input::Ask(request) => match conversation.ask(request) {
            Ok(()) => Ok(()),
            Err(unsent) => mistake(&unsent.to_string()),
        },
    };
    if printed.is_ok() { Continue(()) } else { Break(()) }
}
