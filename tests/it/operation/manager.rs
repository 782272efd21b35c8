//! The service manager: readiness, the watchdog and the end, over a real socket.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use harness::{DEADLINE, Redis, Server, json, send_signal, with_usual};
use tempfile::TempDir;

use super::stopped::Stopped;

/// The interval of the watchdog in these tests.
const WATCHDOG: Duration = Duration::from_millis(600);

/// A service manager: it listens on a socket.
struct Manager {
    socket: UnixDatagram,
    folder: TempDir,
}

impl Manager {
    fn start() -> Manager {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        Manager { socket, folder }
    }

    /// A command that starts a server under this manager.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = harness::server();
        command.args(with_usual("events", arguments));
        command.env("NOTIFY_SOCKET", self.folder.path().join("notify"));
        command.env("WATCHDOG_USEC", WATCHDOG.as_micros().to_string());
        command.env_remove("WATCHDOG_PID");
        command
    }

    /// The next message within this time.
    fn hears_within(&self, timeout: Duration) -> Option<String> {
        self.socket.set_read_timeout(Some(timeout)).unwrap();
        let mut buffer = [0; 256];
        match self.socket.recv(&mut buffer) {
            Ok(length) => Some(String::from_utf8(buffer[..length].to_vec()).unwrap()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        }
    }

    fn hears(&self) -> String {
        self.hears_within(DEADLINE).expect("a message of the server")
    }
}

#[test]
fn a_ready_server_accepts_shows_life_and_says_that_it_ends() {
    let manager = Manager::start();
    let mut server = Server::run(manager.command(&[]), 1);
    assert_eq!(manager.hears(), "READY=1\n");
    let mut alice = server.login("alice");
    for _ in 0..3 {
        assert_eq!(manager.hears(), "WATCHDOG=1\n");
    }
    alice.says("hello");
    alice.hears(json!({"response": "message", "message": "hello"}));
    server.signal("TERM");
    assert_eq!(server.exit_code(), 0);
    let mut last = manager.hears();
    while last == "WATCHDOG=1\n" {
        last = manager.hears();
    }
    assert_eq!(last, "STOPPING=1\n");
    assert_eq!(manager.hears_within(Duration::from_millis(1)), None);
}

#[test]
fn a_server_that_cannot_start_is_never_ready() {
    let manager = Manager::start();
    let file = manager.folder.path().join("data.db");
    std::fs::write(&file, "this is no database, and long enough to be sure about it").unwrap();
    let output = manager.command(&["--data", file.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    assert_eq!(manager.hears_within(Duration::from_millis(1)), None);
}

#[test]
fn a_server_that_waits_for_its_log_is_not_ready_yet() {
    let Some(redis) = Redis::start() else { return };
    let manager = Manager::start();
    send_signal(redis.pid(), "STOP");
    let command = manager.command(&["--shared", &redis.url("story")]);
    let starting = std::thread::spawn(move || Server::run(command, 1));
    assert_eq!(manager.hears_within(WATCHDOG * 2), None);
    send_signal(redis.pid(), "CONT");
    assert_eq!(manager.hears(), "READY=1\n");
    starting.join().unwrap().login("alice");
}

#[test]
fn a_chat_that_hangs_shows_no_life() {
    let manager = Manager::start();
    let server = Server::run(manager.command(&[]), 1);
    assert_eq!(manager.hears(), "READY=1\n");
    assert_eq!(manager.hears(), "WATCHDOG=1\n");
    let Some(stopped) = Stopped::main_thread_of(&server) else { return };
    // One may have been on its way.
    let _ = manager.hears_within(WATCHDOG / 2);
    assert_eq!(manager.hears_within(WATCHDOG * 2), None, "no sign of life");
    server.logs("no sign of life for the watchdog: the chat does not answer");
    drop(stopped);
    assert_eq!(manager.hears(), "WATCHDOG=1\n");
}
