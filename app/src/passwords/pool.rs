//! A few threads that work on passwords with argon2, and the queue in front of them.
//!
//! One password takes some hundredths of a second of a whole processor and 19 MiB. So there are
//! fewer threads than processors, and a storm of logins costs what those threads cost, and no more.
//! The chat's thread owns the queue, in which addresses take turns ([`super::queue`]). It hands a
//! thread the next job while that works on another one, so that the thread never waits for the chat.

mod hasher;

use std::collections::VecDeque;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::{io, thread};

use super::queue::{Put, Queue};
use super::{Errand, Finding, Hash, Passwords, Work};
use crate::{Network, Refusal};
use hasher::Hasher;

/// How many jobs a thread has at a time: the one it works on, and the next one.
const AHEAD: usize = 2;
/// The most threads.
const MOST: usize = 4;

/// The threads.
#[derive(Debug)]
pub struct Pool {
    workers: Vec<Worker>,
    queue: Queue<(Work, Errand)>,
    /// Errands that were pushed out of the queue.
    dropped: VecDeque<Errand>,
    findings: Receiver<Found>,
}

/// One of the threads, as the chat sees it.
#[derive(Debug)]
struct Worker {
    jobs: SyncSender<Job>,
    /// How many jobs it has.
    load: usize,
}

struct Job {
    network: Network,
    work: Work,
    errand: Errand,
}

struct Found {
    /// The index of the thread.
    worker: usize,
    network: Network,
    errand: Errand,
    finding: Finding,
}

impl Pool {
    /// Starts the threads: half as many as there are processors, at least one and at most
    /// four. Each calls `begin` first, and `wake` when there is something to be had from
    /// [`next`](Passwords::next).
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(begin: fn(), wake: impl Fn() + Send + Clone + 'static) -> io::Result<Pool> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let count = (processors / 2).clamp(1, MOST);
        // There is room for all that the threads can have, so that none ever waits in it.
        let (found, findings) = mpsc::sync_channel(count * AHEAD);
        let workers = (0..count).map(|index| {
            let (jobs, queue) = mpsc::sync_channel(AHEAD);
            let (found, wake) = (found.clone(), wake.clone());
            thread::Builder::new().name(format!("passwords-{}", index + 1)).spawn(move || {
                begin();
                run(index, &queue, &found, &wake);
            })?;
            Ok(Worker { jobs, load: 0 })
        });
        let workers = workers.collect::<io::Result<_>>()?;
        Ok(Pool { workers, queue: Queue::new(), dropped: VecDeque::new(), findings })
    }

    /// Gives the threads that have room for it the next jobs.
    fn dispatch(&mut self) {
        while let Some(worker) = self.workers.iter_mut().min_by_key(|worker| worker.load)
            && worker.load < AHEAD
            && let Some((network, (work, errand))) = self.queue.take()
        {
            match worker.jobs.try_send(Job { network, work, errand }) {
                Ok(()) => worker.load += 1,
                Err(TrySendError::Full(job) | TrySendError::Disconnected(job)) => {
                    // The thread is gone, which only a bug can bring about.
                    tracing::error!("a thread for passwords takes no work");
                    worker.load = AHEAD;
                    self.queue.done(job.network);
                    self.dropped.push_back(job.errand);
                }
            }
        }
    }
}

impl Passwords for Pool {
    fn submit(&mut self, work: Work, errand: Errand) -> Result<(), Refusal> {
        let put = self.queue.put(Network::of(errand.address), (work, errand));
        match put {
            Put::Waits => {}
            Put::Replaces((_, errand)) => self.dropped.push_back(errand),
            Put::Full => return Err(Refusal::Busy),
        }
        self.dispatch();
        Ok(())
    }

    fn next(&mut self) -> Option<(Errand, Finding)> {
        if let Some(errand) = self.dropped.pop_front() {
            return Some((errand, Finding::Failed));
        }
        let Found { worker, network, errand, finding } = self.findings.try_recv().ok()?;
        if let Some(worker) = self.workers.get_mut(worker) {
            worker.load = worker.load.saturating_sub(1);
        }
        self.queue.done(network);
        self.dispatch();
        Some((errand, finding))
    }
}

/// The life of one of the threads.
fn run(index: usize, jobs: &Receiver<Job>, found: &SyncSender<Found>, wake: &impl Fn()) {
    let mut hasher = Hasher::default();
    while let Ok(Job { network, work, errand }) = jobs.recv() {
        // Whatever goes wrong inside, the asker is not left waiting.
        let finding = catch_unwind(AssertUnwindSafe(|| find_out(work, &mut hasher)));
        let finding = finding.unwrap_or(Finding::Failed);
        if found.send(Found { worker: index, network, errand, finding }).is_err() {
            return;
        }
        wake();
    }
}

fn find_out(work: Work, hasher: &mut Hasher) -> Finding {
    match work {
        Work::Check { password, hash: Some(hash) } => {
            if hasher.is_made_of(&hash, &password) {
                Finding::Right
            } else {
                Finding::Wrong
            }
        }
        Work::Check { password, hash: None } => {
            // To make a hash takes as long as to look at one.
            let _ = hasher.hash(&password);
            Finding::Wrong
        }
        Work::Hash { password } => hasher.hash(&password).map_or(Finding::Failed, Finding::Hash),
    }
}

/// What can be kept of a password.
///
/// # Errors
/// When the system has no randomness.
pub fn hash(password: &str) -> io::Result<Hash> {
    Hasher::default().hash(password).map_err(|error| io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_hash_is_of_one_password_and_never_the_same() {
        let mut hasher = Hasher::default();
        let one = hasher.hash("correct horse").unwrap();
        let two = hasher.hash("correct horse").unwrap();
        assert_ne!(one, two, "each has a salt of its own");
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

    /// In an order in which each finds in the memory what another one has left there.
    #[test]
    fn hashes_of_other_programs_are_understood_whatever_they_cost() {
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
    fn what_nobody_has_registered_is_wrong_after_the_same_time() {
        let mut hasher = Hasher::default();
        let mut look = |hash: &Option<Hash>| {
            let work = Work::Check { password: "battery staple".to_owned(), hash: hash.clone() };
            let began = Instant::now();
            assert_eq!(find_out(work, &mut hasher), Finding::Wrong);
            began.elapsed()
        };
        let there = Some(hash("correct horse").unwrap());
        // The quickest of each count: what else runs here only makes them slower.
        let (mut none, mut some) = (Duration::MAX, Duration::MAX);
        let alike = |_| {
            (none, some) = (none.min(look(&None)), some.min(look(&there)));
            none < some * 2 && some < none * 2
        };
        assert!((0..50).any(alike), "{none:?} {some:?}");
    }
}
