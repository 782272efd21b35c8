//! The vocabulary of end-to-end tests: real servers, real peers, and a deadline on every wait.
//!
//! A test starts a [`Server`] process on a free port and connects [`Peer`]s to it over sockets. A
//! peer reads one line at a time, and each line must be the one that the test expects next. So a
//! test also proves that no other line arrived in between. The [`story!`] macro runs a test once on
//! every engine, once with a data file and once with a log on Redis.
//!
//! ```
//! use harness::{json, story};
//!
//! story!(bob_receives_what_alice_says, |server| {
//!     let mut alice = server.login("alice");
//!     let mut bob = server.login("bob");
//!     alice.hears(json!({"response": "join", "username": "bob"}));
//!     alice.says("hello");
//!     for peer in [&mut alice, &mut bob] {
//!         peer.hears(json!({"response": "message", "username": "alice", "message": "hello"}));
//!         peer.has_heard_everything();
//!     }
//! });
//! # fn main() {}
//! ```
//!
//! A story may pass arguments to the server, and a plain `#[test]` may start several servers:
//!
//! ```no_run
//! use harness::{Peer, Server, json};
//!
//! let mut server = Server::start("threads", &["--backlog", "2"]);
//! let mut alice = Peer::connect(server.address());
//! alice.sends(b"{\"request\":\"version\"}\n");
//! alice.hears(json!({"response": "version"}));
//! server.signal("TERM");
//! alice.hears(json!({"response": "notice"}));
//! alice.is_hung_up_on();
//! assert_eq!(server.exit_code(), 0);
//! ```
//!
//! `handout/teachers/tests.md` explains how to write such a test.
//!
//! The verbs read as in a story: a peer `asks` (sends a request), `says` (sends a message), `sends`
//! (sends raw bytes) and `hears` (receives a response). Every function panics when the expected
//! thing does not happen within [`DEADLINE`].
//!
//! The crate depends on no layer: it sees a server only from outside.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails loudly"
)]

pub mod clients;
mod disk;
pub mod examples;
pub mod overlay;
mod peer;
mod proc;
mod programs;
mod proxy;
mod python;
mod redis;
mod stories;
pub mod tls;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

pub use disk::{ROOTS_PASSWORD, write_private};
pub use peer::Peer;
pub use programs::{program, workspace};
pub use proxy::{Fault, Proxy};
pub use python::{path_with, python};
pub use redis::{LEASE, Redis};
pub use serde_json::{Value, json};

/// The limit of every wait. It is generous, so that a busy machine does not make a test fail. A wait
/// takes this long only when something is wrong.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Waits until the condition holds, and looks every two milliseconds: for a state of the system that
/// no event announces. `what` describes it in the panic message.
///
/// # Panics
/// If the condition does not hold within `deadline`.
pub fn wait_until(what: &str, deadline: Duration, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + deadline;
    // Nothing is ever sent: the receiver serves as a timer.
    let (_keep, timer) = sync_channel::<()>(0);
    while !holds() {
        assert!(Instant::now() < until, "timed out waiting until {what}");
        let _ = timer.recv_timeout(Duration::from_millis(2));
    }
}

/// The engines on which [`story!`] runs a test.
pub const ENGINES: &[&str] = for_each_engine!(engine_names);

/// A server process. Dropping it kills the process.
pub struct Server {
    child: Child,
    /// The lines of its standard output. The channel closes when the process ends.
    stdout: Receiver<String>,
    /// The address of each listener, in the order of the `--listen` arguments.
    pub addresses: Vec<SocketAddr>,
    /// The lines of its standard error.
    log: Receiver<String>,
    /// The folder of its data file, if the server deletes the folder when it is dropped.
    folder: Option<TempDir>,
    /// Its Redis, if no other server shares that.
    redis: Option<Redis>,
}

impl Server {
    /// Starts a server on this engine and waits until it is ready.
    ///
    /// It listens for `json` on a free port, and on every `--listen` of the arguments after that.
    /// It has no limit on floods and keeps its data in memory, unless the arguments set `--flood` or
    /// `--data`.
    pub fn start(engine: &str, arguments: &[&str]) -> Server {
        let mut command = server();
        command.args(with_usual(engine, arguments));
        let listeners = 1 + arguments.iter().filter(|argument| **argument == "--listen").count();
        Server::run(command, listeners)
    }

    /// Starts a server with exactly these arguments and waits for `listeners` ready lines.
    ///
    /// The arguments must contain `--data`. Otherwise the server uses the data file of the person who
    /// runs the test.
    pub fn start_with(arguments: &[&str], listeners: usize) -> Server {
        let mut command = server();
        command.args(arguments);
        Server::run(command, listeners)
    }

    /// Starts a server as [`Server::start`] does, with a limit on open file descriptors.
    pub fn start_with_descriptors(engine: &str, descriptors: u32, arguments: &[&str]) -> Server {
        let limit = format!("ulimit -n {descriptors} && exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &limit]).arg(server().get_program());
        command.args(with_usual(engine, arguments));
        Server::run(command, 1)
    }

    /// Runs a command that starts a server, and waits for `listeners` ready lines.
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
        Server { child, stdout, addresses, log, folder: None, redis: None }
    }

