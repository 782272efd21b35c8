//! Measures the load of a running program, also while its handle is in use.

use std::slice;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::load::{self, Load};
use super::registry;
use super::run::{self, Run};

/// Reads the load of one program.
#[derive(Debug, Clone)]
pub(crate) struct Gauge(pub(super) Arc<Run>);

impl Gauge {
    /// The load of the program so far; `None` on systems that do not tell.
    pub(crate) fn load(&self) -> Option<Load> {
        if cfg!(not(target_os = "linux")) {
            return None;
        }
        // The lock keeps processes from being reaped now, which would count them twice.
        let mut state = self.0.lock();
        let now = registry::snapshot_for(slice::from_ref(&self.0));
        let members = self.0.members(&mut state, &now);
        let computed = run::computed(&state, &members);
        let threads = members.iter().flat_map(|process| load::threads(process.id)).collect();
        let load = Load { at: Instant::now(), computed, threads };
        state.longest_wait = state.longest_wait.max(load.longest_wait());
        Some(load)
    }

    /// The longest time that one of its threads has waited for a processor. What a process that has ended
    /// had waited is known up to the last measurement.
    pub(crate) fn longest_wait(&self) -> Duration {
        self.load();
        self.0.lock().longest_wait
    }
}
