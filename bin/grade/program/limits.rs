//! What a graded program may use.

use std::time::Duration;

use rustix::process::Pid;

const MIB: u64 = 1024 * 1024;

/// How much of everything a program may have, all of its processes together where nothing else is
/// said. Generous: who passes one of these has made a mistake.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    /// How many bytes of memory.
    pub(crate) memory: u64,
    /// How many processes at once.
    pub(crate) processes: usize,
    /// How many bytes it may print.
    pub(crate) output: usize,
    /// How many files and sockets each process may have open.
    pub(crate) files: u64,
    /// How many bytes a file may have that it writes.
    pub(crate) file_size: u64,
    /// How long it may compute.
    pub(crate) cpu: Duration,
    /// How long it may run at all.
    pub(crate) time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory: 1024 * MIB,
            processes: 64,
            output: 1024 * 1024,
            files: 1024,
            file_size: 256 * MIB,
            cpu: Duration::from_secs(600),
            time: Duration::from_secs(120),
        }
    }
}

/// The system ends a program at once that takes so many times the memory that it may have. It
/// counts what is asked for and not what is used, and every thread asks for 8 MiB: so this is only
/// a net below the watch, for the moment in which that does not look.
#[cfg(target_os = "linux")]
const ASKED_FOR: u64 = 8;

/// As many processes and threads its user may have beyond those there are now. The system counts
/// those of the user's other programs too, so again this is only a net.
#[cfg(target_os = "linux")]
const MORE_THREADS: u64 = 4096;

impl Limits {
    /// Sets those that the system itself can hold, on a process that has not begun.
    #[cfg(target_os = "linux")]
    pub(super) fn lay_on(&self, process: Pid) {
        use super::processes::threads;
        use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

        let limits = [
            (Resource::Core, 0),
            (Resource::Nofile, self.files),
            (Resource::Fsize, self.file_size),
            (Resource::Data, self.memory.saturating_mul(ASKED_FOR)),
            (Resource::Nproc, threads() + MORE_THREADS),
        ];
        for (resource, limit) in limits {
            // Where we may have less ourselves, so may it.
            let limit = getrlimit(resource).maximum.map_or(limit, |ours| ours.min(limit));
            let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
            // A process that has ended already cannot have any; the watch looks in any case.
            let _ = prlimit(Some(process), resource, limit);
        }
    }

    /// Nobody can set the limits of another process here.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn lay_on(&self, _: Pid) {}
}
