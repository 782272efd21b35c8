//! What the server does: the options, checked, with defaults where nothing was said.

use std::net::{SocketAddr, ToSocketAddrs};
use std::num::NonZero;
use std::sync::Arc;
use std::time::Duration;

use app::PageSize;
use parse::dialect::{Dialect, Json};
use parse::{EngineKind, Flood, Listen};
use tracing_subscriber::filter::LevelFilter;

use crate::options::{Options, Switch};

/// Where it listens when nobody says where.
const LISTEN: &str = "0.0.0.0:49512";
/// Descriptors that are no connections: standard streams, listeners, files, and some to spare.
const RESERVED: usize = 64;
/// The one place for messages that is no file.
const MEMORY: &str = ":memory:";

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

impl Settings {
    /// Decides. There may be as many connections as so many `descriptors` allow, where that is
    /// known.
    ///
    /// # Errors
    /// In one line that names what is wrong.
    pub(crate) fn decide(options: Options, descriptors: Option<usize>) -> Result<Settings, String> {
        if let Some(data) = options.data.filter(|data| data != MEMORY) {
            return Err(format!("cannot keep messages in {data:?}: there is only {MEMORY:?} yet"));
        }
        let mut app = app::Limits::default();
        set(&mut app.text, options.text_limit);
        set(&mut app.name, options.name_limit);
        set(&mut app.unreadable, options.unreadable_limit);
        if let Some(limit) = options.login_limit {
            app.login = (limit > 0).then(|| Duration::from_secs(u64::from(limit)));
        }
        if let Some(messages) = options.backlog {
            app.backlog = PageSize { messages, ..app.backlog };
        }

        let engine = options.engine.map_or(Ok(EngineKind::default()), |name| name.parse())?;
        let mut parse = parse::Limits::default();
        set(&mut parse.frame, options.frame_limit);
        set(&mut parse.nesting, options.nesting_limit);
        if parse.nesting > parse::Limits::NESTING_MOST {
            let most = parse::Limits::NESTING_MOST;
            return Err(format!("the nesting limit can be {most} at most"));
        }
        set(&mut parse.net.outbox, options.outbox_limit);
        if let Some(limit) = options.stall_limit {
            parse.net.stall = seconds(limit);
        }

        parse.net.flood = options.flood.as_deref().map_or(Ok(Some(Flood::default())), flood)?;
        set(&mut parse.net.outboxes, options.outboxes_limit);
        let admission = &mut parse.net.admission;
        set(&mut admission.total, descriptors.map(|all| all.saturating_sub(RESERVED).max(1)));
        admission.total = admission.total.min(engine.most_connections());
        set(&mut admission.total, options.connection_limit);
        set(&mut admission.per_address, options.address_limit);
        set(&mut admission.per_second, options.address_rate);
        admission.loopback = options.limit_loopback == Some(Switch::On);

        let listen = match options.listen.as_slice() {
            [] => vec![listener(LISTEN, &parse)?],
            listen => listen.iter().map(|at| listener(at, &parse)).collect::<Result<_, _>>()?,
        };
        let log = options.log.as_deref().unwrap_or("info");
        Ok(Settings {
            listen,
            engine,
            keep: options.keep.unwrap_or(10_000),
            drain: options.drain_limit.map_or(Duration::from_secs(5), seconds),
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

/// What `off` or `BURST,RATE,SECONDS` says.
fn flood(text: &str) -> Result<Option<Flood>, String> {
    let parts: Option<Vec<u32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match (text, parts.as_deref()) {
        ("off", _) => Ok(None),
        (_, Some(&[burst, rate, patience])) if burst > 0 && rate > 0 => {
            Ok(Some(Flood { burst, rate, patience: Duration::from_secs(u64::from(patience)) }))
        }
        _ => Err(format!("cannot read {text:?} as a bound on floods; wanted off or 20,10,30")),
    }
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
