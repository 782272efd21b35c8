//! The load of a program, on a machine that may be busy with other work.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// The processor use of a program up to a moment.
#[derive(Debug)]
pub(crate) struct Load {
    /// The moment.
    pub(super) at: Instant,
    /// Processor time of its processes, in steps of a hundredth of a second.
    pub(crate) computed: Duration,
    pub(super) threads: Vec<Thread>,
}

/// One thread of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thread {
    id: i32,
    /// The thread computes, or waits for the machine: for a processor, a disk or memory.
    wants: bool,
    /// Time that the thread has computed. Zero on systems that do not tell.
    computed: Duration,
    /// Time that the thread has waited for a processor, counted when it gets one. Zero on systems that
    /// do not tell.
    waited: Duration,
    /// Time that it has waited beyond that, by the measurements of grade.
    pending: Duration,
}

impl Thread {
    fn all_waits(&self) -> Duration {
        self.waited + self.pending
    }
}

impl Load {
    /// The longest time since `before` that the machine kept one thread waiting for a processor.
    pub(crate) fn waited_since(&self, before: &Load) -> Duration {
        let waited = |thread: &Thread| {
            let same = before.thread(thread.id).map_or(Duration::ZERO, Thread::all_waits);
            thread.all_waits().saturating_sub(same)
        };
        self.threads.iter().map(waited).max().unwrap_or_default()
    }

    /// The longest time that the machine has kept one thread waiting for a processor.
    pub(super) fn longest_wait(&self) -> Duration {
        self.threads.iter().map(Thread::all_waits).max().unwrap_or_default()
    }

    /// This load with the waits that have not ended. A thread that wanted a processor before and wants one
    /// now, and has neither computed nor been counted as waiting in between, has waited all the time.
    pub(crate) fn with_pending_waits(mut self, before: &Load) -> Load {
        let between = self.at.saturating_duration_since(before.at);
        for thread in &mut self.threads {
            let Some(same) = before.thread(thread.id) else { continue };
            let same_times = (same.computed, same.waited) == (thread.computed, thread.waited);
            thread.pending = if same_times && same.wants && thread.wants {
                same.pending + between
            } else {
                same.all_waits().saturating_sub(thread.waited)
            };
        }
        self
    }

    fn thread(&self, id: i32) -> Option<&Thread> {
        self.threads.iter().find(|thread| thread.id == id)
    }

    /// This load without the threads that have computed for `enough` time since `before`. Such a thread
    /// spins, or has had its chance: however long it waits, it will want a processor again.
    pub(crate) fn without_spinning(mut self, before: &Load, enough: Duration) -> Load {
        self.threads.retain(|thread| {
            let computed = before.thread(thread.id).map_or(Duration::ZERO, |same| same.computed);
            thread.computed.saturating_sub(computed) < enough
        });
        self
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
    // Runs or can run, or waits for a device in a sleep that no signal ends.
    let state = String::from_utf8_lossy(&stat).rsplit_once(')')?.1.trim_start().chars().next();
    let wants = matches!(state, Some('R' | 'D'));
    // Time on a processor and time of waiting, in nanoseconds, and number of time slices.
    let times = fs::read_to_string(folder.join("schedstat")).unwrap_or_default();
    let mut times = times.split_ascii_whitespace().map_while(|time| time.parse().ok());
    let mut next = || Duration::from_nanos(times.next().unwrap_or(0));
    let (computed, waited) = (next(), next());
    Some(Thread { id, wants, computed, waited, pending: Duration::ZERO })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(threads: &[(i32, bool, u64)]) -> Load {
        let thread = |&(id, wants, waited)| {
            let waited = Duration::from_millis(waited);
            Thread { id, wants, computed: waited / 10, waited, pending: Duration::ZERO }
        };
        let threads = threads.iter().map(thread).collect();
        Load { at: Instant::now(), computed: Duration::ZERO, threads }
    }

    #[test]
    fn the_longest_wait_of_a_thread_counts() {
        let before = load(&[(1, false, 500), (2, true, 10), (3, true, 0)]);
        let after = load(&[(1, false, 510), (2, false, 60), (4, false, 40)]);
        assert_eq!(after.waited_since(&before), Duration::from_millis(50));
        assert!(before.wants() && !after.wants());
        assert_eq!(load(&[]).waited_since(&before), Duration::ZERO);
    }

    #[test]
    fn a_wait_that_has_not_ended_counts_once() {
        let first = load(&[(1, true, 500), (2, true, 500), (3, false, 500)]);
        let second = Duration::from_secs(1);
        let later = |before: &Load, threads| {
            Load { at: before.at + second, ..load(threads) }.with_pending_waits(before)
        };
        // The first thread waits, the second one has computed, and the third one slept.
        let waiting = later(&first, &[(1, true, 500), (2, true, 600), (3, true, 500)]);
        assert_eq!(waiting.waited_since(&first), second);
        let waiting_on = later(&waiting, &[(1, true, 500), (2, false, 600), (3, false, 500)]);
        assert_eq!(waiting_on.waited_since(&waiting), second);
        // The thread got a processor after half a second more, and the system counts all of its wait.
        let counted = later(&waiting_on, &[(1, false, 3000), (2, false, 600), (3, false, 500)]);
        assert_eq!(counted.waited_since(&waiting_on), second / 2);
        assert_eq!(counted.waited_since(&first), second * 5 / 2);
        let slept = later(&counted, &[(1, false, 3000), (2, false, 600), (3, true, 500)]);
        assert_eq!(slept.waited_since(&counted), Duration::ZERO);
    }

    #[test]
    fn a_thread_that_spins_does_not_count() {
        let before = load(&[(1, false, 500), (2, false, 10)]);
        let after = load(&[(1, true, 900), (2, false, 60)]);
        let enough = Duration::from_millis(30);
        let after = after.without_spinning(&before, enough);
        assert_eq!(after.waited_since(&before), Duration::from_millis(50));
        assert!(!after.wants());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_running_thread_wants_to_compute() {
        let us = i32::try_from(std::process::id()).unwrap();
        assert!(threads(us).iter().any(|thread| thread.wants));
    }
}
