//! The client: arguments in, composition, exit code out.
//!
//! On a terminal the client is a line editor with messages above it (`terminal.rs`). If its input
//! or output is a pipe or a file, it reads plain lines and prints plain lines (`plain.rs`), for
//! scripts and tests. Both share the parser for input (`input.rs`), the state of the conversation
//! (`conversation.rs`), the handling of responses (`incoming.rs`) and the style of the output
//! (`style.rs`).
//!
//! `exit.rs` lists the exit codes.

mod absence;
mod address;
mod advice;
mod aliases;
mod attention;
mod blocks;
mod bounded;
mod candidates;
mod catalogue;
mod chosen;
mod closed;
mod columns;
mod company;
mod completion;
mod config;
mod connecting;
mod connections;
mod conversation;
mod day;
mod draft;
mod elsewhere;
mod ending;
mod exit;
mod expecting;
mod exposure;
mod folders;
mod foreign;
mod help;
mod history;
mod ignored;
mod ignoring;
mod incoming;
mod input;
mod instead;
mod interrupts;
mod invisible;
mod joins;
mod keyboard;
mod keys;
mod known;
mod left;
mod limits;
mod lines;
mod liveness;
mod logout;
mod lost;
mod manners;
mod masking;
mod members;
mod mentions;
mod missed;
mod missing;
mod mistyped;
mod nearest;
mod output;
mod own;
mod own_line;
mod palette;
mod parts;
mod paste;
mod plain;
mod protocol;
mod rank;
mod recalled;
mod receiving;
mod reconnect;
mod resizing;
mod resting;
mod returning;
mod retyped;
mod reunion;
mod rooms;
mod sanitize;
mod searching;
mod sequences;
mod server;
mod server_limits;
mod silence;
mod stdio;
mod style;
mod summary;
mod suspending;
mod tables;
mod tags;
mod terminal;
mod terms;
mod undecided;
mod undecoded;
mod untagged;
mod usage;
mod watch;
mod whispers;
mod wrapping;

use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal};
use std::ops::ControlFlow::{Break, Continue};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::builder::NonEmptyStringValueParser;
use clap::{Parser, ValueEnum};
use parse::{Fingerprint, Request};

use catalogue::Secrets;
use chosen::Chosen;
use conversation::Conversation;
use elsewhere::replacing;
use exit::{CANNOT_CONNECT, REFUSED, USAGE};
use ignored::Ignored;
use keyboard::Keyboard;
use output::Output;
use protocol::{PASSWORD, login_as};
use server::Server;
use style::Style;
use terminal::Terminal;

/// The files of the client, in the `--help` text.
const FILES: &str = "\
Configuration: ~/.config/strata/client.toml
  server = \"lan\"      # the default server
  name = \"alice\"      # log in under this name; without it, the client asks
  reconnect = false   # end when the connection is lost
  [servers]           # names for servers: `client lan`
  lan = \"192.168.1.20:49512\"
  `client --print-config` prints every field with its default.

Ignored people: ~/.config/strata/ignored, one name a line

Keys of servers: ~/.config/strata/known-servers

History: ~/.local/state/strata/client-history
  Only you can read it. It contains no passwords and no
  lines that begin with a space.

On macOS these files are in
  ~/Library/Application Support/strata";

/// The exit codes, in the `--help` text.
const EXIT_CODES: &str = "\
Exit codes:
  0    success
  1    a line was refused or not sent, or the server closed the
       connection
  2    bad arguments, or an error in client.toml
  3    cannot connect, or nothing comes from the server
  130  interrupted";

/// The most columns of a line about a key, in the `--help` text.
const KEY_COLUMNS: usize = 62;

/// The end of the `--help` text.
fn after_help() -> String {
    let keys = usage::keys(Some(KEY_COLUMNS)).join("\n  ");
    let lines = format!(
        "Several lines: a pasted text of more than {} lines, any text of more than {},\n\
         or one with a later line that looks like a command, is sent only after a yes.",
        paste::FREE,
        blocks::TYPED
    );
    format!("{FILES}\n\nKeys:\n  {keys}\n\n{lines}\n\n{EXIT_CODES}")
}

