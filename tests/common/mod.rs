//! A small vocabulary for stories: servers that run, peers that talk to them over real sockets,
//! and a deadline on every wait.
//!
//! A peer hears line by line, and every line has to be what the story says comes next: so a story
//! also shows what did not come in between.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "every test file is a crate, and uses its own part of the vocabulary"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails loudly"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

pub use serde_json::{Value, json};

/// How long anything may take before a test gives up on it. Generous, because a test must not
/// fail for a busy machine; nothing waits this long unless something is wrong.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Tells a story once on every engine: `story!(name, |server| { .. })` makes the tests
/// `name::events` and `name::threads`, each with a server of its own.
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

            fn story(engine: &str) {
                let arguments: &[&str] = &$arguments;
                let $server = $crate::common::Server::start(engine, arguments);
                $body
            }

            #[test]
            fn events() {
                story("events");
            }

            #[test]
            fn threads() {
                story("threads");
            }
        }
    };
}

/// A server process on a free port, which ends with the test.
pub struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub addresses: Vec<SocketAddr>,
    log: Receiver<String>,
}

impl Server {
    /// Starts one that listens on one free port, and waits until it is ready. Peers may send as
    /// fast as they like, unless the arguments say otherwise.
    pub fn start(engine: &str, arguments: &[&str]) -> Server {
        let mut all = vec!["--listen", "127.0.0.1:0", "--engine", engine];
        if !arguments.contains(&"--flood") {
            all.extend(["--flood", "off"]);
        }
        all.extend(arguments);
        Server::start_with(&all, 1)
    }

    /// Starts one with these arguments only, and waits until it says where it listens.
    pub fn start_with(arguments: &[&str], listeners: usize) -> Server {
        let mut command = server();
        command.args(arguments);
        Server::wait_until_ready(command, listeners)
    }

    fn wait_until_ready(mut command: Command, listeners: usize) -> Server {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, log) = sync_channel(100_000);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = sender.try_send(line);
            }
        });
        let mut addresses = Vec::new();
        for _ in 0..listeners {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            let address =
                line.strip_prefix("listening on ").and_then(|rest| rest.split(' ').next());
            let parsed = address.and_then(|address| address.parse().ok());
            addresses.push(parsed.unwrap_or_else(|| {
                panic!("no ready line but {line:?}: {:?}", log.iter().collect::<Vec<String>>())
            }));
        }
        Server { child, stdout, addresses, log }
    }

    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Starts one as `start` does, that may have no more than so many descriptors.
    pub fn start_with_descriptors(engine: &str, descriptors: u32, arguments: &[&str]) -> Server {
        let limit = format!("ulimit -n {descriptors} && exec \"$0\" \"$@\"");
        let mut command = Command::new("sh");
        command.args(["-c", &limit]).arg(server().get_program());
        command.args(["--listen", "127.0.0.1:0", "--engine", engine, "--flood", "off"]);
        command.args(arguments);
        Server::wait_until_ready(command, 1)
    }

    /// Somebody connects.
    pub fn connect(&self) -> Peer {
        Peer::connect(self.address())
    }

    /// Somebody connects whose own receive buffer is soon full.
    pub fn connect_with_a_small_buffer(&self) -> Peer {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
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

    /// Sends the process a signal, by its name: `TERM`, `INT`.
    pub fn signal(&self, name: &str) {
        send_signal(self.pid(), name);
    }

    /// Waits for a line of the log with this in it.
    pub fn logs(&self, text: &str) {
        let until = Instant::now() + DEADLINE;
        let mut seen = Vec::new();
        loop {
            match self.log.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(text) => return,
                Ok(line) => seen.push(line),
                Err(_) => panic!("the log never says {text:?}, but:\n{}", seen.join("\n")),
            }
        }
    }

    /// Waits until the process has ended; gives its exit code, and -1 where a signal ended it.
    pub fn exit_code(&mut self) -> i32 {
        // Its standard output ends when the process does.
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "only ready lines on standard output");
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The server binary.
pub fn server() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("server"))
}

/// The client binary, which finds no configuration and no history but in `home`.
pub fn client(home: &std::path::Path) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("client"));
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

