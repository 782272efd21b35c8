//! All graded programs that run, and the one thread that watches them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::processes::Table;
use super::run::Run;
use super::trouble::Trouble;

/// How long the watch rests between two looks: so many times as long as a look took, within these.
const REST: u32 = 20;
const SHORTEST_REST: Duration = Duration::from_millis(20);
const LONGEST_REST: Duration = Duration::from_millis(500);

/// How long it rests when something is to end.
const SHORT_REST: Duration = Duration::from_millis(2);

/// How long everything has to end after a signal that ends the grader.
const ALL_END: Duration = Duration::from_secs(5);

/// How often all processes are looked for while some of them start others.
const STOP_ROUNDS: usize = 20;

static PROGRAMS: Registry = Registry {
    state: Mutex::new(State {
        runs: Vec::new(),
        watched: false,
        closed: false,
        halted: false,
        hurry: false,
    }),
    changed: Condvar::new(),
};

struct Registry {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    runs: Vec<Arc<Run>>,
    /// There is a watch.
    watched: bool,
    /// Nothing may start any more.
    closed: bool,
    /// All programs are stopped, so none may start until they are continued.
    halted: bool,
    /// The watch is not to rest.
    hurry: bool,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn rest<'s>(&'s self, state: MutexGuard<'s, State>, rest: Duration) -> MutexGuard<'s, State> {
        self.changed.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// What there is at a moment.
pub(super) struct Look {
    /// When the first process was looked at.
    pub(super) begun: Instant,
    pub(super) table: Table,
    /// The processes that we started ourselves.
    pub(super) roots: Vec<i32>,
    pub(super) us: i32,
    /// The session that we are in; 0 when that is one outside of our container.
    pub(super) session: i32,
}

impl Look {
    /// Takes a few milliseconds.
    pub(super) fn now() -> Look {
        let begun = Instant::now();
        let table = Table::read();
        // Later than the table, so that none is in that and not here.
        Look::of(begun, table, &PROGRAMS.lock().runs)
    }

    fn of(begun: Instant, table: Table, runs: &[Arc<Run>]) -> Look {
        let roots = runs.iter().map(|run| run.root.as_raw_nonzero().get()).collect();
        let us = rustix::process::getpid().as_raw_nonzero().get();
        // Not asked of the system: in a container the session may be one of outside, whose number is
        // 0 in here.
        let session = table.get(us).map_or(us, |process| process.session);
        Look { begun, table, roots, us, session }
    }

    /// Whether there is only one program.
    pub(super) fn is_last(&self) -> bool {
        self.roots.len() == 1
    }
}

/// Starts a program under watch. `start` gives what runs but has not begun.
pub(super) fn enter(
    start: impl FnOnce() -> Result<Arc<Run>, Trouble>,
) -> Result<Arc<Run>, Trouble> {
    let mut state = PROGRAMS.lock();
    while state.halted && !state.closed {
        state = PROGRAMS.rest(state, LONGEST_REST);
    }
    if state.closed {
        return Err(Trouble::Interrupted);
    }
    if !state.watched {
        let watch = thread::Builder::new().name("watch".to_owned()).spawn(watch);
        watch.map_err(|error| Trouble::CannotStart(format!("a thread: {error}")))?;
        state.watched = true;
    }
    // With the lock, so that nobody sees the process and does not know whose it is.
    let run = start()?;
    state.runs.push(Arc::clone(&run));
    Ok(run)
}

/// Does something while none is started: a process that is just being started has a copy of all
/// that we have open.
pub(super) fn between_starts<T>(act: impl FnOnce() -> T) -> T {
    let _none = PROGRAMS.lock();
    act()
}

/// It is cleaned up.
pub(super) fn leave(run: &Arc<Run>) {
    PROGRAMS.lock().runs.retain(|other| !Arc::ptr_eq(other, run));
    PROGRAMS.changed.notify_all();
}

/// There is something to do for the watch.
pub(super) fn look_now() {
    PROGRAMS.lock().hurry = true;
    PROGRAMS.changed.notify_all();
}

/// Ends all programs with all of their processes, and lets none start any more. All who wait for one of them are told [`Trouble::Interrupted`].
pub(crate) fn kill_all() {
    let until = Instant::now() + ALL_END;
    let runs = {
        let mut state = PROGRAMS.lock();
        state.closed = true;
        state.runs.clone()
    };
    for run in &runs {
        run.condemn(Trouble::Interrupted);
    }
    while Instant::now() < until {
        let look = Look::now();
        let left: usize = runs.iter().map(|run| run.look_after(&look)).sum();
        if left == 0 {
            return;
        }
        drop(PROGRAMS.rest(PROGRAMS.lock(), SHORT_REST));
    }
}

/// Stops all programs, calls `pause`, and continues them: a program that ran on while the grader is
/// stopped would be under no watch.
pub(crate) fn stop_all(pause: impl FnOnce()) {
    let runs = {
        let mut state = PROGRAMS.lock();
        state.halted = true;
        state.runs.clone()
    };
    signal_all(&runs, Signal::STOP);
    pause();
    signal_all(&runs, Signal::CONT);
    PROGRAMS.lock().halted = false;
    PROGRAMS.changed.notify_all();
}

/// Sends a signal to all processes of these programs; again, while there are new ones.
fn signal_all(runs: &[Arc<Run>], signal: Signal) {
    let mut before = 0;
    for _ in 0..STOP_ROUNDS {
        let look = Look::now();
        let found: usize = runs.iter().map(|run| run.signal_members(&look, signal)).sum();
        if found <= before {
            return;
        }
        before = found;
    }
}

/// The life of the `watch` thread: looks after all programs, until there is none.
fn watch() {
    loop {
        let begun = Instant::now();
        let table = Table::read();
        let runs = {
            let mut state = PROGRAMS.lock();
            if state.runs.is_empty() {
                state.watched = false;
                return;
            }
            state.hurry = false;
            state.runs.clone()
        };
        let look = Look::of(begun, table, &runs);
        let mut ending = false;
        for run in &runs {
            let left = run.look_after(&look);
            ending |= left > 0 && run.lock().condemned;
        }
        let rest = (begun.elapsed() * REST).clamp(SHORTEST_REST, LONGEST_REST);
        rest_for(if ending { SHORT_REST } else { rest });
    }
}

/// Rests, unless there is something to do or nothing any more.
fn rest_for(rest: Duration) {
    let until = Instant::now() + rest;
    let mut state = PROGRAMS.lock();
    while !state.hurry && !state.runs.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        state = PROGRAMS.rest(state, left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::processes::process;

    #[test]
    fn in_a_container_our_session_may_have_no_number() {
        let us = rustix::process::getpid().as_raw_nonzero().get();
        let ours = process(us, 1, 0);
        assert_eq!(Look::of(Instant::now(), Table::of([(us, ours)].into()), &[]).session, 0);
    }
}
