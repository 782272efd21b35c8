//! Which processor does what.
//!
//! Two processes that wake each other all the time are moved about by the scheduler, now on one
//! processor, now on two, and the figures of two runs differ by half for that alone. So, where
//! the system lets us (Linux, with two processors at least), the server gets one and the tool
//! another.

use std::fmt;

/// The processors that are used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pins {
    server: usize,
    tool: usize,
}

impl fmt::Display for Pins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "pinned: the server to processor {}, this tool to processor {}",
            self.server, self.tool
        )
    }
}

impl Pins {
    /// The first two processors that we may use, if there are two.
    #[cfg(target_os = "linux")]
    pub(crate) fn choose() -> Option<Pins> {
        use rustix::thread::{CpuSet, sched_getaffinity};

        let allowed = sched_getaffinity(None).ok()?;
        let mut processors = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu));
        Some(Pins { server: processors.next()?, tool: processors.next()? })
    }

    /// Not here.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn choose() -> Option<Pins> {
        None
    }

    /// Starts something that is to run where the server runs. A new process inherits the place
    /// of the thread that starts it, so we go there for a moment.
    pub(crate) fn start<T>(pins: Option<Pins>, start: impl FnOnce() -> T) -> T {
        let Some(pins) = pins else { return start() };
        pin(pins.server);
        let started = start();
        pin(pins.tool);
        started
    }
}

/// Ties this thread to a processor. It was among those that we may use, so a failure means that
/// the system changes its mind; then it stays where it is.
#[cfg(target_os = "linux")]
fn pin(processor: usize) {
    use rustix::thread::{CpuSet, sched_setaffinity};

    let mut set = CpuSet::new();
    set.set(processor);
    let _ = sched_setaffinity(None, &set);
}

#[cfg(not(target_os = "linux"))]
fn pin(_: usize) {}