/// Strata's chat client.
///
/// Type a message and press Enter to send it to everyone in the room. /help lists the commands,
/// /quit leaves. If the input or the output is not a terminal, or TERM is dumb, the client reads and prints
/// plain lines, as for scripts; in a pipe it prints earlier messages only after /history, or with --backlog.
#[derive(Debug, Parser)]
#[command(version, after_help = after_help())]
struct Flags {
    /// The server: HOST, HOST:PORT, :PORT, an IPv6 address (in brackets if a port follows), or a name
    /// from client.toml; the default port is 49512, and 49513 with TLS [default: 127.0.0.1]
    server: Option<String>,

    /// Encrypt the connection with TLS. If no authority vouches for the server's key, the client asks on a
    /// terminal whether to trust it, and remembers the answer
    #[arg(long)]
    tls: bool,

    /// Do not encrypt the connection, whatever client.toml says
    #[arg(long, conflicts_with_all = ["tls", "tls_fingerprint"])]
    no_tls: bool,

    /// Encrypt the connection, and trust this key of the server and no other
    #[arg(long, value_name = "SHA256")]
    tls_fingerprint: Option<Fingerprint>,

    /// Log in under this name at the start; without it, the client asks on a terminal, before it
    /// connects
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    name: Option<String>,

    /// Log in with the password in the first line of this file; without it, the client asks on a
    /// terminal
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,

    /// If you are logged in elsewhere, end that session; on a terminal, the client asks
    #[arg(long, requires = "password_file")]
    replace: bool,

    /// When to use colours; "auto" uses them on a terminal, unless NO_COLOR is set or TERM is dumb. Without
    /// colours, mentions of your name and whispers are still bold on a terminal, unless TERM is dumb
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,

    /// In a pipe: print each response as the server sent it, one JSON object a line; everything else
    /// goes to standard error. Not together with --timestamps or --backlog
    #[arg(long, conflicts_with = "timestamps")]
    json: bool,

    /// In a pipe: print the time before each message, as in 2026-11-28T12:34:56.789Z
    #[arg(long)]
    timestamps: bool,

    /// In a pipe: print the latest messages after a login and after /join, as a terminal shows them
    #[arg(long, conflicts_with = "json")]
    backlog: bool,

    /// Connect again when the connection is lost, also without a terminal
    #[arg(long, conflicts_with = "no_reconnect")]
    reconnect: bool,

    /// End when the connection is lost
    #[arg(long)]
    no_reconnect: bool,

    /// Read this file instead of client.toml in the configuration folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Print a client.toml with every field, its default and a comment, and exit
    #[arg(long)]
    print_config: bool,
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
            report(&error);
            ExitCode::from(code)
        }
    }
}

/// Shows an error or a warning, at a terminal without breaking words.
fn report(text: &str) {
    let mut text = format!("client: {text}");
    if io::stderr().is_terminal() {
        let rows = text.split('\n').map(|line| wrapping::wrap(line, 0, 2, stdio::columns()));
        text = rows.collect::<Vec<_>>().join("\n");
    }
    stdio::print_error(&text);
}

