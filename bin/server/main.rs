//! The server: arguments in, composition, exit code out.
//!
//! When the server is ready, it prints `listening on ADDRESS (DIALECT)` for each listener to
//! standard output. The log goes to standard error. The exit code is 0 after a drain, and 128 plus
//! the signal's number if a second signal ends the drain early; `exit.rs` lists the others.

mod account;
mod arguments;
mod backup;
mod book;
mod capacity;
mod cert;
mod data;
mod descriptors;
mod exit;
mod logging;
mod manager;
mod metrics;
mod options;
mod orphans;
mod prompt;
mod settings;
mod sharing;
mod signals;
mod tls;
mod trace;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use app::passwords::Pool;
use app::{Chat, Log, Memory, Ordered, Shared, Sqlite};
use clap::Parser;
use parse::Server;
use parse::dialect::DIALECTS;

use arguments::{Command, Flags};
use data::Data;
use exit::{CANNOT_GO_ON, CANNOT_START, USAGE, fail};
use manager::Manager;
use metrics::{Metrics, Sources};
use settings::Settings;
use trace::Trace;

fn main() -> ExitCode {
    let mut flags = Flags::parse();
    if let Err(error) = signals::survive_large_files() {
        return fail(CANNOT_START, &format!("cannot handle signals: {error}"));
    }
    match flags.command.take() {
        Some(Command::Account(account)) => account::run(account),
        Some(Command::Backup(backup)) => backup::run(backup),
        Some(Command::Cert(cert)) => cert::run(cert),
        None if flags.dialects => list_dialects(),
        None => serve(flags),
    }
}

fn list_dialects() -> ExitCode {
    let mut out = io::stdout().lock();
    for dialect in DIALECTS {
        // A reader that closes the pipe early does not make the command fail.
        let _ = writeln!(out, "{:8}{}", dialect.name, dialect.summary);
        for (option, choice) in dialect.options().zip(dialect.choices) {
            let _ = writeln!(out, "{:8}  {}:{option}: {}", "", dialect.name, choice.summary);
        }
    }
    ExitCode::SUCCESS
}

fn serve(flags: Flags) -> ExitCode {
    let descriptors = descriptors::raise();
    let settings = flags.options();
    let mut settings = match settings.and_then(Settings::decide) {
        Ok(settings) => settings,
        Err(error) => return fail(USAGE, &error),
    };
    let log = match logging::start(settings.log) {
        Ok(log) => log,
        Err(error) => return fail(CANNOT_START, &format!("cannot start the log: {error}")),
    };
    let fits = descriptors.map_or(Ok(()), |all| capacity::fit(&mut settings, all));
    let failed = Failure::default();
    let result = fits.and_then(|()| run(settings, &failed));
    log.flush();
    match (result, failed.get()) {
        (Err(error), _) => fail(CANNOT_START, &error),
        (Ok(()), Some(error)) => fail(CANNOT_GO_ON, error),
        (Ok(()), None) => ExitCode::SUCCESS,
    }
}

/// The reason why the log cannot be followed any further.
type Failure = Arc<OnceLock<String>>;

fn run(mut settings: Settings, failed: &Failure) -> Result<(), String> {
    let stop = Arc::new(AtomicBool::new(false));
    let signals =
        signals::install(&stop).map_err(|error| format!("cannot handle signals: {error}"))?;
    orphans::reap_if_first()
        .map_err(|error| format!("cannot start the thread for orphans: {error}"))?;
    let metrics = settings.metrics.map(Metrics::bind).transpose()?;
    let socket = settings.trace.as_deref().map(trace::Socket::bind).transpose()?;
    let trace = socket.as_ref().map(|_| Arc::new(Trace::new()));

    let tls = settings.tls.take();
    let tls = tls.map(|tls| tls.open(&mut settings.listen, lower_priority)).transpose()?;
    let below = trace.clone().map(|trace| trace as Arc<dyn parse::Trace>);
    let server = Server::bind_traced(&settings.listen, settings.engine, settings.parse, below)
        .map_err(|error| error.to_string())?;
    let waker = server.waker();
    let (inquirer, inquiries, ended) = app::inquiries(waker.clone());
    let wake = {
        let waker = waker.clone();
        move || waker.wake()
    };
    let passwords = Pool::start(lower_priority, wake.clone())
        .map_err(|error| format!("cannot start the threads for passwords: {error}"))?;
    if let Data::File(file) = &settings.data {
        data::make_folders(file);
    }
    let log: Box<dyn Log> = match (settings.sharing, &settings.data) {
        (Some(sharing), _) => {
            let (failed, stop, waker) = (Arc::clone(failed), Arc::clone(&stop), waker.clone());
            let fail = move |why: String| {
                tracing::error!("{why}");
                let _ = failed.set(why);
                stop.store(true, Ordering::Release);
                waker.wake();
            };
            tracing::info!(log = %sharing.address, server = %sharing.name, "shared chat");
            Box::new(Shared::open(sharing, wake, fail).map_err(|error| error.to_string())?)
        }
        (None, Data::Memory) => Box::new(Memory::new(settings.retention)),
        (None, Data::File(file)) => {
            let log = Sqlite::open(file, settings.retention, wake);
            Box::new(Ordered::new(log.map_err(|error| error.to_string())?))
        }
    };
    let observer = trace.clone().map(|trace| trace as Arc<dyn app::Trace>);
    let chat = Chat::new(log, Box::new(passwords), settings.app).traced(observer);

    if let (Some(socket), Some(trace)) = (&socket, &trace) {
        socket
            .start(trace)
            .map_err(|error| format!("cannot start the thread for --trace: {error}"))?;
    }

    if let Some(metrics) = metrics {
        let sources = Sources { connections: server.figures(), chat: chat.figures() };
        metrics
            .start(sources, inquirer.another())
            .map_err(|error| format!("cannot start the thread for --metrics: {error}"))?;
    }

    // The server handles a signal from before this point as soon as its loop starts.
    signals
        .watch(waker, tls)
        .map_err(|error| format!("cannot start the thread for signals: {error}"))?;
    announce(&server);
    if let Data::File(file) = &settings.data {
        tracing::info!(file = %file.display(), "data file");
    }

    let manager = Manager::start(inquirer, ended)
        .map_err(|error| format!("cannot start the thread for the service manager: {error}"))?;

    let drained = app::serve(server, chat, &stop, inquiries, settings.drain);
    tracing::info!(open = drained.open, cut_off = drained.cut_off, "drained");
    manager.finish();
    Ok(())
}

/// Lowers the priority of this thread, so that the chat runs first on a machine with few
/// processors: a password hash takes hundredths of a second, and the chat would wait for it. The
/// priority is only a little lower, so that logins still work on a busy machine.
#[cfg(target_os = "linux")]
fn lower_priority() {
    // On Linux this call applies to a single thread; `None` is the calling thread. If the system
    // refuses, the priority stays as it is.
    let _ = rustix::process::setpriority_process(None, 5);
}

/// Does nothing: on other systems the call would apply to the whole process.
#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

/// Prints a line for each listener; scripts wait for these lines. The server runs even if printing
/// fails.
fn announce(server: &Server) {
    let mut out = io::stdout().lock();
    for listener in server.listeners() {
        let address = listener.address;
        let dialect = tls::joined(listener.dialect, listener.is_secured);
        let _ = writeln!(out, "listening on {address} ({dialect})");
        tracing::info!(%address, dialect, "listening");
    }
    let _ = out.flush();
}
