//! Pinning the server to one processor and the tool to another.
//!
//! The scheduler moves two processes that often wake each other, sometimes onto one processor and
//! sometimes onto two. The figures of two runs then differ by half. So the tool pins both on Linux, if
//! there are at least two processors.

use std::fmt;

/// The chosen processors.
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
    /// Chooses the first two processors that this process may use, if there are two.
    #[cfg(target_os = "linux")]
    pub(crate) fn choose() -> Option<Pins> {
        use rustix::thread::{CpuSet, sched_getaffinity};

        let allowed = sched_getaffinity(None).ok()?;
        let mut processors = (0..CpuSet::MAX_CPU).filter(|cpu| allowed.is_set(*cpu));
        Some(Pins { server: processors.next()?, tool: processors.next()? })
    }

    /// Other systems do not pin.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn choose() -> Option<Pins> {
        None
    }

    /// Starts a process on the processor of the server. A new process inherits the processor of the
    /// thread that starts it, so this thread moves there for a moment.
    pub(crate) fn start<T>(pins: Option<Pins>, start: impl FnOnce() -> T) -> T {
        let Some(pins) = pins else { return start() };
        pin(pins.server);
        let started = start();
        pin(pins.tool);
        started
    }
}

/// Pins this thread to a processor. The system has allowed the processor before; if it refuses now, the
/// thread stays unpinned.
#[cfg(target_os = "linux")]
fn pin(processor: usize) {
    use rustix::thread::{CpuSet, sched_setaffinity};

    let mut set = CpuSet::new();
    set.set(processor);
    let _ = sched_setaffinity(None, &set);
}

#[cfg(not(target_os = "linux"))]
fn pin(_: usize) {}
