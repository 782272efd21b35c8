//! The settings of the server: checked options, with defaults for the others.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app::{PageSize, Retention, Sharing};
use parse::dialect::{self, Dialect};
use parse::{EngineKind, Flood, Listen, Presence};
use tracing_subscriber::filter::LevelFilter;

use crate::data::Data;
use crate::options::{Options, Switch};
use crate::sharing;
use crate::tls::{self, Tls};

/// The default listening address.
const LISTEN: &str = "0.0.0.0:49512";
/// An example for `--metrics`.
const METRICS: &str = "127.0.0.1:9100";
/// The default dialect.
const DIALECT: &str = "auto";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The settings of the server.
pub(crate) struct Settings {
    pub(crate) listen: Vec<Listen>,
    /// What encrypts some of the listeners.
    pub(crate) tls: Option<Tls>,
    pub(crate) engine: EngineKind,
    /// Whether the operator set the limit on connections.
    pub(crate) chosen_total: bool,
    pub(crate) data: Data,
    pub(crate) retention: Retention,
    /// The part in a chat of several servers.
    pub(crate) sharing: Option<Sharing>,
    pub(crate) drain: Duration,
    pub(crate) log: LevelFilter,
    /// The address for figures.
    pub(crate) metrics: Option<SocketAddr>,
    /// The socket of the trace.
    pub(crate) trace: Option<PathBuf>,
    pub(crate) parse: parse::Limits,
    pub(crate) app: app::Limits,
}

