//! The client as a job of a shell, which Ctrl-Z stops and `fg` continues.

use std::fs;
use std::process::Command;

use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::{empty_home, spawn, until};
use harness::{Peer, Server, client, json};
use tempfile::TempDir;

use crate::pasting::{QUESTION, lines, paste};
use crate::terminal::{alice_at_a_terminal, leaves_quietly};

const CTRL_Z: &str = "\x1a";
const SHELL: &str = "shell$ ";
/// The terminal marks pastes from here on, and does not.
const MARKS_PASTES: &str = "\x1b[?2004h";
const MARKS_NO_PASTE: &str = "\x1b[?2004l";

/// A shell in a terminal, in which alice's client runs, and bob.
struct Shell {
    _home: TempDir,
    bob: Peer,
    session: OsSession,
}

impl Shell {
    fn start(server: &Server) -> Shell {
        let home = empty_home();
        let mut bob = server.login("bob");
        let client = client(home.path());
        let mut shell = Command::new("bash");
        shell.args(["--norc", "--noprofile", "--noediting", "-i"]).env("PS1", SHELL);
        takes_environment(&mut shell, &client);
        let mut session = spawn(shell);
        until(&mut session, SHELL);
        // The terminals of tests begin without it.
        session.send_line("stty echo").unwrap();
        until(&mut session, SHELL);
        let program = client.get_program().to_str().unwrap();
        let address = server.address();
        session.send_line(format!("'{program}' {address} --name alice --color never")).unwrap();
        until(&mut session, "alice> ");
        bob.hears(json!({"response": "join", "username": "alice"}));
        Shell { _home: home, bob, session }
    }

    /// Stops the client, and waits for the shell.
    fn stop(&mut self) {
        self.session.send(CTRL_Z).unwrap();
        until(&mut self.session, MARKS_NO_PASTE);
        until(&mut self.session, "Stopped");
        until(&mut self.session, SHELL);
    }

    /// Continues the client.
    fn resume(&mut self) {
        self.session.send_line("fg").unwrap();
        until(&mut self.session, "--name alice --color never\r\n");
        until(&mut self.session, MARKS_PASTES);
    }
}

/// The first command will have the variables of the second one.
fn takes_environment(command: &mut Command, other: &Command) {
    for (name, value) in other.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
}

/// Whether the output moves the cursor up.
fn climbs(output: &str) -> bool {
    output
        .split("\x1b[")
        .skip(1)
        .any(|rest| rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).starts_with('A'))
}

#[test]
fn a_line_of_several_rows_is_drawn_again_below_what_the_shell_has_printed() {
    let server = Server::start("events", &[]);
    let mut shell = Shell::start(&server);
    for end in ["!", "?"] {
        // Ctrl-B moves the cursor to the left.
        shell.session.send("one\x1b\rtwo\x1b\rthreee\x02").unwrap();
        until(&mut shell.session, "threee");
        shell.stop();
        shell.session.send_line("seq 501 503").unwrap();
        until(&mut shell.session, &format!("501\r\n502\r\n503\r\n{SHELL}"));
        shell.resume();
        let drawn = until(&mut shell.session, "alice> one\r\ntwo\r\nthreee");
        assert!(!climbs(&drawn), "{drawn:?}");
        // The cursor is where it was.
        shell.session.send(format!("\x7f\x05{end}\r")).unwrap();
        let message = format!("one\ntwo\nthree{end}");
        shell.bob.hears(json!({"response": "message", "message": message}));
        until(&mut shell.session, "alice> ");
    }
    shell.session.send("\x04").unwrap();
    shell.bob.hears(json!({"response": "leave", "username": "alice"}));
    until(&mut shell.session, MARKS_NO_PASTE);
    until(&mut shell.session, SHELL);
}

