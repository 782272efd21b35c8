//! The resources that a run needs, and whether the machine provides them. With less, a correct server
//! could not pass.
//!
//! A check that fails because parallel checks have used up a resource is repeated alone
//! ([`turn`](crate::turn)). So a run needs the resources of one check and those of the grader.

use std::fs;
use std::os::unix::fs::MetadataExt;

use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};

use crate::cgroup::Cgroups;

/// Threads of the grader: for the run, and for each parallel check.
const THREADS: u64 = 16;
const THREADS_EACH: u64 = 4;

/// Processes and threads of a program: without clients, and for each client. Many servers have a
/// reading and a writing thread for each client.
const PROGRAM: u64 = 64;
const EACH_CLIENT: u64 = 2;

/// Open files of the grader: for the run, and for each parallel check besides its clients.
const FILES: u64 = 64;
const FILES_EACH: u64 = 16;

/// The size of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Number of checks that run in parallel.
    pub(crate) checks: u64,
    /// Greatest number of clients in one check.
    pub(crate) clients: u64,
}

impl Demand {
    /// The demand of two runs in parallel.
    pub(crate) fn and(self, other: Demand) -> Demand {
        let checks = self.checks + other.checks;
        Demand { checks, clients: self.clients.max(other.clients) }
    }

    fn processes(self) -> u64 {
        THREADS + self.checks * THREADS_EACH + PROGRAM + self.clients * EACH_CLIENT
    }

    fn files(self) -> u64 {
        FILES + self.checks * FILES_EACH + self.clients
    }

    /// Raises the grader's own limits as far as possible, and compares them with the demand.
    ///
    /// # Errors
    /// One line of text with both numbers: a resource does not suffice.
    pub(crate) fn is_met(self) -> Result<(), String> {
        let files = raise(Resource::Nofile).unwrap_or(u64::MAX);
        let processes = raise(Resource::Nproc).filter(|_| !geteuid().is_root());
        let left = processes.map(|limit| (limit.saturating_sub(threads_of_user()), limit));
        let room = Cgroups::ours().room().map(|room| (room.left, room.limit));
        self.is_met_by(files, left, room)
    }

    fn is_met_by(
        self,
        files: u64,
        of_user: Option<(u64, u64)>,
        of_group: Option<(u64, u64)>,
    ) -> Result<(), String> {
        let less = "; use --jobs or --check to reduce the demand";
        if files < self.files() {
            let need = self.files();
            return Err(format!(
                "this run needs {need} open files, and the limit is {files} (ulimit -n){less}"
            ));
        }
        for (room, name) in [(of_user, "ulimit -u"), (of_group, "pids.max of its cgroup")] {
            if let Some((left, limit)) = room
                && left < self.processes()
            {
                let need = self.processes();
                return Err(format!(
                    "this run needs {need} processes and threads, and only {left} may still start \
                     ({name} is {limit}){less}"
                ));
            }
        }
        Ok(())
    }
}

/// Raises a soft limit to the hard limit, and returns it. `None` means no limit.
fn raise(resource: Resource) -> Option<u64> {
    let limit = getrlimit(resource);
    if limit.current != limit.maximum {
        // If the system refuses, the old limit stays.
        let _ = setrlimit(resource, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
    getrlimit(resource).current
}

/// Number of the user's threads; the system's limit counts those of all programs.
fn threads_of_user() -> u64 {
    let user = geteuid().as_raw();
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ours = processes.filter(|it| it.metadata().is_ok_and(|about| about.uid() == user));
    ours.map(|it| fs::read_dir(it.path().join("task")).map_or(0, Iterator::count) as u64).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortage_is_reported_with_both_numbers() {
        let demand = Demand { checks: 8, clients: 500 };
        assert_eq!((demand.processes(), demand.files()), (1112, 692));
        let is_met = |files, of_user, of_group| demand.is_met_by(files, of_user, of_group);
        assert_eq!(is_met(692, None, None), Ok(()));
        assert_eq!(is_met(692, Some((1112, 4096)), Some((1112, 1200))), Ok(()));
        let error = is_met(691, None, None).unwrap_err();
        assert!(
            error.starts_with("this run needs 692 open files, and the limit is 691"),
            "{error}"
        );
        assert_eq!(
            is_met(692, None, Some((93, 100))).unwrap_err(),
            "this run needs 1112 processes and threads, and only 93 may still start (pids.max of its \
             cgroup is 100); use --jobs or --check to reduce the demand"
        );
        let error = is_met(692, Some((1111, 1200)), None).unwrap_err();
        assert!(error.contains("only 1111 may still start (ulimit -u is 1200)"), "{error}");
    }

    #[test]
    fn parallel_demands_are_added() {
        let both = Demand { checks: 8, clients: 500 }.and(Demand { checks: 2, clients: 64 });
        assert_eq!(both, Demand { checks: 10, clients: 500 });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_threads_of_the_user_include_the_test() {
        assert!(threads_of_user() >= 1);
    }
}
