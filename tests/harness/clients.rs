//! The client, in a script and in a terminal.

use std::path::Path;

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};
use tempfile::TempDir;

use super::{DEADLINE, client};

/// A home in which there is no configuration and no history yet.
pub fn empty_home() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// What a client prints for this input, without a terminal; and its exit code.
pub fn script(home: &Path, arguments: &[&str], input: &str) -> (String, i32) {
    let mut client = assert_cmd::Command::from_std(client(home));
    let output = client.args(arguments).write_stdin(input).timeout(DEADLINE).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    (String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
}

/// A client in a terminal of its own.
pub fn terminal(home: &Path, arguments: &[&str]) -> OsSession {
    let mut client = client(home);
    client.args(arguments);
    spawn(client)
}

/// A command in a terminal of its own.
pub fn spawn(command: std::process::Command) -> OsSession {
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(DEADLINE));
    session
}

/// Waits for this, and gives everything that the screen was told until then.
pub fn until(session: &mut OsSession, text: &str) -> String {
    let found = session.expect(text).unwrap();
    String::from_utf8_lossy(found.before()).into_owned() + text
}

/// Waits until the client has ended.
pub fn exit_code(session: &mut OsSession) -> i32 {
    session.expect(Eof).unwrap();
    match session.get_process().wait().unwrap() {
        WaitStatus::Exited(_, code) => code,
        other => panic!("it did not exit: {other:?}"),
    }
}