#[test]
fn a_hidden_line_stays_hidden_and_keys_behind_ctrl_z_are_kept() {
    let server = Server::start("events", &[]);
    let mut shell = Shell::start(&server);
    shell.session.send_line("/register alice").unwrap();
    until(&mut shell.session, "password for alice: ");
    shell.session.send("correct ").unwrap();
    shell.stop();
    shell.resume();
    until(&mut shell.session, "password for alice: ");
    shell.session.send("horse\r").unwrap();
    until(&mut shell.session, "again: ");
    shell.session.send("correct horse\r").unwrap();
    let shown = until(&mut shell.session, "* alice has a password now");
    assert!(!shown.contains("correct"), "{shown}");
    until(&mut shell.session, "alice> ");
    shell.session.send(format!("{CTRL_Z}kept")).unwrap();
    until(&mut shell.session, SHELL);
    shell.resume();
    shell.session.send(" text\r").unwrap();
    shell.bob.hears(json!({"response": "message", "message": "kept text"}));
    until(&mut shell.session, "alice> ");
    shell.session.send("\x04").unwrap();
    shell.bob.hears(json!({"response": "leave", "username": "alice"}));
}

#[test]
fn a_client_that_another_program_stops_is_drawn_again_too() {
    let server = Server::start("events", &[]);
    let mut shell = Shell::start(&server);
    shell.session.send("half").unwrap();
    until(&mut shell.session, "half");
    let bash = shell.session.get_process().pid();
    let children = fs::read_to_string(format!("/proc/{bash}/task/{bash}/children")).unwrap();
    harness::send_signal(children.trim().parse().unwrap(), "STOP");
    until(&mut shell.session, "Stopped");
    until(&mut shell.session, SHELL);
    // The shell has modes of its own, and the client takes its own again.
    shell.resume();
    until(&mut shell.session, "alice> half");
    shell.session.send(" a line\r").unwrap();
    shell.bob.hears(json!({"response": "message", "message": "half a line"}));
    until(&mut shell.session, "alice> ");
    shell.session.send("\x04").unwrap();
    shell.bob.hears(json!({"response": "leave", "username": "alice"}));
}

#[test]
fn without_a_shell_ctrl_z_changes_nothing() {
    let (_server, mut bob, _home, mut alice) = alice_at_a_terminal();
    cannot_stop(&mut alice, &mut bob);
}

#[test]
fn in_a_container_ctrl_z_changes_nothing_without_a_shell() {
    let Some(mut command) = harness::namespace() else { return };
    let server = Server::start("events", &[]);
    let mut bob = server.login("bob");
    let home = empty_home();
    let client = client(home.path());
    // The program that makes the terminal is in the namespace, and its session is not.
    let program = client.get_program().to_str().unwrap();
    let line = format!("'{program}' {} --name alice --color never", server.address());
    command.args(["script", "--quiet", "--return", "--command", &line, "/dev/null"]);
    takes_environment(&mut command, &client);
    let mut alice = spawn(command);
    until(&mut alice, "alice> ");
    bob.hears(json!({"response": "join", "username": "alice"}));
    cannot_stop(&mut alice, &mut bob);
}

/// Alice presses Ctrl-Z in the middle of a line.
fn cannot_stop(alice: &mut OsSession, bob: &mut Peer) {
    alice.send("before").unwrap();
    until(alice, "before");
    alice.send(format!("{CTRL_Z} after\r")).unwrap();
    bob.hears(json!({"response": "message", "message": "before after"}));
    assert!(!until(alice, "alice: before after").contains("before\r\n"));
    until(alice, "alice> ");
    leaves_quietly(alice, bob);
}

#[test]
fn keys_stay_unseen_while_lines_are_sent_after_a_stop() {
    // The server slows a client down to 20 requests a second.
    let server = Server::start("events", &["--flood", "5,20,3600", "--text-limit", "100"]);
    let mut shell = Shell::start(&server);
    shell.session.send(paste(&lines(400).join("\r"))).unwrap();
    until(&mut shell.session, QUESTION);
    shell.session.send_line("y").unwrap();
    until(&mut shell.session, " of 400 lines");
    shell.stop();
    // The shell has its own modes: what is typed there is shown.
    shell.session.send_line("echo so").unwrap();
    until(&mut shell.session, "echo so\r\nso\r\n");
    until(&mut shell.session, SHELL);
    shell.resume();
    until(&mut shell.session, " of 400 lines");
    shell.session.send("unseen\x03").unwrap();
    let shown = until(&mut shell.session, "* stopped after ");
    assert!(!shown.contains("unseen") && !shown.contains("^C"), "{shown}");
    until(&mut shell.session, "alice> ");
    until(&mut shell.session, "unseen");
    shell.session.send("\x15\x04").unwrap();
    until(&mut shell.session, SHELL);
}
