//! A scenario of a client check: the client under test, the server that the grader plays, and a
//! simulated user who types and reads the output.
//!
//! Each method is one step: the user types, the client sends a request, the server sends a
//! response, the output shows it. The server behaves as the protocol says, unless the check makes
//! it do something else.

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

use socket2::{Domain, Socket};

pub(crate) use self::profile::{Lines, Profile};

use crate::patience::patiently;
use crate::peer::Peer;
use crate::program::{Ended, Folders, Limits, Network, Program, Trouble};
use crate::seed::Words;
use crate::stop::Stop;
use crate::trace::{Trace, What};
use crate::wire::{Dialect, ReceivedRequest, ResponseEncoder};

/// Address of the server.
const HOST: &str = "127.0.0.1";

/// The participant who types and reads the output.
const USER: &str = "user";
/// The participant that the grader plays.
pub(crate) const SERVER: &str = "server";
/// The program under test.
pub(crate) const CLIENT: &str = "client";

/// Pause before the user types, for a client whose profile has no `ready` text.
const MOMENT: Duration = Duration::from_millis(300);

/// Time for the client to exit after its connection has ended.
const ENDING: Duration = Duration::from_millis(200);

/// Length of the listen queue.
const BACKLOG: i32 = 16;

/// Interval between two polls of something that sends no event.
const LOOK: Duration = Duration::from_millis(1);

/// Interval between two polls of a silent client: whether it still runs, and whether it has sent a
/// request.
const ALIVE: Duration = Duration::from_millis(10);

/// A client under test, with its server and its user.
pub(crate) struct ClientScenario {
    /// The command line, with everything filled in but the name.
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
    /// Reserves the port, even while the server does not listen. Otherwise another server on this
    /// machine could take the port, and the client would connect to that one.
    _reserved: Socket,
    /// The listening socket, while the server listens.
    listener: Option<Socket>,
    /// The server's end of the connection, while there is one.
    server: Option<Peer>,
    /// The client did not read everything in time.
    is_deaf: bool,
    /// Number of frames that the client has sent.
    frames_received: usize,
    /// Requests that the client has sent and no check has looked at.
    waiting: VecDeque<Result<ReceivedRequest, String>>,
    program: Option<Program>,
    /// Login name of the user.
    name: String,
    /// Names of the other users on the server.
    pub(crate) others: Vec<String>,
    /// Position in the output up to which a check has looked at it.
    seen: u64,
    /// Position in the output when the user last typed.
    input_mark: u64,
}

/// Everything that a [`ClientScenario`] is built from.
pub(crate) struct ClientSetup {
    /// The command, with `{host}`, `{port}`, `{dialect}` and `{name}` as placeholders.
    pub(crate) line: String,
    pub(crate) folders: Folders,
    pub(crate) limits: Limits,
    pub(crate) profile: Arc<Profile>,
    pub(crate) dialect: Dialect,
    pub(crate) words: Words,
    pub(crate) patience: Duration,
    /// Longest wait for the client to connect.
    pub(crate) start: Duration,
    /// The only port to which the client connects; `None` if it takes the port as an argument.
    pub(crate) port: Option<u16>,
}

