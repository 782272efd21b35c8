//! What the server can be told: by flags, or in a TOML file under the same names.
//!
//! Every option is declared once, in [`Options`], which is both a group of flags and the shape of
//! the file. A flag wins over the file, and the file over the default.

use std::net::{SocketAddr, ToSocketAddrs};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::PageSize;
use clap::{Args, Parser};
use parse::dialect::{Dialect, Json};
use parse::{EngineKind, Listen};
use serde::Deserialize;
use tracing_subscriber::filter::LevelFilter;

/// Where it listens when nobody says where.
const LISTEN: &str = "0.0.0.0:49512";
/// The one place for messages that is no file.
const MEMORY: &str = ":memory:";

/// Strata's chat server.
///
/// It prints "listening on ADDRESS (DIALECT)" for each listener when it is ready. Ctrl-C drains
/// it: everybody is told, everything said is delivered, and then it ends; a second Ctrl-C ends it
/// at once.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Flags {
    /// Read options from this TOML file; they have the names of the flags
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    options: Options,
}

#[derive(Debug, Default, Args, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct Options {
    /// Listen here; repeat it to listen in several places. Port 0 takes a free one
    /// [default: 0.0.0.0:49512]
    #[arg(long, value_name = "[DIALECT=]HOST:PORT")]
    listen: Vec<String>,

    /// How bytes are moved: threads [default: threads]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,

    /// Where messages are kept; ":memory:" forgets them when the server ends
    /// [default: :memory:]
    #[arg(long, value_name = "FILE")]
    data: Option<String>,

    /// How many messages are kept in memory [default: 10000]
    #[arg(long, value_name = "N")]
    keep: Option<usize>,

    /// How many of them come with a login [default: 50]
    #[arg(long, value_name = "N")]
    backlog: Option<usize>,

    /// The longest frame, in bytes [default: 8192]
    #[arg(long, value_name = "BYTES")]
    frame_limit: Option<NonZero<usize>>,

    /// The longest text of a message, in bytes [default: 4096]
    #[arg(long, value_name = "BYTES")]
    text_limit: Option<NonZero<usize>>,

    /// The longest name, in characters [default: 32]
    #[arg(long, value_name = "N")]
    name_limit: Option<NonZero<usize>>,

    /// How deep a request may be nested [default: 32]
    #[arg(long, value_name = "N")]
    nesting_limit: Option<NonZero<usize>>,

    /// How many unreadable frames in a row end a connection [default: 10]
    #[arg(long, value_name = "N")]
    unreadable_limit: Option<NonZero<u32>>,

    /// How many bytes may wait for a peer that does not read, before it is closed
    /// [default: 131072]
    #[arg(long, value_name = "BYTES")]
    outbox_limit: Option<NonZero<usize>>,

    /// How many seconds a peer may take nothing of what waits for it [default: 10]
    #[arg(long, value_name = "SECONDS")]
    stall_limit: Option<NonZero<u32>>,

    /// How many seconds a drain may take [default: 5]
    #[arg(long, value_name = "SECONDS")]
    drain_limit: Option<NonZero<u32>>,

    /// How much is logged to standard error: off, error, warn, info, debug or trace
    /// [default: info]
    #[arg(long, value_name = "LEVEL")]
    log: Option<String>,
}

/// What the server does, everything decided.
pub(crate) struct Settings {
    pub(crate) listen: Vec<Listen>,
    pub(crate) engine: EngineKind,
    pub(crate) keep: usize,
    pub(crate) drain: Duration,
    pub(crate) log: LevelFilter,
    pub(crate) parse: parse::Limits,
    pub(crate) app: app::Limits,
}

impl Flags {
    /// Reads the file, if there is one, and decides.
    ///
    /// # Errors
    /// In one line that names what is wrong and where.
    pub(crate) fn settle(self) -> Result<Settings, String> {
        let file = self.config.as_deref().map(read).transpose()?.unwrap_or_default();
        self.options.or(file).settle()
    }
}

