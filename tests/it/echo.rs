//! The terminal after a password prompt: it echoes typed characters again, however the program
//! ended.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use assert_cmd::assert::OutputAssertExt;
use expectrl::Expect;
use expectrl::session::OsSession;
use harness::clients::{empty_home, spawn, until};
use harness::{DEADLINE, Server, json, send_signal};
use rustix::fs::{Mode, OFlags};
use rustix::termios::{LocalModes, tcgetattr};

/// A shell script that runs a command without job control, so that the shell does not change the
/// terminal afterwards. It prints the terminal, the process id and the exit code, and then waits for
/// a line.
const SHELL: &str = "trap : INT QUIT; stty echo; tty; sh -c 'echo pid $$; exec \"$0\" \"$@\"' \"$0\" \"$@\"; \
                     echo ended $?; read line";

/// A program in a terminal at its password prompt.
struct Run {
    session: OsSession,
    pid: u32,
    terminal: File,
}

impl Run {
    /// Starts the program and waits until it asks for a password.
    fn start(program: &Command) -> Run {
        let mut shell = Command::new("sh");
        shell.args(["-c", SHELL]).arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let mut session = spawn(shell);
        let seen = until(&mut session, "password for ");
        let mut lines = seen.lines();
        let terminal = lines.next().unwrap();
        let pid = lines.find_map(|line| line.strip_prefix("pid ")).unwrap().parse().unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY;
        let terminal = rustix::fs::open(terminal, flags, Mode::empty()).unwrap().into();
        let run = Run { session, pid, terminal };
        assert!(!run.shows(), "the terminal echoes the password");
        run
    }

    /// Whether the terminal echoes typed characters.
    fn shows(&self) -> bool {
        let shows = LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcgetattr(&self.terminal).unwrap().local_modes.contains(shows)
    }

    /// Waits until the program ends with this exit code. Checks that the terminal echoes again.
    fn ends(&mut self, code: i32) {
        until(&mut self.session, &format!("ended {code}"));
        assert!(self.shows(), "the terminal does not echo typed characters");
    }

    /// Waits until the system says that the process is stopped.
    fn stops(&self) {
        let stat = format!("/proc/{}/stat", self.pid);
        harness::wait_until("the program stops", DEADLINE, || {
            std::fs::read_to_string(&stat).unwrap().contains(") T ")
        });
    }
}

fn add_account(data: &Path) -> Command {
    let mut command = harness::server();
    command.args(["account", "add", "root", "--data"]).arg(data);
    command
}

#[test]
fn a_signal_at_the_prompt_restores_the_terminal_and_adds_no_account() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.db");
    for (signal, code) in [("INT", 130), ("TERM", 143), ("HUP", 129), ("QUIT", 131)] {
        let mut run = Run::start(&add_account(&data));
        run.session.send("half a pass").unwrap();
        send_signal(run.pid, signal);
        run.ends(code);
    }
    // Ctrl-C also sends the signal to the shell.
    let mut run = Run::start(&add_account(&data));
    run.session.send("half a pass\x03").unwrap();
    run.ends(130);
    let mut list = harness::server();
    list.args(["account", "list", "--data"]).arg(&data).assert().success().stdout("");
}

#[test]
fn a_stopped_program_restores_the_terminal_and_asks_again() {
    if !cfg!(target_os = "linux") {
        return harness::skipped("only Linux shows in /proc whether a process is stopped");
    }
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.db");
    let mut run = Run::start(&add_account(&data));
    send_signal(run.pid, "TSTP");
    run.stops();
    assert!(run.shows());
    send_signal(run.pid, "CONT");
    until(&mut run.session, "password for root: ");
    assert!(!run.shows());
    run.session.send_line("correct horse").unwrap();
    until(&mut run.session, "password again: ");
    run.session.send_line("correct horse").unwrap();
    let seen = until(&mut run.session, "created the account root");
    assert!(!seen.contains("correct"), "{seen:?}");
    run.ends(0);
}

#[test]
fn different_passwords_and_ctrl_d_restore_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.db");
    let mut run = Run::start(&add_account(&data));
    run.session.send_line("correct horse").unwrap();
    until(&mut run.session, "password again: ");
    run.session.send_line("another horse").unwrap();
    until(&mut run.session, "the two passwords differ");
    run.ends(1);
    let mut run = Run::start(&add_account(&data));
    run.session.send("\x04").unwrap();
    until(&mut run.session, "cannot ask for the password");
    run.ends(1);
}

#[test]
fn the_client_restores_the_terminal() {
    let server = Server::start("events", &[]);
    let home = empty_home();
    let mut peer = server.connect();
    let register = json!({"request": "register", "username": "alice", "password": "correct horse"});
    peer.asks(register);
    peer.hears(json!({"response": "register"}));
    let mut client = harness::client(home.path());
    client.args([&*server.address().to_string(), "--name", "alice", "--color", "never"]);
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("QUIT", 131)] {
        let mut run = Run::start(&client);
        run.session.send("half a pass").unwrap();
        send_signal(run.pid, signal);
        run.ends(code);
    }
    // In a search through the history, the editor waits for a key.
    for (signal, code) in [("TERM", 143), ("HUP", 129)] {
        let mut run = Run::start(&client);
        run.session.send_line("").unwrap();
        until(&mut run.session, "> ");
        run.session.send_line("/ignored").unwrap();
        until(&mut run.session, "you ignore nobody");
        run.session.send("\x12ign").unwrap();
        until(&mut run.session, "`ign': ");
        send_signal(run.pid, signal);
        run.ends(code);
    }
    client.arg("--no-reconnect");
    let mut run = Run::start(&client);
    drop(server);
    run.ends(1);
}