/// Somebody at the other end of a socket.
pub struct Peer {
    stream: TcpStream,
    reader: BufReader<TcpStream>,
    /// A line that was put back.
    back: Option<String>,
}

impl Peer {
    pub fn connect(address: SocketAddr) -> Peer {
        let stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
        Peer::over(stream)
    }

    pub fn over(stream: TcpStream) -> Peer {
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        stream.set_write_timeout(Some(DEADLINE)).unwrap();
        let reader = BufReader::new(stream.try_clone().unwrap());
        Peer { stream, reader, back: None }
    }

    /// Sends a request, on a line.
    pub fn asks(&mut self, request: Value) {
        self.sends(format!("{request}\n").as_bytes());
    }

    /// Says something to everybody.
    pub fn says(&mut self, text: &str) {
        self.asks(json!({"request": "message", "message": text}));
    }

    /// Sends bytes as they are, in one write.
    pub fn sends(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Sends as much as gets through; a server may hang up on what it has heard already.
    pub fn tries_to_send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// The next line has to be a response with these keys and values; it may have others, but an
    /// `error` only if that is one of these. Gives the whole of it.
    pub fn hears(&mut self, expected: Value) -> Value {
        let line = self.line();
        let heard: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
            panic!("expected {expected}, but got what is no JSON ({error}): {line:?}")
        });
        let expected = expected.as_object().unwrap();
        for (key, value) in expected {
            assert_eq!(heard.get(key), Some(value), "{key:?} of {heard}");
        }
        let failed = expected.contains_key("error");
        assert_eq!(heard.get("error").is_some(), failed, "the error key of {heard}");
        heard
    }

    /// The next line, without its end.
    pub fn line(&mut self) -> String {
        self.line_or_end().expect("expected a line, but the server hung up")
    }

    /// The next line, without its end; `None` when the server has hung up.
    pub fn line_or_end(&mut self) -> Option<String> {
        if let Some(line) = self.back.take() {
            return Some(line);
        }
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) => None,
            Ok(_) => Some(line.trim_end_matches('\n').to_owned()),
            Err(error) => panic!("expected a line, but: {error}"),
        }
    }

    /// Nothing has come that was not heard: the next thing is the answer to a question asked now.
    pub fn has_heard_everything(&mut self) {
        self.asks(json!({"request": "version", "tag": "fence"}));
        self.hears(json!({"response": "version", "tag": "fence"}));
    }

    /// The server hangs up, and says nothing more before that.
    pub fn is_hung_up_on(&mut self) {
        let mut rest = Vec::new();
        match self.reader.read_to_end(&mut rest) {
            Ok(_) => assert_eq!(String::from_utf8_lossy(&rest), "", "before the end"),
            Err(error) => panic!("expected the end of the stream, but: {error}"),
        }
    }

    /// The server hangs up at once, or resets: there is no room.
    pub fn is_turned_away(&mut self) {
        let mut rest = Vec::new();
        if self.reader.read_to_end(&mut rest).is_ok() {
            assert_eq!(String::from_utf8_lossy(&rest), "", "before the end");
        }
    }

    /// Whether a question is answered, and not by the end.
    pub fn is_served(&mut self) -> bool {
        let asked = self.stream.write_all(b"{\"request\":\"version\"}\n");
        let mut line = String::new();
        asked.is_ok() && self.reader.read_line(&mut line).is_ok_and(|length| length > 0)
    }

    /// Nothing comes for a second.
    pub fn hears_nothing_for_a_second(&mut self) {
        self.stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        let heard = self.reader.fill_buf().map(<[u8]>::to_vec);
        assert!(heard.is_err(), "heard {heard:?}");
        self.stream.set_read_timeout(Some(DEADLINE)).unwrap();
    }

    /// Puts a line back that was heard too early: it is the next one again.
    pub fn puts_back(&mut self, line: &Value) {
        assert!(self.back.replace(line.to_string()).is_none(), "one line at a time");
    }

    /// Says that it will ask nothing more, and goes on listening.
    pub fn finishes(&mut self) {
        self.stream.shutdown(Shutdown::Write).unwrap();
    }

    /// The socket itself.
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }
}
