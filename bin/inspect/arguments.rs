//! The arguments of the tool.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser;
use parse::Limits;
use parse::dialect::{self, Dialect};

/// Greatest number of bytes of a frame. A longer one is shown as bytes without a frame.
const FRAME: usize = 1 << 20;

/// Shows, holds and changes the frames between chat programs, in a browser.
///
/// Clients connect to inspect, and inspect connects to the server. The page at the address that it
/// prints draws every frame, and the reads that brought it. The programs need no change.
#[derive(Debug, Parser)]
#[command(version)]
#[command(
    override_usage = "inspect [OPTIONS] --to HOST:PORT\n       inspect [OPTIONS] FILE",
    after_help = "Exit codes: 0 ended by a signal, 1 a failure of the system, 2 wrong usage, \
    3 cannot listen."
)]
pub(crate) struct Arguments {
    /// A transcript, or a recording of --record or `grade --inspect`: the page steps through it, without
    /// any program
    #[arg(value_name = "FILE", conflicts_with_all = ["to", "record", "replay"])]
    pub(crate) file: Option<PathBuf>,

    /// The address for clients; port 0 takes a free one
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7000")]
    pub(crate) listen: String,

    /// The server
    #[arg(long, value_name = "HOST:PORT", required_unless_present_any = ["file", "replay"])]
    pub(crate) to: Option<String>,

    /// The socket of `server --trace`: the page then shows the hops of each frame in that server
    #[arg(long, value_name = "SOCKET", conflicts_with_all = ["file", "replay"])]
    pub(crate) trace: Option<PathBuf>,

    /// The dialect of the clients, as in `server --listen`; auto finds it out
    #[arg(long, value_name = "DIALECT", default_value = "auto", value_parser = dialect)]
    pub(crate) dialect: Spoken,

    /// The address for the page; only an address of this machine keeps other machines out
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub(crate) page: String,

    /// Open the page in the browser
    #[arg(long)]
    pub(crate) open: bool,

    /// Keep the events in this file; the default is a temporary file, removed at the end
    #[arg(long, value_name = "FILE", conflicts_with = "replay")]
    pub(crate) record: Option<PathBuf>,

    /// Show the events of such a file, the same as FILE
    #[arg(long, value_name = "FILE", conflicts_with = "to")]
    pub(crate) replay: Option<PathBuf>,
}

/// A dialect as an argument.
#[derive(Clone)]
pub(crate) struct Spoken(pub(crate) Arc<dyn Dialect>);

impl std::fmt::Debug for Spoken {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.0.name())
    }
}

/// Finds the dialect with this name.
///
/// # Errors
/// If there is none.
pub(crate) fn dialect(text: &str) -> Result<Spoken, dialect::UnknownDialect> {
    dialect::find(text, &Limits { frame: FRAME, ..Limits::default() }).map(Spoken)
}

/// Finds the address of `HOST:PORT`. IPv4 goes first, because most servers listen there.
///
/// # Errors
/// With the text, if it is no address.
pub(crate) fn resolve(text: &str) -> Result<SocketAddr, String> {
    use std::net::ToSocketAddrs;
    let wrong = |error| format!("{text:?} is not HOST:PORT, as in 127.0.0.1:49512: {error}");
    let found = text.to_socket_addrs().map_err(wrong)?;
    let mut found: Vec<SocketAddr> = found.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(|| format!("{text:?} has no address"))
}
