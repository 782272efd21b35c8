//! A small vocabulary for stories: servers that run, peers that talk to them over real sockets,
//! and a deadline on every wait.
//!
//! A peer hears line by line, and every line has to be what the story says comes next: so a story
//! also shows what did not come in between.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]
#![allow(clippy::missing_panics_doc, missing_docs, reason = "everything here fails loudly")]

pub mod clients;
mod disk;
pub mod examples;
mod peer;
mod proc;
mod programs;

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

pub use disk::{ROOTS_PASSWORD, write_private};
pub use peer::Peer;
pub use programs::{program, workspace};
pub use serde_json::{Value, json};

/// How long anything may take before a test gives up on it. Generous, because a test must not
/// fail for a busy machine; nothing waits this long unless something is wrong.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Tells a story once on every engine, and once with everything kept on a disk:
/// `story!(name, |server| { .. })` makes the tests `name::events`, `name::threads` and
/// `name::on_disk`, each with a server of its own.
#[macro_export]
macro_rules! story {
    ($(#[$doc:meta])* $name:ident, |$server:ident| $body:block) => {
        $crate::story!($(#[$doc])* $name, [], |$server| $body);
    };
    ($(#[$doc:meta])* $name:ident, $arguments:expr, |$server:ident| $body:block) => {
        $(#[$doc])*
        mod $name {
            #[allow(unused_imports, reason = "a short story may need nothing of its file")]
            use super::*;

            const ARGUMENTS: &[&str] = &$arguments;

            fn story($server: $crate::Server) {
                $body
            }

            #[test]
            fn events() {
                story($crate::Server::start("events", ARGUMENTS));
            }

            #[test]
            fn threads() {
                story($crate::Server::start("threads", ARGUMENTS));
            }

            #[test]
            fn on_disk() {
                story($crate::Server::start_on_disk(ARGUMENTS));
            }
        }
    };
}

/// A server process on a free port, which ends with the test.
pub struct Server {
    child: Child,
    /// What it says on standard output; ends when it does.
    stdout: Receiver<String>,
    pub addresses: Vec<SocketAddr>,
    log: Receiver<String>,
    /// Where it keeps its data, if that is to end with the test.
    folder: Option<TempDir>,
}

impl Server {
    /// Starts one that listens for `json` on one free port, and wherever the arguments say besides,
    /// and waits until it is ready. Peers may send as fast as they like, and nothing is kept, unless
    /// the arguments say otherwise.
    pub fn start(engine: &str, arguments: &[&str]) -> Server {
        let mut command = server();
        command.args(with_usual(engine, arguments));
        let listeners = 1 + arguments.iter().filter(|argument| **argument == "--listen").count();
        Server::run(command, listeners)
    }

    /// Starts one with these arguments only, and waits until it says where it listens. They have
    /// to say where it keeps its data: else that is where the data of whoever runs the test is.
    pub fn start_with(arguments: &[&str], listeners: usize) -> Server {
        let mut command = server();
        command.args(arguments);
        Server::run(command, listeners)
    }

    /// Starts one as `start` does, that may have no more than so many descriptors.
    pub fn start_with_descriptors(engine: &str, descriptors: u32, arguments: &[&str]) -> Server {
        let limit = format!("ulimit -n {descriptors} && exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &limit]).arg(server().get_program());
        command.args(with_usual(engine, arguments));
        Server::run(command, 1)
    }

    /// Starts one, however it is called, and waits until it says where it listens.
    pub fn run(mut command: Command, listeners: usize) -> Server {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let stdout = lines(child.stdout.take().unwrap());
        let log = lines(child.stderr.take().unwrap());
        let mut addresses = Vec::new();
        for _ in 0..listeners {
            let line = stdout.recv_timeout(DEADLINE).unwrap_or_default();
            let address =
                line.strip_prefix("listening on ").and_then(|rest| rest.split(' ').next());
            let parsed = address.and_then(|address| address.parse().ok());
            addresses.push(parsed.unwrap_or_else(|| {
                panic!("no ready line but {line:?}: {:?}", log.iter().collect::<Vec<String>>())
            }));
        }
        Server { child, stdout, addresses, log, folder: None }
    }

    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Somebody connects.
    pub fn connect(&self) -> Peer {
        Peer::connect(self.address())
    }

    /// Somebody connects whose own receive buffer is soon full, and so is what the system of the
    /// server has for it: for small packets it keeps a hundred kilobytes, and not three megabytes.
    pub fn connect_with_a_small_buffer(&self) -> Peer {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.set_tcp_mss(536).unwrap();
        socket.connect(&self.address().into()).unwrap();
        Peer::over(socket.into())
    }

    /// Somebody connects and logs in.
    pub fn login(&self, name: &str) -> Peer {
        let mut peer = self.connect();
        peer.asks(json!({"request": "login", "username": name}));
        peer.hears(json!({"response": "login", "username": name}));
        peer
    }

    /// Somebody talks to somebody who does not read, until the system takes nothing more in the
    /// sleeper's place, and on until that shows.
    pub fn with_a_sleeper(&self) -> (Peer, Peer) {
        let mut alice = self.login("alice");
        let mut sleeper = self.connect_with_a_small_buffer();
        sleeper.asks(json!({"request": "login", "username": "sleeper"}));
        alice.hears(json!({"response": "join", "username": "sleeper"}));
        if let Some(line) = alice.says_often(&"x".repeat(4096), 600) {
            // Put back for the story, which waits for it.
            alice.puts_back(&line);
        }
        (alice, sleeper)
    }

    /// Newcomers are served again, sooner or later.
    pub fn eventually_lets_in(&self) {
        self.eventually("a newcomer is served", || self.connect().is_served());
    }

    /// Looks again and again, until it is so.
    pub fn eventually(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let until = Instant::now() + DEADLINE;
        while !is_so() {
            assert!(Instant::now() < until, "never: {what}");
            std::thread::yield_now();
        }
    }

    /// Sends the process a signal, by its name: `TERM`, `INT`.
    pub fn signal(&self, name: &str) {
        send_signal(self.pid(), name);
    }

    /// Waits for a line of the log with this in it.
    pub fn logs(&self, text: &str) {
        self.log_until(text);
    }

    /// Waits for a line of the log with this in it; gives all lines up to it.
    pub fn log_until(&self, text: &str) -> Vec<String> {
        let until = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => seen.push(line),
                Err(_) => panic!("the log never says {text:?}, but:\n{}", seen.join("\n")),
            }
            if seen.last().is_some_and(|line| line.contains(text)) {
                return seen;
            }
        }
    }

    /// Waits until the process has ended; gives its exit code, and -1 where a signal ended it.
    pub fn exit_code(&mut self) -> i32 {
        match self.stdout.recv_timeout(DEADLINE) {
            // It ends when the process does.
            Err(RecvTimeoutError::Disconnected) => {}
            Err(RecvTimeoutError::Timeout) => panic!("it does not end"),
            Ok(line) => panic!("only ready lines on standard output, not {line:?}"),
        }
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// These arguments, and what every test wants where they say nothing else.
pub fn with_usual<'a>(engine: &'a str, arguments: &[&'a str]) -> Vec<&'a str> {
    let mut all = vec!["--listen", "json=127.0.0.1:0", "--engine", engine];
    for (flag, usual) in [("--flood", "off"), ("--data", ":memory:")] {
        if !arguments.contains(&flag) {
            all.extend([flag, usual]);
        }
    }
    all.extend(arguments);
    all
}

/// The lines of a stream, as they come.
pub fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = sync_channel(100_000);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = sender.try_send(line);
        }
    });
    lines
}

/// The server binary.
pub fn server() -> Command {
    Command::new(program("server"))
}

/// The client binary, which finds no configuration and no history but in `home`.
pub fn client(home: &std::path::Path) -> Command {
    let mut command = Command::new(program("client"));
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
        command.env(variable, home);
    }
    command.env_remove("NO_COLOR").env("TERM", "xterm-256color").env("TZ", "UTC");
    command
}

/// Sends a process a signal, by its name.
pub fn send_signal(pid: u32, name: &str) {
    let kill = format!("kill -{name} {pid}");
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}
