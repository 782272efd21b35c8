//! The engines, which move bytes for many connections.
//!
//! An engine has six calls, so that the layers above cannot tell which engine runs. The textbook engine,
//! [`threads`], has two threads for each connection. The fast engine, [`events`], is a single loop on the
//! caller's thread. Both keep the promises at [`Server`](crate::Server).

mod events;
mod threads;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use crate::{
    BindError, ConnId, Drained, Event, Figures, Limits, Listen, Listening, Recipients, Waker, Wire,
};

/// The pause after an accept that failed because of a lack of descriptors or memory. The connection
/// stays in the backlog, so the next accept would fail too, and without a pause the engine would spin.
const BACK_OFF: Duration = Duration::from_millis(100);

/// The engine of a server.
///
/// ```
/// use net::EngineKind;
///
/// assert_eq!("threads".parse(), Ok(EngineKind::Threads));
/// assert_eq!(EngineKind::default().to_string(), "events");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineKind {
    /// One loop for all connections, on the thread that calls `recv`.
    #[default]
    Events,
    /// An `accept` thread for each listener, and a `recv` and a `send` thread for each connection.
    Threads,
}

impl EngineKind {
    /// All engines, for help texts and for tests that run on each of them.
    pub const ALL: &[EngineKind] = &[EngineKind::Events, EngineKind::Threads];

    /// Returns the most connections that the engine should have, even if there are descriptors for more.
    ///
    /// The two threads of a connection need eight memory mappings. Linux gives a process 65,530 mappings by
    /// default, and a process that needs more is killed.
    pub const fn most_connections(self) -> usize {
        match self {
            EngineKind::Events => usize::MAX,
            EngineKind::Threads => 4000,
        }
    }

    /// Returns the name of the engine, as in `--engine`.
    pub const fn name(self) -> &'static str {
        match self {
            EngineKind::Events => "events",
            EngineKind::Threads => "threads",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EngineKind {
    type Err = String;

    fn from_str(name: &str) -> Result<EngineKind, String> {
        let known = EngineKind::ALL.iter().find(|kind| kind.name() == name);
        known.copied().ok_or_else(|| {
            let names: Vec<&str> = EngineKind::ALL.iter().map(|kind| kind.name()).collect();
            format!("no engine is called {name:?}; there is: {}", names.join(", "))
        })
    }
}

/// The calls of an engine. Each has the contract of the same call of [`Server`](crate::Server).
pub(crate) trait Engine {
    fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>);
    fn send(&mut self, to: Recipients<'_>, wires: &[Wire]);
    fn pace(&mut self, connection: ConnId, gap: Duration);
    fn close(&mut self, connection: ConnId, hold: Option<Duration>);
    fn waker(&self) -> Waker;
    fn shutdown(self: Box<Self>, deadline: Duration) -> Drained;
}

/// Starts an engine; also returns the addresses of its listeners.
pub(crate) fn start(
    kind: EngineKind,
    listeners: &[Listen],
    limits: Limits,
    figures: &Arc<Figures>,
) -> Result<(Box<dyn Engine>, Vec<Listening>), BindError> {
    match kind {
        EngineKind::Events => {
            let (engine, listening) = events::Events::start(listeners, limits, figures)?;
            Ok((Box::new(engine), listening))
        }
        EngineKind::Threads => {
            let (engine, listening) = threads::Threads::start(listeners, limits, figures)?;
            Ok((Box::new(engine), listening))
        }
    }
}
