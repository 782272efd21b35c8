//! Plain lines in, plain lines out: for scripts, tests and pipes.
//!
//! It ends when the input has ended and the last answers have come. Each line waits for room in a
//! small window of unanswered requests, so that a file of ten thousand lines arrives whole, at
//! the pace of the server.

use std::io::{self, BufRead, Write};
use std::ops::ControlFlow::{self, Break, Continue};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use parse::{LinkEvent, LinkReceiver};

use crate::REFUSED;
use crate::conversation::Conversation;
use crate::typed::Typed;

/// How many requests may be unanswered before the next line has to wait.
const WINDOW: usize = 16;
/// How long a line waits for room, and the end of the input for the last answers. A server that
/// echoes no tags is still talked to, slowly.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs until the input, the output or the connection ends.
pub(crate) fn run(
    conversation: Conversation,
    mut receiver: LinkReceiver,
    name: Option<String>,
) -> ExitCode {
    let finished = Arc::new(AtomicBool::new(false));
    let (typing, typed) = (conversation.clone(), Arc::clone(&finished));
    // It may wait in a read for ever; the process does not wait for it.
    thread::spawn(move || {
        type_lines(&typing, name.as_deref());
        typing.wait(0, PATIENCE);
        typed.store(true, Ordering::Release);
        typing.finish();
    });

    let reason = loop {
        let shown = match receiver.recv(None) {
            LinkEvent::Said(response) => {
                let shown = print(&conversation.hear(&response));
                conversation.answered(&response);
                shown
            }
            LinkEvent::Unreadable(error) => print(&[conversation.unreadable(&error)]),
            LinkEvent::Closed(reason) => break reason,
            LinkEvent::Quiet => Ok(()),
        };
        if shown.is_err() {
            // Whoever read our output has had enough, as `head` has.
            return ExitCode::SUCCESS;
        }
    };
    let why = conversation.end(reason);
    if !finished.load(Ordering::Acquire) {
        let _ = writeln!(io::stderr(), "client: {why}");
        return ExitCode::from(REFUSED);
    }
    if conversation.known().refused { ExitCode::from(REFUSED) } else { ExitCode::SUCCESS }
}

/// Types everything that comes in, until the input or the conversation ends.
fn type_lines(conversation: &Conversation, name: Option<&str>) {
    // The server's own commands are known from here on.
    conversation.wait(0, PATIENCE);
    if let Some(name) = name {
        let asked = conversation.login(name);
        conversation.wait(0, PATIENCE);
        if asked.is_err() || conversation.me().is_none() {
            return;
        }
    }
    let mut input = io::stdin().lock();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        match input.read_until(b'\n', &mut line) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                let _ = print(&[conversation.mistake(&format!("cannot read the input: {error}"))]);
                return;
            }
        }
        conversation.wait(WINDOW - 1, PATIENCE);
        if conversation.known().closed || type_line(conversation, &line, number).is_break() {
            return;
        }
    }
}

/// Does what one line says; breaks off when it says that it is the last.
fn type_line(conversation: &Conversation, line: &[u8], number: u64) -> ControlFlow<()> {
    // What this side says by itself comes after the answers to the lines before.
    let say = |lines: &[String]| {
        conversation.wait(0, PATIENCE);
        print(lines)
    };
    let mistake = |why: &str| say(&[conversation.mistake(why)]);
    let typed = match std::str::from_utf8(line) {
        Ok(line) => conversation.read(line),
        Err(_) => Typed::Mistake(format!("line {number} of the input is not UTF-8")),
    };
    let printed = match typed {
        Typed::Nothing => Ok(()),
        Typed::Quit => return Break(()),
        Typed::Help => say(&conversation.help()),
        Typed::Mistake(why) => mistake(&why),
        Typed::Ask(request) => match conversation.ask(request) {
            Ok(()) => Ok(()),
            Err(unsent) => mistake(&unsent.to_string()),
        },
    };
    if printed.is_ok() { Continue(()) } else { Break(()) }
}

fn print(lines: &[String]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
    out.flush()
}
