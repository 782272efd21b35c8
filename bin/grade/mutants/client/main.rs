//! The mutants of a client: a small chat client, written as a student would write it. It exists to
//! test programs that judge clients, on a client that shares no code with Strata.
//!
//! One thread reads the input, another reads from the server, and when one of them ends, so does
//! the other. The client shares no code with the mutants of the server either. Without `--bug` the
//! client is correct. With `--bug` it has exactly one bug, taken from real projects. A grader
//! must find that bug and nothing else.

mod answers;
mod bugs;
mod dialect;
mod frames;
mod incoming;
mod keyboard;
mod requests;
mod screen;
mod settings;

use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use bugs::{BUGS, Bug, Entry};
use dialect::Dialect;
use keyboard::Keyboard;
use screen::Screen;
use settings::Settings;

const USAGE: &str = "usage: mutant-client HOST PORT [--dialect json|ktn14|ktn15] [--bug NAME]
       mutant-client --bugs
       mutant-client --checks";

/// Pause between two attempts, for the bug that tries forever.
const RETRY: Duration = Duration::from_millis(100);
/// Time for the server to close its side after the user has left. If a socket with unread input is
/// closed, the system sends a reset, which can overtake the last request.
const LINGER: Duration = Duration::from_millis(500);

/// State that the threads share.
pub(crate) struct Client {
    settings: Settings,
    screen: Screen,
    keyboard: Keyboard,
    /// Whether the client has asked for the names and not received them yet.
    asked_names: AtomicBool,
    /// The name in the last login that the user typed.
    name: Mutex<String>,
}

impl Client {
    fn rename(&self, name: &str) {
        name.clone_into(&mut self.name.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn name(&self) -> String {
        self.name.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Why the client ends.
pub(crate) enum End {
    /// The user has left.
    Left,
    /// The server has closed the connection.
    Gone(String),
    /// A bug.
    Died(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let list = |entry: fn(&Entry) -> String| list(entry).map(|()| 0);
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--bugs"] => list(|entry| entry.summary.to_owned()),
        ["--checks"] => list(|entry| entry.checks.join(",")),
        _ => match parse(&arguments) {
            Ok((host, port, settings)) => chat(&host, port, settings),
            Err(error) => {
                complain(&format!("{error}\n{USAGE}"));
                return ExitCode::from(2);
            }
        },
    };
    outcome.map(ExitCode::from).unwrap_or_else(|error| {
        complain(&error.to_string());
        ExitCode::from(1)
    })
}

fn complain(what: &str) {
    let _ = writeln!(io::stderr(), "mutant-client: {what}");
}

fn parse(arguments: &[String]) -> Result<(String, u16, Settings), String> {
    let (mut places, mut dialect, mut bug) = (Vec::new(), Dialect::Json, None);
    let mut rest = arguments.iter();
    while let Some(word) = rest.next() {
        if !word.starts_with("--") {
            places.push(word.as_str());
            continue;
        }
        let value = rest.next().ok_or(format!("{word} needs a value, or is unknown"))?;
        match word.as_str() {
            "--dialect" => {
                let known = Dialect::ALL.into_iter().find(|dialect| dialect.name() == value);
                dialect = known.ok_or(format!("{value} is not a dialect"))?;
            }
            "--bug" => {
                let known = BUGS.iter().find(|entry| entry.name == value);
                bug = Some(known.ok_or(format!("{value} is not a bug"))?);
            }
            _ => return Err(format!("{word} is unknown")),
        }
    }
    let [host, port] = places.as_slice() else { return Err("wanted: HOST PORT".to_owned()) };
    let port = port.parse().map_err(|_| format!("{port} is not a port"))?;
    if let Some(entry) = bug
        && !entry.dialects.contains(&dialect)
    {
        return Err(format!("{} does not exist in {}", entry.name, dialect.name()));
    }
    let bug = bug.map_or(Bug::None, |entry| entry.bug);
    Ok(((*host).to_owned(), port, Settings { dialect, bug }))
}

/// Prints a line for each bug: name, dialects, and something about it.
fn list(about: fn(&Entry) -> String) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for entry in BUGS {
        let dialects: Vec<&str> = entry.dialects.iter().map(|dialect| dialect.name()).collect();
        writeln!(out, "{:27} {:18} {}", entry.name, dialects.join(","), about(entry))?;
    }
    Ok(())
}

/// Chats until one side ends. Returns the exit code.
fn chat(host: &str, port: u16, settings: Settings) -> io::Result<u8> {
    let stream = match connect(host, port, settings.bug) {
        Err(_) if settings.bug == Bug::SilentWithoutServer => return Ok(1),
        Err(error) => {
            complain(&format!("no server at {host}, port {port}: {error}"));
            if settings.bug == Bug::HangsWithoutServer {
                loop {
                    thread::park();
                }
            }
            return Ok(1);
        }
        Ok(stream) => stream,
    };
    let client = Arc::new(Client {
        settings,
        screen: Screen::new(settings.bug),
        keyboard: Keyboard::default(),
        asked_names: AtomicBool::new(false),
        name: Mutex::default(),
    });
    // Each of the two threads sends at most one end.
    let (ends, ended) = sync_channel(2);
    start(incoming::run, &client, stream.try_clone()?, ends.clone());
    start(keyboard::type_in, &client, stream.try_clone()?, ends.clone());
    // The other thread ends with the process.
    match ended.recv() {
        Ok(End::Left) => {
            let _ = stream.shutdown(Shutdown::Write);
            let _ = ended.recv_timeout(LINGER);
            Ok(0)
        }
        Ok(End::Gone(why)) => {
            client.screen.entered();
            client.screen.line(&format!("-- {why}"));
            Ok(1)
        }
        Ok(End::Died(why)) => Err(io::Error::other(why)),
        Err(error) => Err(io::Error::other(error)),
    }
}

fn connect(host: &str, port: u16, bug: Bug) -> io::Result<TcpStream> {
    let port = if bug == Bug::OwnPort { port.wrapping_add(1) } else { port };
    loop {
        match TcpStream::connect((host, port)) {
            Err(_) if bug == Bug::RetriesForEver => thread::park_timeout(RETRY),
            outcome => return outcome,
        }
    }
}

/// Starts one of the two threads, which reports its end.
fn start(
    work: fn(&Client, &TcpStream) -> Option<End>,
    client: &Arc<Client>,
    stream: TcpStream,
    ends: SyncSender<End>,
) {
    let client = Arc::clone(client);
    thread::spawn(move || {
        if let Some(end) = work(&client, &stream) {
            let _ = ends.send(end);
        }
    });
}
