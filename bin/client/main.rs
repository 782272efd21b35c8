//! The client: arguments in, composition, exit code out.
//!
//! With a person at both ends it is a line editor above which messages appear (`terminal.rs`).
//! When either end is a pipe or a file it takes plain lines and prints plain lines (`plain.rs`),
//! so that it can be scripted and tested. Both share what a typed line means (`typed.rs`), what
//! is known of the conversation (`conversation.rs`) and what is shown of it (`show.rs`).
//!
//! Exit codes: 0 fine, 1 refused or hung up on, 2 bad arguments or a bad configuration file,
//! 3 cannot connect, 130 interrupted.

mod bounded;
mod catalogue;
mod completion;
mod config;
mod conversation;
mod draft;
mod ending;
mod exit;
mod history;
mod incoming;
mod input;
mod invisible;
mod keyboard;
mod masking;
mod mistyped;
mod plain;
mod protocol;
mod rooms;
mod sanitize;
mod stdio;
mod style;
mod tables;
mod terminal;

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use parse::{Dict, Limits, Link, Request};

use catalogue::Secrets;
use conversation::Conversation;
use exit::{CANNOT_CONNECT, USAGE};
use keyboard::Keyboard;
use style::Style;

/// What `--help` says besides the flags.
const AFTER_HELP: &str = "\
Files (on Linux; elsewhere in the platform's own folders):
  ~/.config/strata/client.toml          which servers there are:
                                            server = \"lan\"      # where to go when not told
                                            name = \"alice\"      # log in at once
                                            [servers]           # so that `client lan` works
                                            lan = \"192.168.1.20:49512\"
  ~/.local/state/strata/client-history  what you typed, for you alone; a line that begins
                                        with a space is not kept, and no password ever

Keys: Tab completes, Up goes back in history, Ctrl-C clears the line and twice leaves,
Ctrl-D leaves.

Exit codes: 0 fine, 1 refused or hung up on, 2 bad arguments or a bad client.toml,
3 cannot connect, 130 interrupted.";

/// How long to try to connect.
const CONNECT: Duration = Duration::from_secs(10);

/// Strata's chat client.
///
/// Type to speak. /help lists the commands, /quit ends. When its input or its output is no
/// terminal it reads plain lines and prints plain lines.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER_HELP)]
struct Flags {
    /// The server: HOST:PORT, HOST (port 49512), or a name from client.toml
    /// [default: 127.0.0.1:49512]
    server: Option<String>,

    /// Log in under this name at once
    #[arg(long, value_name = "NAME")]
    name: Option<String>,

    /// Log in with the password in the first line of this file; a terminal asks for it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// When to use colours; with "auto", on a terminal unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,

    /// Read this file in place of client.toml in the configuration folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

fn main() -> ExitCode {
    let flags = Flags::parse();
    match run(&flags) {
        Ok(code) => code,
        Err((code, error)) => {
            stdio::print_error(&format!("client: {error}"));
            ExitCode::from(code)
        }
    }
}

fn run(flags: &Flags) -> Result<ExitCode, (u8, String)> {
    let config = config::read(flags.config.as_deref()).map_err(|error| (USAGE, error))?;
    let target = config.target(flags.server.as_deref());
    let name = flags.name.clone().or(config.name);
    let login = login(name, flags.password_file.as_deref()).map_err(|error| (USAGE, error))?;

    let link = Link::connect(&target, CONNECT, Limits::default()).map_err(|error| {
        let hint = config::hint(flags.server.as_deref());
        (CANNOT_CONNECT, format!("{error}{hint}"))
    })?;
    let terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let style = Style { colour: wants_colour(flags.color, terminal), terminal };
    let keyboard = if terminal { Keyboard::open() } else { None };
    let secrets = if keyboard.is_some() { Secrets::Asked } else { Secrets::InLine };
    let conversation = Conversation::start(link.sender, style, secrets);

    Ok(match keyboard {
        Some(keyboard) => terminal::run(keyboard, &target, conversation, link.receiver, login),
        // No terminal, or one that cannot move its cursor.
        None => plain::run(conversation, link.receiver, login),
    })
}

/// What to ask for first.
fn login(name: Option<String>, file: Option<&Path>) -> Result<Option<Request>, String> {
    let Some(name) = name else {
        let lost = "--password-file needs --name NAME, or a name in client.toml";
        return if file.is_some() { Err(lost.to_owned()) } else { Ok(None) };
    };
    let mut arguments = Dict::new().with("username", name);
    if let Some(file) = file {
        let read = shared::password_file::read(file)?;
        if let Some(warning) = &read.warning {
            stdio::print_error(&format!("client: {warning}"));
        }
        arguments.insert("password", read.password);
    }
    Ok(Some(Request::new("login", arguments)))
}

fn wants_colour(colour: Colour, terminal: bool) -> bool {
    match colour {
        Colour::Always => true,
        Colour::Never => false,
        // https://no-color.org: set, and not to nothing.
        Colour::Auto => {
            terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    }
}
