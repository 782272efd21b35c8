//! How a server moves bytes for many connections at once.
//!
//! An engine hides behind six calls, so that the layers above cannot tell which one runs.
//! There is the textbook one, [`threads`]: two threads for each connection; and the fast one,
//! [`events`]: a single loop, on the caller's own thread. Whatever an engine does inside, it keeps
//! the promises written at [`Server`](crate::Server).

mod events;
mod threads;

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::{
    BindError, ConnId, Drained, Event, Limits, Listen, Listening, Recipients, Waker, Wire,
};

/// How long to wait after an accept that failed for want of something (descriptors, memory)
/// before the next one. Without it an engine would spin: the connection that could not be taken in
/// stays in the backlog, so the next accept fails at once.
const BACK_OFF: Duration = Duration::from_millis(100);

/// Which engine a server runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EngineKind {
    /// One loop for everything, on the thread that calls `recv`.
    #[default]
    Events,
    /// One thread that accepts for each listener, and a `recv` and a `send` thread for each
    /// connection.
    Threads,
}

impl EngineKind {
    /// Every engine, for help texts and for tests that run on all of them.
    pub const ALL: &[EngineKind] = &[EngineKind::Events, EngineKind::Threads];

    /// How many connections it should have at most, whatever the descriptors allow.
    ///
    /// `threads` has two threads for each, which take eight memory mappings together, and Linux
    /// gives a process 65,530 of those by default; the end of them is the end of the process.
    pub const fn most_connections(self) -> usize {
        match self {
            EngineKind::Events => usize::MAX,
            EngineKind::Threads => 4000,
        }
    }

    /// The name under which `--engine` knows it.
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

/// What an engine does. The contract of each call stands at its namesake in
/// [`Server`](crate::Server).
pub(crate) trait Engine {
    fn recv(&mut self, events: &mut Vec<Event>, timeout: Option<Duration>);
    fn send(&mut self, to: Recipients<'_>, wires: &[Wire]);
    fn pace(&mut self, connection: ConnId, gap: Duration);
    fn close(&mut self, connection: ConnId, hold: Option<Duration>);
    fn waker(&self) -> Waker;
    fn shutdown(self: Box<Self>, deadline: Duration) -> Drained;
}

/// Brings an engine up; also says which addresses it listens on.
pub(crate) fn start(
    kind: EngineKind,
    listeners: &[Listen],
    limits: Limits,
) -> Result<(Box<dyn Engine>, Vec<Listening>), BindError> {
    match kind {
        EngineKind::Events => {
            let (engine, listening) = events::Events::start(listeners, limits)?;
            Ok((Box::new(engine), listening))
        }
        EngineKind::Threads => {
            let (engine, listening) = threads::Threads::start(listeners, limits)?;
            Ok((Box::new(engine), listening))
        }
    }
}
