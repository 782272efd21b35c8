//! What a run needs of the machine, and whether the machine gives that much: below it, a server that is
//! right could not pass.
//!
//! A check that fails because the checks beside it have used up something is tried again alone
//! ([`turn`](crate::turn)). So a run needs what one check needs, and what the grader itself needs.

use std::fs;
use std::os::unix::fs::MetadataExt;

use rustix::process::{Resource, Rlimit, geteuid, getrlimit, setrlimit};

use crate::cgroup::Cgroups;

/// Threads of the grader: of a whole run, and of each check that runs.
const THREADS: u64 = 16;
const THREADS_EACH: u64 = 4;

/// Processes and threads of a program without clients, and for each client: many servers have a thread
/// that reads and one that writes.
const PROGRAM: u64 = 64;
const EACH_CLIENT: u64 = 2;

/// Open files of the grader: of a whole run, and of each check that runs, besides its clients.
const FILES: u64 = 64;
const FILES_EACH: u64 = 16;

/// How much is asked of the machine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Checks that run at the same time.
    pub(crate) checks: u64,
    /// The most clients that one check has.
    pub(crate) clients: u64,
}

impl Demand {
    /// The demand of both at the same time.
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

    /// Raises our own limits as far as we may, and compares what there is with what is needed.
    ///
    /// # Errors
    /// In one line, with both numbers: there is too little of something.
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
        let less = "; --jobs and --check make it less";
        if files < self.files() {
            let need = self.files();
            return Err(format!(
                "a run like this needs {need} open files, and may have {files} (ulimit -n){less}"
            ));
        }
        for (room, name) in [(of_user, "ulimit -u"), (of_group, "pids.max of its cgroup")] {
            if let Some((left, limit)) = room
                && left < self.processes()
            {
                let need = self.processes();
                return Err(format!(
                    "a run like this needs {need} processes and threads, and may have {left} more \
                     ({name} is {limit}){less}"
                ));
            }
        }
        Ok(())
    }
}

/// Raises what we may have of something to what we may raise it to; says how much that is. `None` where
/// there is no limit.
fn raise(resource: Resource) -> Option<u64> {
    let limit = getrlimit(resource);
    if limit.current != limit.maximum {
        // Where that is refused we have what we had.
        let _ = setrlimit(resource, Rlimit { current: limit.maximum, maximum: limit.maximum });
    }
    getrlimit(resource).current
}

/// How many threads our user has: the system counts those of all of its programs.
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
    fn too_little_is_said_with_both_numbers() {
        let demand = Demand { checks: 8, clients: 500 };
        assert_eq!((demand.processes(), demand.files()), (1112, 692));
        let is_met = |files, of_user, of_group| demand.is_met_by(files, of_user, of_group);
        assert_eq!(is_met(692, None, None), Ok(()));
        assert_eq!(is_met(692, Some((1112, 4096)), Some((1112, 1200))), Ok(()));
        let error = is_met(691, None, None).unwrap_err();
        assert!(
            error.starts_with("a run like this needs 692 open files, and may have 691"),
            "{error}"
        );
        assert_eq!(
            is_met(692, None, Some((93, 100))).unwrap_err(),
            "a run like this needs 1112 processes and threads, and may have 93 more (pids.max of its \
             cgroup is 100); --jobs and --check make it less"
        );
        let error = is_met(692, Some((1111, 1200)), None).unwrap_err();
        assert!(error.contains("may have 1111 more (ulimit -u is 1200)"), "{error}");
    }

    #[test]
    fn what_runs_at_the_same_time_adds_up() {
        let both = Demand { checks: 8, clients: 500 }.and(Demand { checks: 2, clients: 64 });
        assert_eq!(both, Demand { checks: 10, clients: 500 });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn our_own_threads_are_among_those_of_the_user() {
        assert!(threads_of_user() >= 1);
    }
}
