//! A run: executes all requested checks, several at a time. Each check starts its own program.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::check::Check;
use crate::checks;
use crate::lag::Stopwatch;
use crate::subject::Subject;
use crate::verdict::{Outcome, Verdict};

/// The check whose failure leaves nothing to check, if the server does not start.
const START: &str = "START-1";

/// The state of all checks so far.
#[derive(Default)]
struct State {
    started: Vec<&'static str>,
    verdicts: HashMap<&'static str, Verdict>,
}

/// What the threads of a run share.
struct Shared {
    subject: Subject,
    checks: Vec<&'static Check>,
    state: Mutex<State>,
    changed: Condvar,
    stop: Arc<AtomicBool>,
    began: Stopwatch,
    /// Longest duration of the run.
    limit: Duration,
}

/// Starts a run with `jobs` checks at a time. The outcomes arrive in the returned channel. A check
/// that has not started when `began` has passed the limit is undecided.
pub(crate) fn start(
    subject: Subject,
    checks: Vec<&'static Check>,
    jobs: usize,
    began: Stopwatch,
    limit: Duration,
    stop: Arc<AtomicBool>,
) -> Receiver<Outcome> {
    let (sender, outcomes) = sync_channel(checks.len().max(1));
    let checks = longest_first(checks);
    let (state, changed) = (Mutex::default(), Condvar::new());
    let shared = Arc::new(Shared { subject, checks, state, changed, stop, began, limit });
    for number in 0..jobs.max(1) {
        let (shared, sender) = (Arc::clone(&shared), sender.clone());
        let thread = thread::Builder::new().name(format!("check-{number}"));
        // With fewer threads the run takes longer. With no thread at all the channel closes
        // immediately.
        let _ = thread.spawn(move || {
            shared.work(&sender);
            // Before the channel closes, because the receiver then removes the folders.
            drop(shared);
            drop(sender);
        });
    }
    outcomes
}

/// Sorts the checks by the length of the chain of checks that depend on them, longest first. The
/// checks that start last should be the ones that no other check depends on. The start comes before all.
fn longest_first(mut checks: Vec<&'static Check>) -> Vec<&'static Check> {
    let mut dependents: HashMap<&str, usize> = HashMap::new();
    // A check stands after the checks it depends on, so its own chain is known here.
    for check in checks.iter().rev() {
        let here = dependents.get(check.id).copied().unwrap_or(0);
        for before in check.after {
            let most = dependents.entry(before).or_default();
            *most = (*most).max(here + 1);
        }
    }
    checks.sort_by_key(|check| (check.id != START, Reverse(dependents.get(check.id).copied())));
    checks
}

/// The next job of a thread.
enum Next {
    Run(&'static Check),
    /// The check has a verdict without being run.
    Decided(&'static Check, Verdict),
    /// Other checks have to be decided first.
    Wait,
    Done,
}

impl Shared {
    /// The loop of a thread that runs checks.
    fn work(&self, sender: &SyncSender<Outcome>) {
        loop {
            let next = self.next();
            let outcome = match next {
                Next::Done => return,
                Next::Wait => {
                    let state = self.lock();
                    drop(self.changed.wait_timeout(state, Duration::from_millis(100)));
                    continue;
                }
                Next::Decided(check, verdict) => Outcome::without_trace(check.id, verdict),
                Next::Run(check) => self.subject.run_check(check, &self.stop),
            };
            if self.stop.load(Ordering::Relaxed) {
                return;
            }
            self.lock().verdicts.insert(outcome.id, outcome.verdict.clone());
            self.changed.notify_all();
            // The receiver is gone only if the run was interrupted.
            let _ = sender.send(outcome);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Next {
        let mut state = self.lock();
        if self.stop.load(Ordering::Relaxed) {
            return Next::Done;
        }
        let mut waiting = false;
        for check in self.checks.iter().filter(|check| !state.started.contains(&check.id)) {
            let next = self.decide(check, &state);
            if matches!(next, Next::Wait) {
                waiting = true;
                continue;
            }
            state.started.push(check.id);
            return next;
        }
        if waiting { Next::Wait } else { Next::Done }
    }

    /// Decides what to do with a check that no thread has started.
    fn decide(&self, check: &'static Check, state: &State) -> Next {
        if let Some(why) = &self.subject.knowledge.undecided {
            return Next::Decided(check, Verdict::Undecided { why: why.clone() });
        }
        if self.began.elapsed() > self.limit {
            let why = format!("the run has taken longer than {} s", self.limit.as_secs());
            return Next::Decided(check, Verdict::Undecided { why });
        }
        let does_not_start =
            !check.is_client_check() && self.subject.knowledge.vocabulary.is_none();
        let start: &[&str] = if does_not_start && check.id != START { &[START] } else { &[] };
        for id in start.iter().chain(check.after) {
            let is_in_run = self.checks.iter().any(|other| other.id == *id);
            match (self.was_possible(id), state.verdicts.get(id)) {
                (Some(true), _) | (_, Some(Verdict::Passed | Verdict::Absent)) => {}
                // What the course does not demand satisfies nothing. What the command line left out
                // counts as passed.
                (Some(false), None) if !is_in_run && !self.is_demanded(id) => {
                    return Next::Decided(check, Verdict::Absent);
                }
                (_, None) if !is_in_run => {}
                (_, None) => return Next::Wait,
                (_, Some(_)) => return Next::Decided(check, Verdict::Skipped { after: id }),
            }
        }
        Next::Run(check)
    }

    /// Whether the course demands the check with this id.
    fn is_demanded(&self, id: &str) -> bool {
        checks::find(id).is_some_and(|check| self.subject.course.demands(check.id))
    }

    /// Whether this server can do what other checks need of this one, as the grader has seen before the
    /// checks. A check can fail although it can, for example because of a wrong word. `None` if only the
    /// check itself shows it.
    fn was_possible(&self, id: &str) -> Option<bool> {
        let vocabulary = self.subject.knowledge.vocabulary.as_ref()?;
        match id {
            "LOGIN-1" => Some(vocabulary.logs_in),
            "CROWD-4" => Some(vocabulary.survives_leaving),
            "LOGIN-9" => Some(vocabulary.refuses_taken_names),
            "MESSAGE-1" => Some(vocabulary.delivers),
            // A user hears a message: its sender, or another user.
            "MESSAGE-2" => Some(vocabulary.delivers || vocabulary.echoes),
            "NAMES-1" => Some(vocabulary.listing().is_some()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_comes_first_and_then_what_others_need() {
        let order: Vec<&str> =
            longest_first(checks::all().collect()).iter().map(|check| check.id).collect();
        let place = |id: &str| order.iter().position(|other| *other == id).unwrap();
        assert_eq!(place("START-1"), 0);
        assert!(place("LOGIN-1") < place("MESSAGE-1") && place("MESSAGE-1") < place("MESSAGE-5"));
    }
}
