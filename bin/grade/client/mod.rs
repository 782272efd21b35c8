//! What a check of a client acts on: the client at work, the server that the grader plays for it, the
//! hands that type and the eyes that look.
//!
//! The vocabulary is that of a story again: somebody types, the client asks, the server tells, and
//! somebody sees. The server does what a server does, unless the check wants something else of it.

mod input;
mod output;
mod profile;
mod requests;
mod screen;
mod server;

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

pub(crate) use self::profile::{Lines, Profile};

use crate::lag::patiently;
use crate::peer::Peer;
use crate::program::{Ended, Folders, Limits, Program, Trouble};
use crate::seed::Words;
use crate::stop::Stop;
use crate::trace::{Trace, What};
use crate::wire::{Dialect, ReceivedRequest, ResponseEncoder};

/// Where the server is.
const HOST: &str = "127.0.0.1";

/// Who types, and looks at what there is to see.
const USER: &str = "user";
/// Who the grader plays.
pub(crate) const SERVER: &str = "server";
/// What is graded.
pub(crate) const CLIENT: &str = "client";

/// How long somebody waits before going on, where the profile does not say what there is to see.
const MOMENT: Duration = Duration::from_millis(300);

/// How long after its connection a program ends that ends.
const ENDING: Duration = Duration::from_millis(200);

/// How many may wait to be let in.
const BACKLOG: i32 = 16;

/// How often is looked for what nobody tells us.
const LOOK: Duration = Duration::from_millis(1);

/// How often is looked whether a client that says nothing is still there, and wants something.
const ALIVE: Duration = Duration::from_millis(10);

/// A client, and everything around it.
pub(crate) struct ClientScenario {
    /// How it is started, with the port in it.
    line: String,
    folders: Folders,
    limits: Limits,
    profile: Arc<Profile>,
    pub(crate) dialect: Dialect,
    encoder: ResponseEncoder,
    pub(crate) words: Words,
    pub(crate) trace: Trace,
    patience: Duration,
    start: Duration,
    port: u16,
    /// Keeps the port, whether anybody listens or not: somebody else's server there would be taken for
    /// this one.
    _reserved: Socket,
    /// Where the server listens, if there is one.
    listener: Option<Socket>,
    /// The server's end of the connection, while there is one.
    server: Option<Peer>,
    /// The client does not read what it is sent.
    is_deaf: bool,
    /// How many frames the client has sent.
    frames_received: usize,
    /// What it asked for, and nobody has looked at.
    waiting: VecDeque<Result<ReceivedRequest, String>>,
    program: Option<Program>,
    /// Who uses it.
    name: String,
    /// Who else is here.
    pub(crate) others: Vec<String>,
    /// What was printed before this was looked at already.
    seen: u64,
    /// What was printed before this was there when somebody typed last.
    typed: u64,
}

/// What a sitting is made of.
pub(crate) struct ClientSetup {
    /// The command, in which `{host}`, `{port}`, `{dialect}` and `{name}` stand for what they say.
    pub(crate) line: String,
    pub(crate) folders: Folders,
    pub(crate) limits: Limits,
    pub(crate) profile: Arc<Profile>,
    pub(crate) dialect: Dialect,
    pub(crate) words: Words,
    pub(crate) patience: Duration,
    /// How long it may take to connect.
    pub(crate) start: Duration,
}

impl ClientScenario {
    /// With a server that listens, and a client that is not started yet.
    ///
    /// # Errors
    /// The system has no port for the server.
    pub(crate) fn new(mut setup: ClientSetup) -> std::io::Result<ClientScenario> {
        let reserved = bound(0)?;
        let address = reserved.local_addr()?.as_socket();
        let port = address.ok_or(ErrorKind::AddrNotAvailable)?.port();
        let listener = bound(port)?;
        listener.listen(BACKLOG)?;
        // Letters of both cases, a digit and an underscore: a name has to stay what it is.
        let name = format!("Ann_{}{}", setup.words.word(), setup.words.below(10));
        let line = setup.line.replace("{host}", HOST).replace("{port}", &port.to_string());
        let line = line.replace("{dialect}", setup.dialect.name()).replace("{name}", &name);
        let encoder = ResponseEncoder::new(setup.dialect, setup.profile.history);
        Ok(ClientScenario {
            line,
            folders: setup.folders,
            limits: setup.limits,
            profile: setup.profile,
            dialect: setup.dialect,
            encoder,
            words: setup.words,
            trace: Trace::new(),
            patience: setup.patience,
            start: setup.start,
            port,
            _reserved: reserved,
            listener: Some(listener),
            server: None,
            is_deaf: false,
            frames_received: 0,
            waiting: VecDeque::new(),
            program: None,
            name,
            others: Vec::new(),
            seen: 0,
            typed: 0,
        })
    }

