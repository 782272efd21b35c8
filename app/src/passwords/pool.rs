//! A few threads that work on passwords with argon2, each with a short queue.
//!
//! One password takes some hundredths of a second of a whole processor and 19 MiB. So there are
//! fewer threads than processors, and whoever comes when the queues are full is told to try
//! again: a storm of logins costs what those threads cost, and no more.

use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::{io, thread};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, PasswordHash};

use super::{Errand, Finding, Hash, Passwords, Work};
use crate::Refusal;

/// How much work may wait for one thread: less than a second of it.
const QUEUE: usize = 16;
/// The most threads.
const MOST: usize = 4;

/// The threads.
#[derive(Debug)]
pub struct Pool {
    workers: Vec<SyncSender<(Work, Errand)>>,
    /// Who is asked first for the next one.
    turn: usize,
    findings: Receiver<(Errand, Finding)>,
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
        // There is room for all that can be in work, so that no thread ever waits in it.
        let (found, findings) = mpsc::sync_channel(count * (QUEUE + 2));
        let workers = (1..=count).map(|number| {
            let (queue, work) = mpsc::sync_channel(QUEUE);
            let (found, wake) = (found.clone(), wake.clone());
            thread::Builder::new().name(format!("passwords-{number}")).spawn(move || {
                begin();
                run(&work, &found, &wake);
            })?;
            Ok(queue)
        });
        Ok(Pool { workers: workers.collect::<io::Result<_>>()?, turn: 0, findings })
    }
}

impl Passwords for Pool {
    fn submit(&mut self, work: Work, errand: Errand) -> Result<(), Refusal> {
        let mut job = (work, errand);
        for _ in 0..self.workers.len() {
            self.turn = (self.turn + 1) % self.workers.len();
            let Some(worker) = self.workers.get(self.turn) else { break };
            match worker.try_send(job) {
                Ok(()) => return Ok(()),
                Err(mpsc::TrySendError::Full(back) | mpsc::TrySendError::Disconnected(back)) => {
                    job = back;
                }
            }
        }
        Err(Refusal::Busy)
    }

    fn next(&mut self) -> Option<(Errand, Finding)> {
        self.findings.try_recv().ok()
    }
}

/// The life of one of the threads.
fn run(work: &Receiver<(Work, Errand)>, found: &SyncSender<(Errand, Finding)>, wake: &impl Fn()) {
    while let Ok((work, errand)) = work.recv() {
        // Whatever goes wrong inside, the asker is not left waiting.
        let finding = catch_unwind(AssertUnwindSafe(|| find_out(work)));
        let finding = finding.unwrap_or(Finding::Failed);
        if found.send((errand, finding)).is_err() {
            return;
        }
        wake();
    }
}

fn find_out(work: Work) -> Finding {
    match work {
        Work::Check { password, hash: Some(hash) } => {
            if is_made_of(&hash, &password) {
                Finding::Right
            } else {
                Finding::Wrong
            }
        }
        Work::Check { password, hash: None } => {
            // To make a hash takes as long as to look at one.
            let _ = hash(&password);
            Finding::Wrong
        }
        Work::Hash { password } => hash(&password).map_or(Finding::Failed, Finding::Hash),
    }
}

/// What can be kept of a password: a PHC string, made by argon2 as its authors set it, with a
/// salt of its own.
///
/// # Errors
/// When the system has no randomness.
pub fn hash(password: &str) -> io::Result<Hash> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    let hash = hash.map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Hash(hash.to_string().into()))
}

/// Whether a hash was made of this password. One that cannot be read was made of none.
fn is_made_of(hash: &Hash, password: &str) -> bool {
    PasswordHash::new(&hash.0)
        .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_hash_is_of_one_password_and_never_the_same() {
        let (one, two) = (hash("correct horse").unwrap(), hash("correct horse").unwrap());
        assert_ne!(one, two, "each has a salt of its own");
        assert!(one.0.starts_with("$argon2id$") && !one.0.contains("horse"));
        assert!(is_made_of(&one, "correct horse") && is_made_of(&two, "correct horse"));
        for wrong in ["", "correct hors", "Correct horse", "correct horse "] {
            assert!(!is_made_of(&one, wrong), "{wrong:?}");
        }
        for broken in ["$argon2id$broken", ""] {
            assert!(!is_made_of(&Hash(broken.into()), ""));
        }
    }

    #[test]
    fn what_nobody_has_registered_is_wrong_after_the_same_time() {
        let look = |hash: &Option<Hash>| {
            let work = Work::Check { password: "battery staple".to_owned(), hash: hash.clone() };
            let began = Instant::now();
            assert_eq!(find_out(work), Finding::Wrong);
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
