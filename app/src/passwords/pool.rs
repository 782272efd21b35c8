//! A few threads that work on passwords with argon2, and the queue in front of them.
//!
//! One hash needs a whole processor for some hundredths of a second, and 19 MiB of memory. So there
//! are fewer threads than processors, which limits the cost of a login storm. The thread of the chat
//! owns the queue, in which addresses take turns ([`super::queue`]). It gives each thread the next
//! task early, so that no thread waits for the chat.

mod hasher;

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::{io, thread};

use super::queue::{Put, Queue};
use super::{Hash, Job, JobResult, Passwords, Work};
use crate::{Network, Refusal};
use hasher::Hasher;

/// The number of tasks of a thread: the current one and the next one.
const AHEAD: usize = 2;
/// The most threads.
const MOST: usize = 4;

/// A pool of threads for passwords.
#[derive(Debug)]
pub struct Pool {
    workers: Vec<Worker>,
    queue: Queue<(Work, Job)>,
    /// Jobs that lost their place in the queue.
    dropped: VecDeque<Job>,
    results: Receiver<Done>,
}

/// One of the threads, as the chat sees it.
#[derive(Debug)]
struct Worker {
    tasks: SyncSender<Task>,
    /// The number of its tasks.
    load: usize,
}

struct Task {
    network: Network,
    work: Work,
    job: Job,
}

struct Done {
    /// The index of the thread.
    worker: usize,
    network: Network,
    job: Job,
    result: JobResult,
}

impl Pool {
    /// Starts the threads: one for two processors, at least one and at most four. Each thread calls
    /// `begin` first, and `wake` when [`next`](Passwords::next) has a job.
    ///
    /// # Errors
    /// Returns an error if a thread cannot be started.
    pub fn start(begin: fn(), wake: impl Fn() + Send + Clone + 'static) -> io::Result<Pool> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let count = (processors / 2).clamp(1, MOST);
        // There is room for all tasks of all threads, so that no thread waits here.
        let (done, results) = mpsc::sync_channel(count * AHEAD);
        let workers = (0..count).map(|index| {
            let (tasks, queue) = mpsc::sync_channel(AHEAD);
            let (done, wake) = (done.clone(), wake.clone());
            thread::Builder::new().name(format!("passwords-{}", index + 1)).spawn(move || {
                begin();
                run(index, &queue, &done, &wake);
            })?;
            Ok(Worker { tasks, load: 0 })
        });
        let workers = workers.collect::<io::Result<_>>()?;
        Ok(Pool { workers, queue: Queue::new(), dropped: VecDeque::new(), results })
    }

    /// Gives tasks to the threads that have room.
    fn dispatch(&mut self) {
        while let Some(worker) = self.workers.iter_mut().min_by_key(|worker| worker.load)
            && worker.load < AHEAD
            && let Some((network, (work, job))) = self.queue.take()
        {
            match worker.tasks.try_send(Task { network, work, job }) {
                Ok(()) => worker.load += 1,
                Err(TrySendError::Full(task) | TrySendError::Disconnected(task)) => {
                    // Only a bug can end the thread.
                    tracing::error!("a password thread accepts no task");
                    worker.load = AHEAD;
                    self.queue.done(task.network);
                    self.dropped.push_back(task.job);
                }
            }
        }
    }
}

impl Passwords for Pool {
    fn submit(&mut self, work: Work, job: Job) -> Result<(), Refusal> {
        let put = self.queue.put(Network::of(job.address), (work, job));
        match put {
            Put::Waits => {}
            Put::Replaces((_, job)) => self.dropped.push_back(job),
            Put::Full => return Err(Refusal::Busy),
        }
        self.dispatch();
        Ok(())
    }

    fn next(&mut self) -> Option<(Job, JobResult)> {
        if let Some(job) = self.dropped.pop_front() {
            return Some((job, JobResult::Failed));
        }
        let Done { worker, network, job, result } = self.results.try_recv().ok()?;
        #[expect(clippy::indexing_slicing, reason = "a thread sends the index that it was given")]
        let worker = &mut self.workers[worker];
        worker.load -= 1;
        self.queue.done(network);
        self.dispatch();
        Some((job, result))
    }
}