fn run(flags: &Flags) -> Result<ExitCode, (u8, String)> {
    if flags.print_config {
        return match stdio::print(&[config::template()]) {
            // A reader that closes its pipe has read enough.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err((REFUSED, format!("cannot write the output: {error}")))
            }
            _ => Ok(ExitCode::SUCCESS),
        };
    }
    // Before any other thread starts.
    resizing::block_signal()
        .map_err(|error| (REFUSED, format!("cannot block a signal: {error}")))?;
    let is_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let for_scripts =
        [("--json", flags.json), ("--timestamps", flags.timestamps), ("--backlog", flags.backlog)];
    if let Some((flag, _)) = for_scripts.iter().find(|(_, is_set)| *is_set && is_terminal) {
        let why = "needs a pipe or a file as standard input or standard output";
        return Err((USAGE, format!("{flag} {why}")));
    }
    let config = config::read(flags.config.as_deref()).map_err(|error| (USAGE, error))?;
    let wants_tls = flags.tls || flags.tls_fingerprint.is_some() || config.tls && !flags.no_tls;
    let target = config.target(flags.server.as_deref(), wants_tls);
    address::check(&target).map_err(|error| (USAGE, error))?;
    let server = if wants_tls {
        Server::secured(&target, flags.tls_fingerprint)
    } else {
        Ok(Server::plain(&target))
    };
    let mut server = server.map_err(|error| (USAGE, error))?;
    let hint = config.hint(flags.server.as_deref());
    let name = flags.name.clone().or(config.name);
    let ignored = Ignored::read().map_err(|error| (USAGE, error))?;
    let mut login = login(name, flags.password_file.as_deref()).map_err(|error| (USAGE, error))?;
    if flags.replace {
        login = login.map(replacing);
    }

    let colour = wants_colour(flags.color, is_terminal);
    let style = Style {
        colour,
        // https://no-color.org is about colours only.
        emphasis: colour || is_terminal && !is_dumb(),
        terminal: is_terminal,
        timestamps: flags.timestamps,
        backlog: is_terminal || flags.backlog,
        mentions: config.mentions,
        bell: config.bell,
    };
    // A terminal that cannot move its cursor is used as a pipe is.
    let keyboard = if is_terminal { Keyboard::open() } else { None };
    let mut terminal =
        keyboard.map(Terminal::open).transpose().map_err(|error| (REFUSED, error))?;
    if let (Some(terminal), None) = (&mut terminal, &login) {
        match terminal.ask_name(style) {
            Continue(name) => login = name.as_deref().map(login_as),
            Break(code) => return Ok(code),
        }
    }

    let link = match connecting::connect(&mut server, terminal.as_mut(), style) {
        Ok(Continue(link)) => link,
        Ok(Break(code)) => return Ok(code),
        Err(error) => {
            return Err((CANNOT_CONNECT, format!("{error}{hint}")));
        }
    };
    let exposed = server.is_exposed(&link);
    let secrets = if terminal.is_some() { Secrets::Asked } else { Secrets::InLine };
    let conversation = Conversation::start(link.sender, style, secrets);
    if let Some(terminal) = &terminal {
        conversation.known().attention = terminal.attention(config.unread_after);
    }
    conversation.known().exposed = exposed;
    conversation.known().joins.shown = config.joins;
    conversation.known().ignored = ignored;
    conversation.known().chosen = Chosen::new(config.rooms);
    // A script should learn that the connection is lost, so the configuration is for terminals only.
    let usual = terminal.is_some() && config.reconnect;
    conversation.known().reconnects = flags.reconnect || (usual && !flags.no_reconnect);

    Ok(match terminal {
        Some(terminal) => terminal::run(terminal, server, conversation, link.receiver, login),
        None => {
            let output = if flags.json { Output::Frames } else { Output::Lines };
            plain::run(conversation, link.receiver, &server, login, output)
        }
    })
}

/// The first request, if the client has a name to log in with.
fn login(name: Option<String>, file: Option<&Path>) -> Result<Option<Request>, String> {
    let Some(name) = name else {
        let lost = "--password-file needs --name NAME, or a name in client.toml";
        return if file.is_some() { Err(lost.to_owned()) } else { Ok(None) };
    };
    let mut login = login_as(&name);
    if let Some(file) = file {
        let read = shared::password_file::read(file)?;
        if let Some(warning) = &read.warning {
            report(warning);
        }
        login.arguments.insert(PASSWORD, read.password);
    }
    Ok(Some(login))
}

fn wants_colour(colour: Colour, terminal: bool) -> bool {
    match colour {
        Colour::Always => true,
        Colour::Never => false,
        // https://no-color.org: NO_COLOR is set and not empty.
        Colour::Auto => terminal && variable("NO_COLOR").is_none() && !is_dumb(),
    }
}

/// Whether the terminal knows no escape sequences.
fn is_dumb() -> bool {
    variable("TERM").is_some_and(|term| term == "dumb")
}

/// The value of a variable of the environment that is set and not empty.
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}
