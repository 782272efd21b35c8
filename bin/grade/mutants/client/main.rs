//! Chaff's client: a small chat client, written as a student would write it, so that whatever
//! judges clients can be tried on one that it did not grow up with.
//!
//! One thread reads what is typed, another what the server sends, and the first of them that is
//! done ends both. It shares no code with Strata, nor with the server next door: what that one
//! writes this one reads, and what is a request there is typed here. Without `--bug` it is right;
//! with it, it has exactly one of the bugs that real projects had, and a grader has to find that
//! and nothing else.

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

/// How long to wait before the next try, for the bug that never stops trying.
const RETRY: Duration = Duration::from_millis(100);
/// How long the server may take to hang up on whoever leaves. A socket that is closed while
/// something comes in answers with a reset, which can overtake what was said last.
const LINGER: Duration = Duration::from_millis(500);

/// What the threads share.
pub(crate) struct Client {
    settings: Settings,
    screen: Screen,
    keyboard: Keyboard,
    /// Whether the names were asked for and have not come yet.
    asked_names: AtomicBool,
    /// The name of the last login that was typed.
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

/// Why it is over.
pub(crate) enum End {
    /// Whoever types has left.
    Left,
    /// The server is gone.
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
                dialect = known.ok_or(format!("{value} is no dialect"))?;
            }
            "--bug" => {
                let known = BUGS.iter().find(|entry| entry.name == value);
                bug = Some(known.ok_or(format!("{value} is no bug"))?);
            }
            _ => return Err(format!("{word} is unknown")),
        }
    }
    let [host, port] = places.as_slice() else { return Err("wanted: HOST PORT".to_owned()) };
    let port = port.parse().map_err(|_| format!("{port} is no port"))?;
    if let Some(entry) = bug
        && !entry.dialects.contains(&dialect)
    {
        return Err(format!("{} does not exist in {}", entry.name, dialect.name()));
    }
    let bug = bug.map_or(Bug::None, |entry| entry.bug);
    Ok(((*host).to_owned(), port, Settings { dialect, bug }))
}

/// A line for each bug: its name, where it exists, and something about it.
fn list(about: fn(&Entry) -> String) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for entry in BUGS {
        let dialects: Vec<&str> = entry.dialects.iter().map(|dialect| dialect.name()).collect();
        writeln!(out, "{:27} {:18} {}", entry.name, dialects.join(","), about(entry))?;
    }
    Ok(())
}

/// Chats until one side has had enough; gives the exit code.
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
    // Each of them is done once.
    let (ends, ended) = sync_channel(2);
    start(incoming::run, &client, stream.try_clone()?, ends.clone());
    start(keyboard::type_in, &client, stream.try_clone()?, ends.clone());
    // Nobody says goodbye: the other thread ends with the process.
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

/// A thread for half of the work, which says when it is done.
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
