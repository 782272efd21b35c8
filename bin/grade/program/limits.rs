//! The limits of a graded program.

use std::time::Duration;

use rustix::process::Pid;

const MIB: u64 = 1024 * 1024;

/// Limits for all processes of a program together, unless a field says otherwise. They are generous: a
/// program that exceeds one has a bug.
#[derive(Debug, Clone)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only Linux enforces all of them"))]
pub(crate) struct Limits {
    /// Bytes of memory.
    pub(crate) memory: u64,
    /// Number of processes.
    pub(crate) processes: usize,
    /// Number of processes and threads, where the system can count them.
    pub(crate) threads: u64,
    /// Bytes of output.
    pub(crate) output: usize,
    /// Open files and sockets of each process.
    pub(crate) files: u64,
    /// Size of each file that it writes, in bytes.
    pub(crate) file_size: u64,
    /// Processor time.
    pub(crate) cpu: Duration,
    /// Time from start to end.
    pub(crate) time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            memory: 1024 * MIB,
            processes: 64,
            threads: Limits::threads_for(0),
            output: 4 * 1024 * 1024,
            files: 1024,
            file_size: 256 * MIB,
            cpu: Duration::from_secs(600),
            time: Duration::from_secs(120),
        }
    }
}

/// The system kills a program that requests this many times its limit of memory. The system counts
/// requested memory, not used memory, and every thread requests 8 MiB. So this limit is only a safety
/// net for the moments between two looks of the watch.
#[cfg(target_os = "linux")]
const ASKED_FOR: u64 = 8;

/// Number of processes and threads that the user may have beyond the present ones. The system counts
/// the user's other programs, too, so this limit is only a safety net.
#[cfg(target_os = "linux")]
const MORE_THREADS: u64 = 4096;

/// Number of processes and threads in a sandbox: without clients, for a virtual machine or a parallel
/// build, and for each client.
const THREADS: u64 = 256;
const THREADS_EACH: u64 = 4;

impl Limits {
    /// Number of processes and threads for a server of this many clients.
    pub(crate) fn threads_for(clients: u64) -> u64 {
        THREADS + clients * THREADS_EACH
    }

    /// Sets the limits that the system itself can enforce, on a process that waits for its start. In a
    /// sandbox, its first process sets the limit on processes.
    #[cfg(target_os = "linux")]
    pub(super) fn lay_on(&self, process: Pid, in_sandbox: bool) {
        use rustix::process::{Resource, Rlimit, getrlimit, prlimit};

        let limits = [
            (Resource::Core, 0),
            (Resource::Nofile, self.files),
            (Resource::Fsize, self.file_size),
            (Resource::Data, self.memory.saturating_mul(ASKED_FOR)),
            (Resource::Nproc, most_threads(None)),
        ];
        let limits = limits.into_iter().filter(|it| !in_sandbox || it.0 != Resource::Nproc);
        for (resource, limit) in limits {
            // Where grade itself may have less, the program may have the same.
            let limit = getrlimit(resource).maximum.map_or(limit, |ours| ours.min(limit));
            let limit = Rlimit { current: Some(limit), maximum: Some(limit) };
            // Setting limits fails if the process has ended already; the watch enforces the limits in
            // any case.
            let _ = prlimit(Some(process), resource, limit);
        }
    }

    /// On this system no process can set the limits of another.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn lay_on(&self, _: Pid, _: bool) {}
}

/// Number of processes and threads that the user of a program may have. Since Linux 5.14, a user
/// namespace has a separate count, so that this limit holds for one program alone.
#[cfg(target_os = "linux")]
pub(super) fn most_threads(in_user_namespace: Option<u64>) -> u64 {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let beside_others = || super::processes::threads() + MORE_THREADS;
    in_user_namespace.filter(|_| counts_apart(&release)).unwrap_or_else(beside_others)
}

#[cfg(target_os = "linux")]
fn counts_apart(release: &str) -> bool {
    let mut numbers = release.split(['.', '-']).map_while(|it| it.parse::<u32>().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (5, 14)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn new_systems_count_the_processes_of_each_namespace() {
        for (release, apart) in [("6.18.44-fc-v857", true), ("5.14.0", true), ("5.4.0-100", false)]
        {
            assert_eq!(counts_apart(release), apart, "{release}");
        }
        assert!(!counts_apart(""));
    }
}
