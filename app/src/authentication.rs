//! Authentication: password jobs, and the limits on wrong passwords and on new accounts.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parse::Peer;

use crate::passwords::{Job, JobResult, Passwords, Work};
use crate::quota::Quota;
use crate::throttle::Throttle;
use crate::{Figures, Moment, Refusal};

/// The password threads and the limits in front of them.
pub(crate) struct Authentication {
    passwords: Box<dyn Passwords>,
    throttle: Throttle,
    quota: Quota,
    /// The peers that are making an account. A peer makes one account at a time.
    registering: HashMap<Peer, Registration>,
    /// The number of jobs that are not done.
    waiting: usize,
    figures: Arc<Figures>,
}

/// An account in the making.
struct Registration {
    /// The address whose quota it counts against.
    address: IpAddr,
    /// Whether the peer wants to be logged in when the account exists.
    login: bool,
}

impl Authentication {
    pub(crate) fn new(passwords: Box<dyn Passwords>, figures: Arc<Figures>) -> Authentication {
        Authentication {
            passwords,
            throttle: Throttle::default(),
            quota: Quota::default(),
            registering: HashMap::new(),
            waiting: 0,
            figures,
        }
    }

    /// Starts to check a password against the hash of the job.
    ///
    /// # Errors
    /// Returns an error if there were too many wrong passwords, or if too many jobs wait.
    pub(crate) fn check(&mut self, password: &str, job: Job, now: Moment) -> Result<(), Refusal> {
        let work = Work::Check { password: password.to_owned(), hash: job.hash.clone() };
        self.submit_attempt(work, job, now)
    }

    /// Starts to check the old password of an account and to hash a new one.
    ///
    /// # Errors
    /// Returns an error if there were too many wrong passwords, or if too many jobs wait.
    pub(crate) fn change(
        &mut self,
        old: &str,
        new: &str,
        job: Job,
        now: Moment,
    ) -> Result<(), Refusal> {
        let hash = job.hash.clone().ok_or(Refusal::NoAccount)?;
        let work = Work::Change { old: old.to_owned(), hash, new: new.to_owned() };
        self.submit_attempt(work, job, now)
    }

    /// Submits work that compares a password, as an attempt that the throttle counts.
    fn submit_attempt(&mut self, work: Work, mut job: Job, now: Moment) -> Result<(), Refusal> {
        let attempt = self.throttle.attempt(&job.username, job.address, now)?;
        job.attempt = Some(attempt.clone());
        let submitted = self.submit(work, job);
        if submitted.is_err() {
            self.throttle.take_back(&attempt, now);
        }
        submitted
    }

    fn submit(&mut self, work: Work, job: Job) -> Result<(), Refusal> {
        self.passwords.submit(work, job)?;
        self.count(self.waiting + 1);
        Ok(())
    }

    fn count(&mut self, waiting: usize) {
        self.waiting = waiting;
        self.figures.set_passwords(waiting);
    }

    /// Starts to hash the password of a new account. `login` says whether the peer wants to be
    /// logged in when the account exists. The account counts against the quota of the
    /// address until it is [released](Authentication::release).
    ///
    /// # Errors
    /// Returns an error if the address made too many accounts, or if too many jobs wait.
    pub(crate) fn register(
        &mut self,
        password: &str,
        job: Job,
        login: bool,
        now: Moment,
    ) -> Result<(), Refusal> {
        let (peer, address) = (job.peer, job.address);
        self.quota.take(address, now)?;
        self.registering.insert(peer, Registration { address, login });
        let submitted = self.submit(Work::Hash { password: password.to_owned() }, job);
        if submitted.is_err() {
            self.release(peer);
        }
        submitted
    }

    /// Takes the next job that is done, and counts its result for the throttle. That does not
    /// depend on whether the peer is still connected.
    pub(crate) fn next(&mut self, now: Moment) -> Option<(Job, JobResult)> {
        let (mut job, result) = self.passwords.next()?;
        self.count(self.waiting - 1);
        match (&result, job.attempt.take()) {
            (JobResult::Right | JobResult::Hash(_), Some(attempt)) => {
                self.throttle.succeed(attempt, now)
            }
            (JobResult::Failed, Some(attempt)) => self.throttle.take_back(&attempt, now),
            (JobResult::Wrong, _) => {
                let Job { peer, address, username, .. } = &job;
                tracing::info!(%peer, %address, %username, "wrong password");
            }
            _ => {}
        }
        Some((job, result))
    }

    /// The account that a peer was making now exists. Returns whether the peer wants to be logged in.
    pub(crate) fn confirm(&mut self, peer: Peer) -> bool {
        self.registering.remove(&peer).is_some_and(|registration| registration.login)
    }

    /// The account that a peer was making, if any, could not be made. It no longer counts.
    pub(crate) fn release(&mut self, peer: Peer) {
        if let Some(registration) = self.registering.remove(&peer) {
            self.quota.give_back(registration.address);
        }
    }
}
