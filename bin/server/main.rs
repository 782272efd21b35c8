//! The server: arguments in, composition, exit code out.
//!
//! It says `listening on ADDRESS (DIALECT)` on standard output, a line for each listener, once
//! it is ready; logs go to standard error. Exit codes: 0 after a drain, 2 for bad arguments or a
//! bad configuration file, 3 when it cannot listen, use its data file or start, 128 and the signal's number when a second
//! signal cut a drain short.

mod account;
mod arguments;
mod capacity;
mod data;
mod descriptors;
mod exit;
mod logging;
mod options;
mod prompt;
mod settings;
mod signals;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use app::passwords::Pool;
use app::{Chat, Log, Memory, Sqlite};
use clap::Parser;
use parse::Server;
use parse::dialect::DIALECTS;

use arguments::{Command, Flags};
use data::Data;
use exit::{CANNOT_START, USAGE, fail};
use settings::Settings;

fn main() -> ExitCode {
    let mut flags = Flags::parse();
    if let Err(error) = signals::survive_large_files() {
        return fail(CANNOT_START, &format!("cannot handle signals: {error}"));
    }
    match flags.command.take() {
        Some(Command::Account(account)) => account::run(account),
        None if flags.dialects => list_dialects(),
        None => serve(flags),
    }
}

fn list_dialects() -> ExitCode {
    let mut out = io::stdout().lock();
    for dialect in DIALECTS {
        // That nobody reads the list is no reason to fail.
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
    let result = fits.and_then(|()| run(settings));
    log.flush();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(CANNOT_START, &error),
    }
}

fn run(settings: Settings) -> Result<(), String> {
    let stop = Arc::new(AtomicBool::new(false));
    let signals =
        signals::hook(&stop).map_err(|error| format!("cannot handle signals: {error}"))?;

    let server = Server::bind(&settings.listen, settings.engine, settings.parse)
        .map_err(|error| error.to_string())?;
    let waker = server.waker();
    let wake = {
        let waker = waker.clone();
        move || waker.wake()
    };
    let passwords = Pool::start(stand_back, wake.clone())
        .map_err(|error| format!("cannot start the threads for passwords: {error}"))?;
    let log: Box<dyn Log> = match &settings.data {
        Data::Memory => Box::new(Memory::new(settings.retention)),
        Data::File(file) => {
            let log = Sqlite::open(file, settings.retention, wake);
            Box::new(log.map_err(|error| error.to_string())?)
        }
    };
    let chat = Chat::new(log, Box::new(passwords), settings.app);

    // A signal that came before this waits, and is the first thing that the server sees to.
    signals
        .watch(waker)
        .map_err(|error| format!("cannot start the thread for signals: {error}"))?;
    announce(&server);
    if let Data::File(file) = &settings.data {
        tracing::info!(file = %file.display(), "data file");
    }

    let drained = app::serve(server, chat, &stop, settings.drain);
    tracing::info!(open = drained.open, cut_off = drained.cut_off, "drained");
    Ok(())
}

/// Puts this thread behind the chat where there are few processors: it works on passwords for
/// hundredths of a second at a stretch, and the chat would wait for that. But not far behind: on a
/// machine that is busy with other things people want to log in all the same.
#[cfg(target_os = "linux")]
fn stand_back() {
    // To Linux a thread is a process here, and `None` is the one that asks. Who is refused this
    // goes on as before.
    let _ = rustix::process::setpriority_process(None, 5);
}

/// Elsewhere it would be the whole process that stands back.
#[cfg(not(target_os = "linux"))]
fn stand_back() {}

/// Says where it listens. Scripts wait for these lines. That nobody reads them is no reason not
/// to serve.
fn announce(server: &Server) {
    let mut out = io::stdout().lock();
    for (address, dialect) in server.listeners() {
        let _ = writeln!(out, "listening on {address} ({dialect})");
        tracing::info!(%address, dialect, "listening");
    }
    let _ = out.flush();
}
