//! `inspect`: shows, holds and changes the frames between chat programs, in a browser.
//!
//! A chat program that takes the bytes of one read for one message works on its author's machine and
//! fails on another machine. The difference between a read and a message is invisible, so this tool draws it.
//! It is a proxy: clients connect to it, it connects to the server, and a page shows every frame and the
//! reads that brought it. The page can hold frames, and step, drop, double, move, edit or cut them.
//!
//! Read it in this order: `framer` (which bytes belong to which frame), `lane` (one direction, held or not),
//! `proxy` (sockets and lanes), `inside` (the trace of a Strata server), `event` and `record` (what the page
//! learns), `web` and `page` (the page), `transcript` (a run as a test), `opened` (a file that was saved before).
//!
//! Exit codes: 0 ended by a signal, 1 a failure of the system, 2 wrong usage, 3 cannot listen.

mod arguments;
mod event;
mod framer;
mod inside;
mod lane;
mod meaning;
mod opened;
mod order;
mod proxy;
mod record;
mod transcript;
mod web;

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use clap::Parser;
use signal_hook::consts::TERM_SIGNALS;
use signal_hook::iterator::Signals;
use thiserror::Error;

use arguments::{Arguments, resolve};
use inside::Inside;
use proxy::Proxy;
use record::Record;
use web::Web;

/// The number of events that the proxy may be ahead of the record.
const AHEAD: usize = 4096;

/// The reason why the tool ends early.
#[derive(Debug, Error)]
enum Failure {
    #[error("{0}")]
    Usage(String),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("{what}: {source}")]
    System { what: String, source: io::Error },
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Failure::System { .. } => 1,
            Failure::Usage(_) => 2,
            Failure::Listen { .. } => 3,
        }
    }

    /// Adds the operation to an error of the system.
    fn of(what: impl Into<String>) -> impl FnOnce(io::Error) -> Failure {
        let what = what.into();
        move |source| Failure::System { what, source }
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Standard error may be closed.
            let _ = writeln!(io::stderr(), "inspect: {failure}");
            ExitCode::from(failure.code())
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut signals = Signals::new(TERM_SIGNALS).map_err(Failure::of("cannot handle signals"))?;
    let pages = listen(&arguments.page)?;
    let page = pages.local_addr().map_err(Failure::of("cannot find the address of the page"))?;
    let token = token().map_err(Failure::of("cannot make a token"))?;
    if let Some(file) = arguments.file.as_ref().or(arguments.replay.as_ref()) {
        let record = opened::file(file).map_err(|why| Failure::Usage(why.to_string()))?;
        let web = Arc::new(Web::new(Arc::new(record), None, token, page));
        serve(&web, pages, arguments)?;
        signals.forever().next();
        return Ok(());
    }
    let to = arguments.to.as_deref().unwrap_or_default();
    let to = resolve(to).map_err(|why| Failure::Usage(format!("--to {why}")))?;
    let inside = arguments.trace.as_deref().map(|socket| {
        let what = format!("cannot connect to the trace of the server at {}", socket.display());
        Inside::connect(socket).map_err(Failure::of(what))
    });
    let inside = inside.transpose()?;
    let listener = listen(&arguments.listen)?;
    let address = listener.local_addr().map_err(Failure::of("cannot find the own address"))?;
    let record = Arc::new(Record::new(file(arguments.record.as_deref())?));
    let (sender, events) = sync_channel(AHEAD);
    let dialect = Arc::clone(&arguments.dialect.0);
    let hops = sender.clone();
    let proxy = Proxy::new(listener, to, dialect, sender).map_err(Failure::of("cannot poll"))?;
    let commander = proxy.commander();
    let started = proxy.started();
    if let Some(inside) = inside {
        spawn("inside", move || inside.run(started, &hops))?;
    }
    let keeper = Arc::clone(&record);
    spawn("record", move || keeper.run(&events))?;
    let stopper = commander.clone();
    spawn("signals", move || {
        signals.forever().next();
        stopper.stop();
    })?;
    say(&format!("listening on {address}"))?;
    let web = Arc::new(Web::new(record, Some(commander), token, page));
    serve(&web, pages, arguments)?;
    proxy.run().map_err(Failure::of("cannot wait for sockets"))
}

/// Starts the thread of the page and prints its address.
fn serve(web: &Arc<Web>, pages: TcpListener, arguments: &Arguments) -> Result<(), Failure> {
    let server = Arc::clone(web);
    spawn("pages", move || server.run(&pages))?;
    say(&format!("page at {}", web.url()))?;
    if arguments.open {
        let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        let opened = Command::new(program)
            .arg(web.url())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        opened.map(|_| ()).map_err(Failure::of(format!("cannot open the page with {program}")))?;
    }
    Ok(())
}

fn listen(text: &str) -> Result<TcpListener, Failure> {
    let address = resolve(text).map_err(Failure::Usage)?;
    TcpListener::bind(address).map_err(|source| Failure::Listen { address, source })
}

/// The file of the record: a new one, which replaces nothing, or a temporary one.
fn file(path: Option<&Path>) -> Result<File, Failure> {
    match path {
        Some(path) => File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(Failure::of(format!("cannot create {}", path.display()))),
        None => tempfile::tempfile().map_err(Failure::of("cannot create a temporary file")),
    }
}

/// A random token of 128 bits, in hexadecimal digits.
fn token() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map(|_| ()).map_err(Failure::of("cannot start a thread"))
}

fn say(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let said = writeln!(out, "{line}").and_then(|()| out.flush());
    said.map_err(Failure::of("cannot write to standard output"))
}