impl Settings {
    /// Checks the options and adds the defaults.
    ///
    /// # Errors
    /// One line that names the invalid value.
    pub(crate) fn decide(options: Options) -> Result<Settings, String> {
        let data = match (options.data, &options.shared) {
            // The view of a shared log can be made again.
            (None, Some(_)) => Data::Memory,
            (data, _) => Data::decide(data)?,
        };
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

        app.guests = options.guests != Some(Switch::Off);
        app.register = options.register != Some(Switch::Off);

        let engine = options.engine.map_or(Ok(EngineKind::default()), |name| name.parse())?;
        let mut parse = parse::Limits::default();
        set(&mut parse.frame, options.frame_limit);
        set(&mut parse.nesting, options.nesting_limit);
        if parse.nesting > parse::Limits::NESTING_MOST {
            let most = parse::Limits::NESTING_MOST;
            return Err(format!("--nesting-limit must be at most {most}"));
        }
        set(&mut parse.net.outbox, options.outbox_limit);
        if let Some(limit) = options.stall_limit {
            parse.net.stall = seconds(limit);
        }

        parse.net.flood = options.flood.as_deref().map_or(Ok(Some(Flood::default())), flood)?;
        set(&mut parse.net.outboxes, options.outboxes_limit);
        let admission = &mut parse.net.admission;
        admission.total = engine.most_connections();
        set(&mut admission.total, options.connection_limit);
        set(&mut admission.per_address, options.address_limit);
        set(&mut admission.per_second, options.address_rate);
        admission.loopback = options.limit_loopback == Some(Switch::On);

        if let Some(gap) = options.gap {
            parse.gap = Duration::from_millis(u64::from(gap));
        }
        let (listen, secured) = match options.listen.as_slice() {
            [] => listen(&[LISTEN.to_owned()], &parse)?,
            places => listen(places, &parse)?,
        };
        if !app.guests {
            refuse_anonymous(&listen)?;
        }
        let tls = Tls::decide(options.tls_cert, options.tls_key, secured)?;
        let all = options.shared.is_some().then_some(Retention::default());
        let retention = retention(options.retain.as_deref(), all.unwrap_or(data.retention()))?;
        let sharing = match &options.shared {
            Some(url) => {
                let (name, lossy) = (options.server_name, options.lossy_log);
                Some(sharing::decide(url, name, lossy, &data, retention)?)
            }
            None if options.server_name.is_some() || options.lossy_log => {
                return Err("--server-name and --lossy-log need --shared".to_owned());
            }
            None => None,
        };
        let metrics = options.metrics.as_deref().map(metrics).transpose()?;
        let log = options.log.as_deref().unwrap_or("info");
        Ok(Settings {
            listen,
            tls,
            engine,
            chosen_total: options.connection_limit.is_some(),
            retention,
            data,
            sharing,
            drain: options.drain_limit.map_or(Duration::from_secs(5), seconds),
            log: log.parse().map_err(|_| {
                format!(
                    "unknown log level {log:?}; expected off, error, warn, info, debug or trace"
                )
            })?,
            metrics,
            trace: options.trace,
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

/// Parses `off` or `BURST,RATE,SECONDS`.
fn flood(text: &str) -> Result<Option<Flood>, String> {
    let parts: Option<Vec<u32>> = text.split(',').map(|part| part.trim().parse().ok()).collect();
    match (text, parts.as_deref()) {
        ("off", _) => Ok(None),
        (_, Some(&[burst, rate, patience])) if burst > 0 && rate > 0 => {
            Ok(Some(Flood { burst, rate, patience: Duration::from_secs(u64::from(patience)) }))
        }
        _ => Err(format!(
            "invalid value {text:?} for --flood; expected off or BURST,RATE,SECONDS, as in 20,10,30"
        )),
    }
}

/// The least number of messages that `--retain` takes. A smaller number without a unit probably means
/// days, and what the server deletes is gone.
const FEWEST_RETAINED: u32 = 1000;

/// Parses `all`, or `COUNT` and `DAYSd` separated by a comma.
fn retention(text: Option<&str>, default: Retention) -> Result<Retention, String> {
    let Some(text) = text else { return Ok(default) };
    let mut retention = Retention::default();
    if text == "all" {
        return Ok(retention);
    }
    for part in text.split(',').map(str::trim) {
        let days = part.strip_suffix('d');
        match (days.unwrap_or(part).parse::<u32>(), days) {
            (Ok(count), None) if count < FEWEST_RETAINED => {
                return Err(format!(
                    "invalid value {text:?} for --retain; write {count}d for the messages of {count} \
                     days; a number of messages is {FEWEST_RETAINED} or more"
                ));
            }
            (Ok(count), None) => retention.count = usize::try_from(count).ok(),
            (Ok(days), Some(_)) => retention.age = Some(DAY * days),
            (Err(_), _) => {
                return Err(format!(
                    "invalid value {text:?} for --retain; expected all, 100000, 90d or 100000,90d"
                ));
            }
        }
    }
    Ok(retention)
}

/// Parses `[[tls:]DIALECT[:OPTION=VALUE,...]=]HOST:PORT` for each place. Also returns the indices of the
/// listeners that encrypt.
fn listen(places: &[String], limits: &parse::Limits) -> Result<(Vec<Listen>, Vec<usize>), String> {
    // Places with the same dialect share it.
    let mut made: HashMap<&str, Arc<dyn Dialect>> = HashMap::new();
    let (mut listen, mut secured) = (Vec::new(), Vec::new());
    for (index, place) in places.iter().enumerate() {
        let (name, address) = place.rsplit_once('=').unwrap_or((DIALECT, place));
        if !address.contains(':') {
            return Err(format!("cannot listen on {place:?}: expected HOST:PORT, as in {LISTEN}"));
        }
        let (name, is_secured) = tls::split(name, DIALECT);
        if is_secured {
            secured.push(index);
        }
        let dialect = match made.get(name) {
            Some(dialect) => Arc::clone(dialect),
            None => dialect::find(name, limits).map_err(|error| error.to_string())?,
        };
        made.insert(name, Arc::clone(&dialect));
        let addresses = resolve(address).map_err(|why| {
            format!("cannot listen on {address:?}: {why}; expected HOST:PORT, as in {LISTEN}")
        })?;
        listen.push(Listen { addresses, dialect, security: None });
    }
    Ok((listen, secured))
}

/// The address for `--metrics`: a port of this machine, or the first address of a name.
fn metrics(place: &str) -> Result<SocketAddr, String> {
    if let Ok(port) = place.parse() {
        return Ok((Ipv4Addr::LOCALHOST, port).into());
    }
    let invalid = |why: String| {
        format!(
            "invalid value {place:?} for --metrics: {why}; expected PORT or HOST:PORT, as in {METRICS}"
        )
    };
    let mut addresses = place.to_socket_addrs().map_err(|error| invalid(error.to_string()))?;
    addresses.next().ok_or_else(|| invalid("it has no address".to_owned()))
}

/// Refuses a listener whose dialect has no login, on a server without guests: no client could use it.
fn refuse_anonymous(listen: &[Listen]) -> Result<(), String> {
    let mut dialects = listen.iter().map(|listen| &listen.dialect);
    match dialects.find(|dialect| dialect.presence() == Presence::Anonymous) {
        Some(dialect) => Err(format!(
            "a listener of {} cannot be used with --guests off: that dialect has no login",
            dialect.name()
        )),
        None => Ok(()),
    }
}

/// All addresses of a name, without duplicates.
fn resolve(address: &str) -> Result<Vec<SocketAddr>, String> {
    let mut addresses = Vec::new();
    for found in address.to_socket_addrs().map_err(|error| error.to_string())? {
        if !addresses.contains(&found) {
            addresses.push(found);
        }
    }
    if addresses.is_empty() { Err("it has no address".to_owned()) } else { Ok(addresses) }
}
