//! The thread that reads what is typed, whether that comes from a terminal or a pipe.

use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use rustix::io::ioctl_fionread;
use rustix::termios::{QueueSelector, tcflush};

use crate::bugs::Bug;
use crate::frames::READ_SIZE;
use crate::requests::{self, Input};
use crate::{Client, End};

/// What was typed and is no whole line yet, as far as this program has it: of what is typed at a
/// terminal, that one keeps the line until it is whole.
#[derive(Default)]
pub(crate) struct Keyboard {
    partial: Mutex<Vec<u8>>,
}

impl Keyboard {
    /// Throws the line away that is being typed. Lines that are whole and were not read yet stay.
    pub(crate) fn forget(&self) {
        if io::stdin().is_terminal() {
            if waiting() == 0 {
                flush();
            }
            return;
        }
        // What is in the pipe is being read.
        while waiting() > 0 {
            thread::yield_now();
        }
        self.lock().clear();
    }

    /// The lines that are whole now that this was typed.
    fn lines(&self, read: &[u8], bug: Bug) -> Vec<String> {
        let mut partial = self.lock();
        partial.extend_from_slice(read);
        let mut lines = Vec::new();
        while let Some(end) = partial.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = partial.drain(..=end).collect();
            lines.push(String::from_utf8_lossy(&line).into_owned());
        }
        if bug == Bug::OneLineARead && !lines.is_empty() {
            lines.truncate(1);
            partial.clear();
            // One read of a terminal returns a line at most.
            flush();
        }
        lines
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.partial.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many bytes a read would return now.
fn waiting() -> u64 {
    ioctl_fionread(io::stdin()).unwrap_or(0)
}

/// Empties a terminal's input; a pipe has no such thing.
fn flush() {
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

/// Does what is typed until there is no more; that it is over, unless a bug keeps it.
#[expect(clippy::indexing_slicing, reason = "a read returns at most the length of its buffer")]
pub(crate) fn type_in(client: &Client, stream: &TcpStream) -> Option<End> {
    let bug = client.settings.bug;
    let mut stdin = io::stdin().lock();
    let mut buffer = [0; READ_SIZE];
    let mut tried = false;
    loop {
        let read = match stdin.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // A terminal that is gone is an error.
            Ok(0) | Err(_) => break,
            Ok(length) => &buffer[..length],
        };
        for line in client.keyboard.lines(read, bug) {
            if is_quit(client, stream, &line, &mut tried) {
                return (bug != Bug::LeaveHangs).then_some(End::Left);
            }
        }
    }
    // The last line may lack its newline.
    let rest = std::mem::take(&mut *client.keyboard.lock());
    is_quit(client, stream, &String::from_utf8_lossy(&rest), &mut tried);
    (bug != Bug::IgnoresEndOfInput).then_some(End::Left)
}

/// Sends what a line asks for; whether that is to leave. `tried` is whether a login was sent.
fn is_quit(client: &Client, mut stream: &TcpStream, line: &str, tried: &mut bool) -> bool {
    let Some(input) = requests::read(line, client.settings.bug) else { return false };
    client.screen.entered();
    match &input {
        Input::Quit => return true,
        Input::Login(_) if *tried && client.settings.bug == Bug::BelievesLogin => {
            client.screen.line("-- you are logged in already");
            return false;
        }
        Input::Login(name) => {
            client.rename(name);
            *tried = true;
        }
        Input::Logout => *tried = false,
        Input::Names => client.asked_names.store(true, Relaxed),
        Input::Say(_) => {}
    }
    for request in requests::encode(&input, client.settings) {
        // If that fails, whoever reads from it finds the end.
        let _ = stream.write_all(&request);
    }
    false
}
