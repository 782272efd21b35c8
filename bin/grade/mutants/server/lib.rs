//! The mutants of a server: a chat server, written as a student would write it. It shares no code with
//! Strata. It tests programs that judge servers, and `grade tests` judges transcripts with it.
//!
//! One thread reads from each connection, one lock guards the list of users, and a broadcast is a
//! loop over them. Without `--bug` the server is correct. With `--bug` it has exactly one bug,
//! taken from real projects. A grader must find that bug and nothing else. Several `--bug` make several
//! bugs; an exam uses pairs that do not hide each other.
//!
//! It is a library, so that `grade` contains it and the example `mutant-server` is no second copy.

mod bugs;
mod clock;
mod connection;
mod dialect;
mod encode;
mod frames;
mod freedom;
mod json;
mod ktn14;
mod ktn15;
mod outbox;
mod reply;
mod request;
mod room;
mod rules;
mod settings;
mod turn;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use socket2::{Domain, Protocol, Socket, Type};

use bugs::{BUGS, Bugs};
use connection::Server;
use dialect::Dialect;
use freedom::Freedoms;
use outbox::Outbox;
use room::{Client, Room};
use settings::Settings;
use turn::Turn;

const USAGE: &str =
    "usage: mutant-server --port PORT --dialect json|ktn14|ktn15 [--bug NAME]... [--free NAME]...
       mutant-server --bugs";

/// Length of the listen queue. The 128 of the standard library is too short for a class.
const BACKLOG: i32 = 1024;
/// Pause when the system has no socket left for a new client.
const NO_SOCKET: Duration = Duration::from_millis(100);

/// A bug that the server can have.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The name for `--bug`.
    pub name: &'static str,
    /// The dialects in which the bug exists.
    pub dialects: Vec<&'static str>,
    /// The visible effect, beginning with a verb.
    pub summary: &'static str,
}

/// All bugs that the server can have.
pub fn mutants() -> Vec<Mutant> {
    let mutant = |entry: &bugs::Entry| Mutant {
        name: entry.name,
        dialects: entry.dialects.iter().map(|dialect| dialect.name()).collect(),
        summary: entry.summary,
    };
    BUGS.iter().map(mutant).collect()
}

/// Runs the server with the arguments of a command line.
pub fn run(arguments: &[String]) -> ExitCode {
    let outcome = match parse(arguments) {
        Ok(Arguments::List) => list_bugs().map(|()| 0),
        Ok(Arguments::Serve { port, settings }) => serve(port, settings),
        Err(error) => Err(io::Error::other(format!("{error}\n{USAGE}"))),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            let _ = writeln!(io::stderr(), "mutant-server: {error}");
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
enum Arguments {
    List,
    Serve { port: u16, settings: Settings },
}

fn parse(arguments: &[String]) -> Result<Arguments, String> {
    let (mut port, mut dialect, mut found) = (None, None, Vec::new());
    let mut freedoms = Freedoms::default();
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        if flag == "--bugs" {
            return Ok(Arguments::List);
        }
        let value = rest.next().ok_or(format!("{flag} needs a value, or is unknown"))?;
        match flag.as_str() {
            "--port" => port = Some(value.parse().map_err(|_| format!("{value} is not a port"))?),
            "--dialect" => {
                let known = Dialect::ALL.into_iter().find(|dialect| dialect.name() == value);
                dialect = Some(known.ok_or(format!("{value} is not a dialect"))?);
            }
            "--bug" => found.push(bugs::find(value).ok_or(format!("{value} is not a bug"))?),
            "--free" => {
                let freedom = freedom::find(value);
                freedoms = freedoms.with(freedom.ok_or(format!("{value} is not a freedom"))?);
            }
            _ => return Err(format!("{flag} is unknown")),
        }
    }
    let port = port.ok_or("--port is missing")?;
    let dialect: Dialect = dialect.ok_or("--dialect is missing")?;
    if let Some(entry) = found.iter().find(|entry| !entry.dialects.contains(&dialect)) {
        return Err(format!("{} does not exist in {}", entry.name, dialect.name()));
    }
    let bugs = found.iter().fold(Bugs::default(), |bugs, entry| bugs.with(entry.bug));
    Ok(Arguments::Serve { port, settings: Settings { dialect, bugs, freedoms } })
}

/// Prints a line for each bug: name, dialects, and effect.
fn list_bugs() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for entry in BUGS {
        let dialects: Vec<&str> = entry.dialects.iter().map(|dialect| dialect.name()).collect();
        writeln!(out, "{:27} {:18} {}", entry.name, dialects.join(","), entry.summary)?;
    }
    Ok(())
}

/// Serves until a signal arrives or a bug ends the process. Returns the exit code.
fn serve(port: u16, settings: Settings) -> io::Result<u8> {
    let (ends, ended) = sync_channel(1);
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let listener = listen(port)?;
    let address = listener.local_addr()?;
    let server = Arc::new(Server {
        settings,
        room: Mutex::new(Room::new(settings, SyncSender::clone(&ends))),
        turn: Turn::default(),
    });
    thread::spawn(move || accept(&listener, &server));
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            let _ = ends.try_send(0);
        }
    });
    let mut out = io::stdout();
    writeln!(out, "listening on {address} ({})", settings.dialect.name())?;
    out.flush()?;
    // The other threads end with the process.
    Ok(ended.recv().unwrap_or(1))
}

fn listen(port: u16) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn accept(listener: &TcpListener, server: &Arc<Server>) {
    for (id, stream) in (1..).zip(listener.incoming()) {
        match stream {
            Ok(stream) => {
                let outbox = Arc::new(Outbox::new(stream, server.settings));
                connection::start(server, Client { id, outbox });
            }
            // The client has disconnected again, or the system has no descriptor left for now.
            Err(_) => thread::park_timeout(NO_SOCKET),
        }
    }
}
