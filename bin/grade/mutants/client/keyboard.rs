//! The thread that reads the input, from a terminal or a pipe.

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

/// Input that is not a whole line yet. A terminal keeps an incomplete line itself.
#[derive(Default)]
pub(crate) struct Keyboard {
    partial: Mutex<Vec<u8>>,
}

impl Keyboard {
    /// Discards the line that the user is typing. Whole lines that were not read yet stay.
    pub(crate) fn forget(&self) {
        if io::stdin().is_terminal() {
            if waiting() == 0 {
                flush();
            }
            return;
        }
        // The reading thread takes the bytes in the pipe.
        while waiting() > 0 {
            thread::yield_now();
        }
        self.lock().clear();
    }

    /// The lines that are complete after this read.
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
            // One read from a terminal returns at most one line.
            flush();
        }
        lines
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.partial.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Number of bytes that a read would return now.
fn waiting() -> u64 {
    ioctl_fionread(io::stdin()).unwrap_or(0)
}

/// Discards the input of a terminal. Does nothing for a pipe.
fn flush() {
    let _ = tcflush(io::stdin(), QueueSelector::IFlush);
}

/// Executes the user's lines until the end of the input. Returns an end, unless a bug ignores it.
#[expect(clippy::indexing_slicing, reason = "a read returns at most the length of its buffer")]
pub(crate) fn type_in(client: &Client, stream: &TcpStream) -> Option<End> {
    let bug = client.settings.bug;
    let mut stdin = io::stdin().lock();
    let mut buffer = [0; READ_SIZE];
    let mut tried = false;
    loop {
        let read = match stdin.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            // A read from a terminal that has gone fails.
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

/// Sends the request of a line. Returns `true` for `/quit`. `tried` says whether a login was sent.
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
        // If the write fails, the reading thread finds the end of the stream.
        let _ = stream.write_all(&request);
    }
    false
}