fn read(path: &Path) -> Result<Options, String> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}"))?;
    toml::from_str(&text).map_err(|error| {
        let line = error.span().and_then(|span| text.get(..span.start)).map_or(1, line_number);
        // Some messages have a list on lines of its own.
        let message = error.message().lines().collect::<Vec<_>>().join(" ");
        format!("{name}, line {line}: {message}")
    })
}

/// The number of the line on which what comes after this text begins.
fn line_number(before: &str) -> usize {
    before.matches('\n').count() + 1
}

impl Options {
    /// These options, and where they say nothing, the others.
    fn or(self, other: Options) -> Options {
        Options {
            listen: if self.listen.is_empty() { other.listen } else { self.listen },
            engine: self.engine.or(other.engine),
            data: self.data.or(other.data),
            keep: self.keep.or(other.keep),
            backlog: self.backlog.or(other.backlog),
            frame_limit: self.frame_limit.or(other.frame_limit),
            text_limit: self.text_limit.or(other.text_limit),
            name_limit: self.name_limit.or(other.name_limit),
            nesting_limit: self.nesting_limit.or(other.nesting_limit),
            unreadable_limit: self.unreadable_limit.or(other.unreadable_limit),
            outbox_limit: self.outbox_limit.or(other.outbox_limit),
            stall_limit: self.stall_limit.or(other.stall_limit),
            drain_limit: self.drain_limit.or(other.drain_limit),
            log: self.log.or(other.log),
        }
    }

    fn settle(self) -> Result<Settings, String> {
        if let Some(data) = self.data.filter(|data| data != MEMORY) {
            return Err(format!("cannot keep messages in {data:?}: there is only {MEMORY:?} yet"));
        }
        let mut app = app::Limits::default();
        set(&mut app.text, self.text_limit);
        set(&mut app.name, self.name_limit);
        set(&mut app.unreadable, self.unreadable_limit);
        if let Some(messages) = self.backlog {
            app.backlog = PageSize { messages, ..app.backlog };
        }

        let mut parse = parse::Limits::default();
        set(&mut parse.frame, self.frame_limit);
        set(&mut parse.nesting, self.nesting_limit);
        set(&mut parse.net.outbox, self.outbox_limit);
        if let Some(limit) = self.stall_limit {
            parse.net.stall = seconds(limit);
        }

        let listen = match self.listen.as_slice() {
            [] => vec![listener(LISTEN, &parse)?],
            listen => listen.iter().map(|at| listener(at, &parse)).collect::<Result<_, _>>()?,
        };
        let log = self.log.as_deref().unwrap_or("info");
        Ok(Settings {
            listen,
            engine: self.engine.map_or(Ok(EngineKind::default()), |name| name.parse())?,
            keep: self.keep.unwrap_or(10_000),
            drain: self.drain_limit.map_or(Duration::from_secs(5), seconds),
            log: log.parse().map_err(|_| format!("no log level is called {log:?}"))?,
            parse,
            app,
        })
    }
}

fn set<T>(limit: &mut T, to: Option<impl Into<T>>) {
    if let Some(to) = to {
        *limit = to.into();
    }
}

fn seconds(count: NonZero<u32>) -> Duration {
    Duration::from_secs(u64::from(count.get()))
}

/// What `[DIALECT=]HOST:PORT` says.
fn listener(text: &str, limits: &parse::Limits) -> Result<Listen, String> {
    let (dialect, address) = text.split_once('=').unwrap_or(("json", text));
    let dialect: Arc<dyn Dialect> = match dialect {
        "json" => Arc::new(Json::new(limits)),
        other => return Err(format!("no dialect is called {other:?}; there is: json")),
    };
    let address = resolve(address).map_err(|why| {
        format!("cannot listen on {address:?}: {why}; wanted HOST:PORT, as in {LISTEN}")
    })?;
    Ok(Listen { address, dialect })
}

fn resolve(address: &str) -> Result<SocketAddr, String> {
    let mut addresses = address.to_socket_addrs().map_err(|error| error.to_string())?;
    addresses.next().ok_or_else(|| "it has no address".to_owned())
}