impl ClientScenario {
    /// Creates the scenario with a listening server. The client is not started yet.
    ///
    /// # Errors
    /// The system has no port for the server.
    pub(crate) fn new(mut setup: ClientSetup) -> std::io::Result<ClientScenario> {
        let here = Network::default();
        let reserved = bound(&here, setup.port.unwrap_or(0))?;
        let address = reserved.local_addr()?.as_socket();
        let port = address.ok_or(ErrorKind::AddrNotAvailable)?.port();
        let listener = listening(&here, port)?;
        // Letters of both cases, a digit and an underscore, so that a client that changes names is
        // noticed.
        let name = format!("Ann_{}{}", setup.words.word(), setup.words.below(10));
        let line = setup.line.replace("{host}", HOST).replace("{port}", &port.to_string());
        let line = line.replace("{dialect}", setup.dialect.name());
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
            input_mark: 0,
        })
    }

    /// Starts the client.
    pub(crate) fn start_client(&mut self) -> Result<(), Stop> {
        // Ends a client that was started before, so that its folder is free.
        self.program = None;
        let (line, folders) = (self.line.replace("{name}", &self.name), &self.folders);
        let (listener, port) = (&mut self.listener, self.port);
        // In its sandbox, the client finds only a server that listens there.
        let mut open = |network: &Network| {
            if network.is_own() && listener.is_some() {
                *listener = Some(listening(network, port)?);
            }
            Ok(())
        };
        let at_terminal = self.profile.terminal;
        let started = Program::start_after(&line, folders, &self.limits, at_terminal, &mut open);
        self.program = Some(started.map_err(|trouble| Stop::Undecided(trouble.to_string()))?);
        self.record(CLIENT, &format!("is started: {line}"));
        let open = self.keys(&self.profile.open, "");
        if open.is_empty() {
            return Ok(());
        }
        // The user waits until the client has had time to show a prompt.
        self.wait_briefly()?;
        self.type_keys(&open)
    }

    /// Expects the client to exit without being killed.
    pub(crate) fn expect_exit(&mut self, expected: &str) -> Result<Ended, Stop> {
        self.expect_exit_within(self.patience, expected)
    }

    /// Expects the client, which has just been started, to exit without being killed.
    pub(crate) fn expect_exit_after_start(&mut self, expected: &str) -> Result<Ended, Stop> {
        self.expect_exit_within(self.start + self.patience, expected)
    }

    fn expect_exit_within(&mut self, patience: Duration, expected: &str) -> Result<Ended, Stop> {
        let program = self.program()?;
        match patiently(&program.gauge(), patience, expected, |until| program.wait_end(until))? {
            Some(ended) => {
                self.record(CLIENT, &ended.to_string());
                Ok(ended)
            }
            None => Err(self.differs_or_ended(CLIENT, expected, "it is still running")),
        }
    }

    /// Why the client has ended or was killed, if so. If its connection has just ended, the client
    /// may be about to exit, so this waits briefly.
    fn ended(&self) -> Option<Trouble> {
        let program = self.program.as_ref()?;
        let _ = program.wait_end(Instant::now() + ENDING);
        program.trouble()
    }

    /// Ends a check: with the client's exit, if it has exited, or else with this difference.
    fn differs_or_ended(&mut self, who: &str, expected: &str, got: &str) -> Stop {
        match self.ended() {
            Some(trouble) => {
                self.record(
                    CLIENT,
                    if trouble.is_end() { "has ended" } else { "was killed by the grader" },
                );
                Stop::trouble(who, expected, &trouble)
            }
            None => Stop::differs(who, expected, got),
        }
    }

    /// Why the client has ended or was killed, if so.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.program.as_ref().and_then(Program::trouble)
    }

    /// The longest time that a thread of the client has waited for a processor.
    pub(crate) fn longest_wait(&self) -> Duration {
        let program = self.program.as_ref();
        program.map(|program| program.gauge().longest_wait()).unwrap_or_default()
    }

    /// The whole output of the client.
    pub(crate) fn output(&self) -> String {
        self.program.as_ref().map(Program::output).unwrap_or_default()
    }

    pub(crate) fn program(&self) -> Result<&Program, Stop> {
        let none = || Stop::Undecided("the client was not started".to_owned());
        self.program.as_ref().ok_or_else(none)
    }

    /// Ends the check as absent if the profile has no login lines that the user could type again.
    pub(crate) fn require_login_lines(&self) -> Result<(), Stop> {
        if self.profile.login.is_empty() { Err(Stop::Absent) } else { Ok(()) }
    }

    /// Gives the user another login name.
    pub(crate) fn change_name(&mut self) {
        self.name = format!("Cat_{}{}", self.words.word(), self.words.below(10));
    }

    /// Gives the user this login name.
    pub(crate) fn take_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    /// Names of all users on the server.
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

/// Binds a socket to this port. Several sockets may share the port as long as only one listens.
fn bound(network: &Network, port: u16) -> std::io::Result<Socket> {
    let socket = network.socket(Domain::IPV4)?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    Ok(socket)
}

/// A server's socket that listens on this port.
fn listening(network: &Network, port: u16) -> std::io::Result<Socket> {
    let socket = bound(network, port)?;
    socket.listen(BACKLOG)?;
    Ok(socket)
}
