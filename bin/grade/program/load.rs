//! The load of a program, on a machine that may be busy with other work.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// The processor use of a program up to a moment.
#[derive(Debug)]
pub(crate) struct Load {
    /// Processor time of its processes, in steps of a hundredth of a second.
    pub(crate) computed: Duration,
    pub(super) threads: Vec<Thread>,
}

/// One thread of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thread {
    id: i32,
    /// The thread computes, or waits for a processor.
    wants: bool,
    /// Time that the thread has waited for a processor, counted when it gets one. Zero on systems that
    /// do not tell.
    waited: Duration,
}

impl Load {
    /// The longest time since `before` that the machine kept one thread waiting for a processor.
    pub(crate) fn waited_since(&self, before: &Load) -> Duration {
        let waited = |thread: &Thread| {
            let same = before.threads.iter().find(|other| other.id == thread.id);
            thread.waited.saturating_sub(same.map_or(Duration::ZERO, |same| same.waited))
        };
        self.threads.iter().map(waited).max().unwrap_or_default()
    }

    /// Returns whether a thread wants to compute right now.
    pub(crate) fn wants(&self) -> bool {
        self.threads.iter().any(|thread| thread.wants)
    }
}

/// The threads of a process.
pub(super) fn threads(process: i32) -> Vec<Thread> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    threads.filter_map(|thread| read(&thread.path())).collect()
}

fn read(folder: &Path) -> Option<Thread> {
    let id = folder.file_name()?.to_str()?.parse().ok()?;
    // See proc_pid_stat(5): the state follows the name, which may contain any character.
    let stat = fs::read(folder.join("stat")).ok()?;
    let wants = String::from_utf8_lossy(&stat).rsplit_once(')')?.1.starts_with(" R");
    // Time on a processor and time of waiting, in nanoseconds, and number of time slices.
    let times = fs::read_to_string(folder.join("schedstat")).unwrap_or_default();
    let waited = times.split_ascii_whitespace().nth(1).and_then(|waited| waited.parse().ok());
    Some(Thread { id, wants, waited: Duration::from_nanos(waited.unwrap_or(0)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(threads: &[(i32, bool, u64)]) -> Load {
        let thread = |&(id, wants, waited)| {
            let waited = Duration::from_millis(waited);
            Thread { id, wants, waited }
        };
        Load { computed: Duration::ZERO, threads: threads.iter().map(thread).collect() }
    }

    #[test]
    fn the_longest_wait_of_a_thread_counts() {
        let before = load(&[(1, false, 500), (2, true, 10), (3, true, 0)]);
        let after = load(&[(1, false, 510), (2, false, 60), (4, false, 40)]);
        assert_eq!(after.waited_since(&before), Duration::from_millis(50));
        assert!(before.wants() && !after.wants());
        assert_eq!(load(&[]).waited_since(&before), Duration::ZERO);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_running_thread_wants_to_compute() {
        let us = i32::try_from(std::process::id()).unwrap();
        assert!(threads(us).iter().any(|thread| thread.wants));
    }
}