    /// The address of the first listener.
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Connects a peer to the first listener.
    pub fn connect(&self) -> Peer {
        Peer::connect(self.address())
    }

    /// Connects a peer whose buffers fill up soon: its own receive buffer, and the send buffer that
    /// the server's system keeps for it. Small packets limit the latter to a hundred kilobytes
    /// instead of three megabytes.
    pub fn connect_with_a_small_buffer(&self) -> Peer {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        socket.set_tcp_mss(536).unwrap();
        socket.connect(&self.address().into()).unwrap();
        Peer::over(socket.into())
    }

    /// Connects a peer and logs it in as a guest.
    pub fn login(&self, name: &str) -> Peer {
        let mut peer = self.connect();
        peer.asks(json!({"request": "login", "username": name}));
        peer.hears(json!({"response": "login", "username": name}));
        peer
    }

    /// Logs in `alice` and a peer that never reads, the sleeper, and returns both. `alice` has sent
    /// so many messages that the buffers of the sleeper are full. She stops early if the server
    /// sends her any other line, such as the leave of the sleeper; that line is still unread.
    pub fn with_a_sleeper(&self) -> (Peer, Peer) {
        let mut alice = self.login("alice");
        let mut sleeper = self.connect_with_a_small_buffer();
        sleeper.asks(json!({"request": "login", "username": "sleeper"}));
        alice.hears(json!({"response": "join", "username": "sleeper"}));
        if let Some(line) = alice.says_often(&"x".repeat(4096), 600) {
            // The test expects this line.
            alice.puts_back(&line);
        }
        (alice, sleeper)
    }

    /// Waits until the server answers a new connection.
    pub fn eventually_lets_in(&self) {
        self.eventually("the server answers a new connection", || self.connect().is_served());
    }

    /// Waits until the condition holds. `what` describes it in the panic message.
    pub fn eventually(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        wait_until(what, DEADLINE, &mut is_so);
    }

    /// Sends the process a signal by its name, such as `TERM` or `INT`.
    pub fn signal(&self, name: &str) {
        send_signal(self.pid(), name);
    }

    /// Waits for a line of the log that contains the text.
    pub fn logs(&self, text: &str) {
        self.log_until(text);
    }

    /// Waits for a line of the log that contains the text. Returns all unread lines up to that one.
    pub fn log_until(&self, text: &str) -> Vec<String> {
        let until = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => seen.push(line),
                Err(_) => panic!("no log line contains {text:?}:\n{}", seen.join("\n")),
            }
            if seen.last().is_some_and(|line| line.contains(text)) {
                return seen;
            }
        }
    }

    /// Waits until the process ends. Returns its exit code, or -1 if a signal ended it.
    pub fn exit_code(&mut self) -> i32 {
        match self.stdout.recv_timeout(DEADLINE) {
            // The channel closes when the process ends.
            Err(RecvTimeoutError::Disconnected) => {}
            Err(RecvTimeoutError::Timeout) => panic!("the server does not end"),
            Ok(line) => panic!("unexpected line on standard output: {line:?}"),
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

/// The usual arguments of a test server, followed by these: a `json` listener on a free port, the
/// engine, no limit on floods and data in memory. An argument replaces the usual one.
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

/// Reads a stream on a new thread and passes on its lines.
pub fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = sync_channel(100_000);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let _ = sender.try_send(line);
        }
    });
    lines
}

/// A command that runs the server.
pub fn server() -> Command {
    Command::new(program("server"))
}

/// A command that runs the client. The client looks for its configuration and its history only in
/// `home`.
pub fn client(home: &std::path::Path) -> Command {
    let mut command = Command::new(program("client"));
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME"] {
        command.env(variable, home);
    }
    command.env_remove("NO_COLOR").env("TERM", "xterm-256color").env("TZ", "UTC");
    command
}

/// Says on standard error that the running test is skipped on this machine, and why.
pub fn skipped(why: &str) {
    let test = std::thread::current();
    eprintln!("skipped: {}: {why}", test.name().unwrap_or("this test"));
}

/// The beginning of a command line that runs a program in a namespace of processes of its own, as in a container. If
/// the system forbids namespaces, says that the running test is skipped and returns `None`.
pub fn namespace() -> Option<Command> {
    let options = ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", "--kill-child"];
    let begin = || {
        let mut command = Command::new("unshare");
        command.args(options);
        command
    };
    if !begin().arg("true").output().is_ok_and(|output| output.status.success()) {
        skipped("this machine allows no namespaces");
        return None;
    }
    Some(begin())
}

/// Writes a program that can be run. Another process writes it: a file that this one has open for writing is open
/// in each process that another test starts, up to its exec, and the system refuses to run it.
pub fn write_program(path: &Path, content: &[u8]) {
    let mut install = Command::new("install");
    install.args(["-m", "755", "/dev/stdin"]).arg(path).stdin(Stdio::piped());
    let mut install = install.spawn().unwrap();
    install.stdin.take().unwrap().write_all(content).unwrap();
    assert!(install.wait().unwrap().success());
}

/// Sends a process a signal by its name, such as `TERM` or `INT`.
pub fn send_signal(pid: u32, name: &str) {
    let kill = format!("kill -{name} {pid}");
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
}
