//! Signals: some of them drain the server, and the others do not end it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use harness::{Peer, Server, clients, json, story};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};

use crate::engines::on_each_engine;

const FAREWELL: &str = "The server is shutting down.";

fn receives_the_shutdown_notice(mut peer: Peer) {
    peer.hears(json!({"response": "notice", "message": FAREWELL}));
    peer.is_hung_up_on();
}

story!(sigquit_and_sigxcpu_drain, |server| {
    let mut server = server;
    let alice = server.login("alice");
    server.signal("QUIT");
    receives_the_shutdown_notice(alice);
    assert_eq!(server.exit_code(), 0);

    let mut server = Server::start("events", &[]);
    let alice = server.login("alice");
    server.signal("XCPU");
    receives_the_shutdown_notice(alice);
    assert_eq!(server.exit_code(), 0);
});

/// Starts a server without a terminal.
fn without_terminal(engine: &str, before: &[&str]) -> Server {
    let mut command = Command::new("setsid");
    command.args(["env", "--default-signal=HUP"]).args(before).arg(harness::server().get_program());
    command.args(harness::with_usual(engine, &[]));
    Server::run(command, 1)
}

#[test]
fn a_hangup_does_not_end_a_server_without_a_terminal() {
    on_each_engine(|engine| {
        let mut server = without_terminal(engine, &[]);
        let mut alice = server.login("alice");
        for _ in 0..2 {
            server.signal("HUP");
            server.logs("ignored SIGHUP: the server does not reload its configuration");
        }
        alice.has_heard_everything();
        server.signal("TERM");
        receives_the_shutdown_notice(alice);
        assert_eq!(server.exit_code(), 0);
    });
}

/// Starts a server in a new terminal, with a log. Returns the terminal and a peer that has logged in.
fn in_terminal(engine: &str, before: &[&str]) -> (expectrl::session::OsSession, Peer) {
    let mut command = Command::new("env");
    command.arg("--default-signal=HUP").args(before).arg(harness::server().get_program());
    command.args(harness::with_usual(engine, &[])).args(["--log", "info"]);
    let mut screen = clients::spawn(command);
    clients::until(&mut screen, "listening on ");
    let address = clients::until(&mut screen, " ");
    (screen, alice_at(address.trim()))
}

fn alice_at(address: &str) -> Peer {
    let mut alice = Peer::connect(address.parse().unwrap());
    alice.asks(json!({"request": "login", "username": "alice"}));
    alice.hears(json!({"response": "login", "username": "alice"}));
    alice
}

#[test]
fn a_closed_terminal_drains_the_server_also_after_two_hangups() {
    on_each_engine(|engine| {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let terminal = openpt(flags).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let open = || rustix::fs::open(&*name, flags, Mode::empty());
        let mut command = Command::new("setsid");
        command
            .args(["--ctty", "env", "--default-signal=HUP"])
            .arg(harness::server().get_program());
        command.args(harness::with_usual(engine, &["--log", "off"]));
        command.stdin(open().unwrap()).stdout(open().unwrap()).stderr(open().unwrap());
        let mut server = command.spawn().unwrap();
        drop(command);
        let mut ready = String::new();
        let mut output = BufReader::new(File::from(terminal));
        output.read_line(&mut ready).unwrap();
        let alice = alice_at(ready.split(' ').nth(2).unwrap());
        // The terminal is closed: the system sends the signal, and then a shell would send it again.
        drop(output);
        harness::send_signal(server.id(), "HUP");
        receives_the_shutdown_notice(alice);
        assert_eq!(server.wait().unwrap().code(), Some(0));
    });
}

#[test]
fn a_hangup_that_a_person_sends_does_not_end_a_server_in_a_terminal() {
    on_each_engine(|engine| {
        let (mut screen, mut alice) = in_terminal(engine, &[]);
        let pid = u32::try_from(screen.get_process().pid().as_raw()).unwrap();
        for text in ["one", "two"] {
            harness::send_signal(pid, "HUP");
            clients::until(&mut screen, "ignored SIGHUP");
            alice.says(text);
            alice.hears(json!({"response": "message", "message": text}));
        }
        harness::send_signal(pid, "TERM");
        receives_the_shutdown_notice(alice);
        assert_eq!(clients::exit_code(&mut screen), 0);
    });
}

#[test]
fn a_hangup_that_was_ignored_at_the_start_stays_ignored() {
    on_each_engine(|engine| {
        let nohup = ["sh", "-c", "trap '' HUP && exec \"$0\" \"$@\""];
        let (mut screen, mut alice) = in_terminal(engine, &nohup);
        let pid = u32::try_from(screen.get_process().pid().as_raw()).unwrap();
        harness::send_signal(pid, "HUP");
        alice.has_heard_everything();
        alice.says("still here");
        alice.hears(json!({"response": "message", "message": "still here"}));
        harness::send_signal(pid, "TERM");
        receives_the_shutdown_notice(alice);
        assert_eq!(clients::exit_code(&mut screen), 0);
    });
}

#[test]
fn a_server_with_closed_output_pipes_serves_on() {
    on_each_engine(|engine| {
        let mut command = harness::server();
        command.args(harness::with_usual(engine, &["--log", "trace"]));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        // Both pipes are closed from here on.
        drop(child.stderr.take());
        let address = ready.split(' ').nth(2).unwrap().parse().unwrap();
        let mut alice = Peer::connect(address);
        for _ in 0..10 {
            alice.has_heard_everything();
        }
        harness::send_signal(child.id(), "PIPE");
        alice.has_heard_everything();
        harness::send_signal(child.id(), "TERM");
        receives_the_shutdown_notice(alice);
        assert!(child.wait().unwrap().success());
    });
}

#[test]
fn adding_an_account_on_a_full_disk_is_an_error_and_no_signal() {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "correct horse").unwrap();
    let limit = "ulimit -f 0 && exec \"$0\" \"$@\"";
    let mut command = Command::new("sh");
    command.args(["-c", limit]).arg(harness::server().get_program());
    command.args(["account", "add", "alice", "--password-file"]).arg(password);
    command.arg("--data").arg(folder.path().join("data.db"));
    let output = command.stdin(Stdio::null()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert!(error.contains("data.db: "), "{error}");
}