    /// The client is started.
    pub(crate) fn start_client(&mut self) -> Result<(), Stop> {
        // One that ran before gives its folder back.
        self.program = None;
        let (line, folders) = (self.line.clone(), &self.folders);
        let started = match self.profile.terminal {
            true => Program::start_at_terminal(&line, folders, &self.limits),
            false => Program::start(&line, folders, &self.limits),
        };
        self.program = Some(started.map_err(|trouble| Stop::Undecided(trouble.to_string()))?);
        self.record(CLIENT, &format!("is started: {line}"));
        let open = self.keys(&self.profile.open, "");
        if open.is_empty() {
            return Ok(());
        }
        // Nobody types before there is something to see.
        self.wait_briefly()?;
        self.type_keys(&open)
    }

    /// The client ends, of itself.
    pub(crate) fn expect_exit(&mut self, expected: &str) -> Result<Ended, Stop> {
        self.expect_exit_within(self.patience, expected)
    }

    /// The client, which has just been started, ends of itself.
    pub(crate) fn expect_exit_after_start(&mut self, expected: &str) -> Result<Ended, Stop> {
        self.expect_exit_within(self.start + self.patience, expected)
    }

    fn expect_exit_within(&mut self, patience: Duration, expected: &str) -> Result<Ended, Stop> {
        let program = self.program()?;
        match patiently(patience, expected, |until| program.wait_end(until))? {
            Some(ended) => {
                self.record(CLIENT, &ended.to_string());
                Ok(ended)
            }
            None => Err(self.differs_or_ended(CLIENT, expected, "it goes on")),
        }
    }

    /// The client has ended, or had to be ended: why. When a connection has ended, it may be about to.
    fn ended(&self) -> Option<Trouble> {
        let program = self.program.as_ref()?;
        let _ = program.wait_end(Instant::now() + ENDING);
        program.trouble()
    }

    /// What ends a check: that the client has ended, if it has; else this.
    fn differs_or_ended(&mut self, who: &str, expected: &str, got: &str) -> Stop {
        match self.ended() {
            Some(trouble) => {
                self.record(CLIENT, if trouble.is_end() { "has ended" } else { "had to be ended" });
                Stop::trouble(who, expected, &trouble)
            }
            None => Stop::differs(who, expected, got),
        }
    }

    /// Why the client ended or was ended, if it was.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.program.as_ref().and_then(Program::trouble)
    }

    /// What it printed, all of it.
    pub(crate) fn output(&self) -> String {
        self.program.as_ref().map(Program::output).unwrap_or_default()
    }

    pub(crate) fn program(&self) -> Result<&Program, Stop> {
        let none = || Stop::Undecided("the client was not started".to_owned());
        self.program.as_ref().ok_or_else(none)
    }

    /// There are lines that log in, which may be typed again.
    pub(crate) fn require_login_lines(&self) -> Result<(), Stop> {
        if self.profile.login.is_empty() { Err(Stop::Absent) } else { Ok(()) }
    }

    /// Whoever uses it wants another name.
    pub(crate) fn change_name(&mut self) {
        self.name = format!("Cat_{}{}", self.words.word(), self.words.below(10));
    }

    /// All who are here.
    fn present(&self) -> Vec<String> {
        [std::slice::from_ref(&self.name), &self.others].concat()
    }

    pub(crate) fn name(&self) -> String {
        self.name.clone()
    }

    pub(crate) fn record(&mut self, who: &str, words: &str) {
        self.trace.record(who, What::Did { words: words.to_owned() });
    }
}

/// A socket with this port, which others may have too, as long as only one of them listens.
fn bound(port: u16) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    Ok(socket)
}