/// The loop of one thread.
fn run(index: usize, tasks: &Receiver<Task>, done: &SyncSender<Done>, wake: &impl Fn()) {
    let mut hasher = Hasher::default();
    while let Ok(Task { network, work, job }) = tasks.recv() {
        // The client gets an answer even after a panic.
        let result = catch_unwind(AssertUnwindSafe(|| perform(work, &mut hasher)));
        let result = result.unwrap_or(JobResult::Failed);
        if done.send(Done { worker: index, network, job, result }).is_err() {
            return;
        }
        wake();
    }
}

fn perform(work: Work, hasher: &mut Hasher) -> JobResult {
    match work {
        Work::Check { password, hash: Some(hash) } => {
            if hasher.is_made_of(&hash, &password) {
                JobResult::Right
            } else {
                JobResult::Wrong
            }
        }
        Work::Check { password, hash: None } => {
            // This takes as long as a comparison.
            let _ = hasher.hash(&password);
            JobResult::Wrong
        }
        Work::Hash { password } => {
            hasher.hash(&password).map_or(JobResult::Failed, JobResult::Hash)
        }
        Work::Change { old, hash, .. } if !hasher.is_made_of(&hash, &old) => JobResult::Wrong,
        Work::Change { new, .. } => hasher.hash(&new).map_or(JobResult::Failed, JobResult::Hash),
    }
}

/// Hashes a password.
///
/// # Errors
/// Returns an error if the system has no randomness.
pub fn hash(password: &str) -> io::Result<Hash> {
    Hasher::default().hash(password).map_err(|error| io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_hash_fits_one_password_and_has_a_random_salt() {
        let mut hasher = Hasher::default();
        let one = hasher.hash("correct horse").unwrap();
        let two = hasher.hash("correct horse").unwrap();
        assert_ne!(one, two, "the salts differ");
        assert!(one.0.starts_with("$argon2id$") && !one.0.contains("horse"));
        for hash in [&one, &two] {
            assert!(hasher.is_made_of(hash, "correct horse"));
        }
        for wrong in ["", "correct hors", "Correct horse", "correct horse "] {
            assert!(!hasher.is_made_of(&one, wrong), "{wrong:?}");
        }
        for broken in ["$argon2id$broken", ""] {
            assert!(!hasher.is_made_of(&Hash(broken.into()), ""));
        }
    }

    /// From the tests of the reference implementation of argon2: the password is `password`.
    const REFERENCE: [&str; 3] = [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    ];

    /// Each hash runs in the memory that the previous one has used.
    #[test]
    #[ignore = "slow"]
    fn hashes_of_other_programs_are_understood() {
        let hashes = REFERENCE.map(|hash| Hash(hash.into()));
        let mut hasher = Hasher::default();
        for hash in hashes.iter().chain(hashes.iter().rev()) {
            assert!(hasher.is_made_of(hash, "password"), "{}", hash.0);
            assert!(!hasher.is_made_of(hash, "Password"), "{}", hash.0);
        }
        let endless = "$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA";
        assert!(!hasher.is_made_of(&Hash(endless.into()), "password"));
    }

    #[test]
    fn a_new_password_is_hashed_if_the_old_one_is_right() {
        let mut hasher = Hasher::default();
        let hash = hash("correct horse").unwrap();
        let mut change = |old: &str| {
            let (old, hash, new) = (old.to_owned(), hash.clone(), "battery staple".to_owned());
            perform(Work::Change { old, hash, new }, &mut hasher)
        };
        assert_eq!(change("wrong horse"), JobResult::Wrong);
        let JobResult::Hash(new) = change("correct horse") else { panic!("no hash") };
        assert!(hasher.is_made_of(&new, "battery staple"));
    }

    #[test]
    #[ignore = "slow"]
    fn an_unknown_name_takes_as_long_as_a_wrong_password() {
        let mut hasher = Hasher::default();
        let mut look = |hash: &Option<Hash>| {
            let work = Work::Check { password: "battery staple".to_owned(), hash: hash.clone() };
            let began = Instant::now();
            assert_eq!(perform(work, &mut hasher), JobResult::Wrong);
            began.elapsed()
        };
        let there = Some(hash("correct horse").unwrap());
        // Take the fastest of each kind, because other programs only slow them down.
        let (mut none, mut some) = (Duration::MAX, Duration::MAX);
        let alike = |_| {
            (none, some) = (none.min(look(&None)), some.min(look(&there)));
            none < some * 2 && some < none * 2
        };
        assert!((0..50).any(alike), "{none:?} {some:?}");
    }
}
