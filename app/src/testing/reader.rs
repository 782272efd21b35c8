//! A worker for passwords without a thread.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::Refusal;
use crate::passwords::{Hash, Job, JobResult, Passwords, Work};

/// Works on passwords immediately, with readable hashes.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    found: VecDeque<(Job, JobResult)>,
    /// Refuses work.
    pub(crate) full: bool,
    /// Fails each job, as if it lost its place in the queue.
    pub(crate) pushes_out: bool,
    /// Returns no result.
    pub(crate) slow: bool,
    /// The number of passwords that it has checked.
    pub(crate) checked: usize,
}

impl Passwords for Rc<RefCell<Reader>> {
    fn submit(&mut self, work: Work, job: Job) -> Result<(), Refusal> {
        let mut reader = self.borrow_mut();
        if reader.full {
            return Err(Refusal::Busy);
        }
        let result = match work {
            _ if reader.pushes_out => JobResult::Failed,
            Work::Hash { password } => JobResult::Hash(readable_hash(&password)),
            Work::Change { old, hash, .. } if hash != readable_hash(&old) => JobResult::Wrong,
            Work::Change { new, .. } => JobResult::Hash(readable_hash(&new)),
            Work::Check { password, hash } => {
                reader.checked += 1;
                let right = hash.is_some_and(|hash| hash == readable_hash(&password));
                if right { JobResult::Right } else { JobResult::Wrong }
            }
        };
        reader.found.push_back((job, result));
        Ok(())
    }

    fn next(&mut self) -> Option<(Job, JobResult)> {
        let mut reader = self.borrow_mut();
        if reader.slow { None } else { reader.found.pop_front() }
    }
}

pub(in crate::testing) fn readable_hash(password: &str) -> Hash {
    Hash(format!("made of {password}").into())
}
