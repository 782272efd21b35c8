//! The client program, run by a script or in a terminal.

use std::path::Path;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Captures, Eof, Expect, Needle, Session};
use tempfile::TempDir;

use super::{DEADLINE, client, wait_until};

/// The limit of a wait for a text: the client itself waits up to 30 s for a server.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(60);

/// An empty home folder: no configuration, no history.
pub fn empty_home() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Runs a client without a terminal on this input. Returns its standard output and its exit code.
///
/// # Panics
/// If the client writes to standard error.
pub fn script(home: &Path, arguments: &[&str], input: &str) -> (String, i32) {
    let mut client = assert_cmd::Command::from_std(client(home));
    let output = client.args(arguments).write_stdin(input).timeout(DEADLINE).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

/// Starts a client in a new terminal.
pub fn terminal(home: &Path, arguments: &[&str]) -> OsSession {
    let mut client = client(home);
    client.args(arguments);
    spawn(client)
}

/// Starts a client in a new terminal, and lets it connect without a name.
pub fn nameless(home: &Path, arguments: &[&str]) -> OsSession {
    let mut session = terminal(home, arguments);
    until(&mut session, "name: ");
    session.send_line("").unwrap();
    session
}

/// Starts a command in a new terminal.
pub fn spawn(command: std::process::Command) -> OsSession {
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(DEADLINE));
    session
}

/// Waits until the terminal shows the text. Returns all unread output up to the end of the text.
pub fn until(session: &mut OsSession, text: &str) -> String {
    let found = seen(session, text, &format!("the terminal shows {text:?}"));
    String::from_utf8_lossy(found.before()).into_owned() + text
}

/// Waits until the program in the terminal ends. Returns all unread output.
pub fn until_end(session: &mut OsSession) -> String {
    let found = seen(session, Eof, "the program in the terminal ends");
    String::from_utf8_lossy(found.as_bytes()).into_owned()
}

/// Waits until the unread output has this. Returns the output up to it, and marks it as read.
///
/// The session's own `expect` looks again without a pause, which keeps a processor busy.
pub fn seen(session: &mut OsSession, needle: impl Needle, what: &str) -> Captures {
    let mut found = session.check(&needle).unwrap();
    wait_until(what, LONGEST, || {
        if found.is_empty() {
            found = session.check(&needle).unwrap();
        }
        !found.is_empty()
    });
    found
}

/// Waits until the program in the terminal ends. Returns its exit code.
pub fn exit_code(session: &mut OsSession) -> i32 {
    until_end(session);
    match session.get_process().wait().unwrap() {
        WaitStatus::Exited(_, code) => code,
        other => panic!("the program did not exit: {other:?}"),
    }
}
