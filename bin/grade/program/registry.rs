//! All running programs, and the thread that watches them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

use super::processes::{Table, threads};
use super::run::Run;
use super::snapshot::Snapshot;
use super::trouble::Trouble;

/// Rest of the watch between two looks: a multiple of the time that a look takes, within bounds.
const REST: u32 = 20;
const SHORTEST_REST: Duration = Duration::from_millis(20);
const LONGEST_REST: Duration = Duration::from_millis(500);

/// Shortest rest if every program is in a sandbox, where the system limits processes and ends them
/// together. A look comes earlier if the system has so many more threads.
const SANDBOX_REST: Duration = Duration::from_millis(250);
const MANY_THREADS: u64 = 64;

/// Rest of the watch while processes have to end.
const SHORT_REST: Duration = Duration::from_millis(2);

/// Time for all programs to end after a signal that ends the grader.
const ALL_END: Duration = Duration::from_secs(5);

/// Greatest number of searches for processes while new ones keep starting.
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
    /// A watch thread runs.
    watched: bool,
    /// No program may start any more.
    closed: bool,
    /// All programs are stopped, so none may start until they continue.
    halted: bool,
    /// The watch must not rest.
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

/// Reads the processes of the system, which takes a few milliseconds.
pub(super) fn snapshot() -> Snapshot {
    let begun = Instant::now();
    let table = Table::read();
    // Read after the table, so that every program in the table is in this list.
    Snapshot::of(begun, table, roots(&PROGRAMS.lock().runs))
}

/// Reads the processes among which those of these programs are found. All of a sandbox descend from its
/// first process, so the rest of the system is read only if a program has no sandbox.
pub(super) fn snapshot_for(runs: &[Arc<Run>]) -> Snapshot {
    if runs.iter().any(|run| run.enclosure.is_none()) {
        return snapshot();
    }
    let begun = Instant::now();
    let roots = roots(runs);
    let ids: Vec<i32> = roots.iter().map(|root| root.as_raw_nonzero().get()).collect();
    Snapshot::of(begun, Table::of_families(&ids), roots)
}

fn roots(runs: &[Arc<Run>]) -> Vec<Pid> {
    runs.iter().map(|run| run.root).collect()
}

/// Starts a program under watch. `start` returns a process that still waits for its start.
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
    // The lock is held, so that no look sees the process before it knows its program.
    let run = start()?;
    state.runs.push(Arc::clone(&run));
    Ok(run)
}

/// Calls `act` while no program is being started. A process that is just being started has a copy of
/// every open file of grade.
pub(super) fn between_starts<T>(act: impl FnOnce() -> T) -> T {
    let _none = PROGRAMS.lock();
    act()
}

/// Removes a program that is cleaned up.
pub(super) fn leave(run: &Arc<Run>) {
    PROGRAMS.lock().runs.retain(|other| !Arc::ptr_eq(other, run));
    PROGRAMS.changed.notify_all();
}

/// Wakes the watch.
pub(super) fn wake() {
    PROGRAMS.lock().hurry = true;
    PROGRAMS.changed.notify_all();
}

/// Ends all programs with all of their processes, and lets none start any more. Every thread that waits
/// for a program gets [`Trouble::Interrupted`].
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
        let now = snapshot();
        let left: usize = runs.iter().map(|run| run.look_after(&now)).sum();
        if left == 0 {
            return;
        }
        drop(PROGRAMS.rest(PROGRAMS.lock(), SHORT_REST));
    }
}

/// Stops all programs, calls `pause`, and continues them. Otherwise programs would run without a watch
/// while the grader is stopped.
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

/// Sends a signal to all processes of these programs, and repeats that while new processes appear.
fn signal_all(runs: &[Arc<Run>], signal: Signal) {
    let mut before = 0;
    for _ in 0..STOP_ROUNDS {
        let now = snapshot();
        let found: usize = runs.iter().map(|run| run.signal_members(&now, signal)).sum();
        if found <= before {
            return;
        }
        before = found;
    }
}

/// The body of the `watch` thread: looks after all programs until none is left.
fn watch() {
    loop {
        let begun = Instant::now();
        let runs = {
            let mut state = PROGRAMS.lock();
            if state.runs.is_empty() {
                state.watched = false;
                return;
            }
            state.hurry = false;
            state.runs.clone()
        };
        let now = snapshot_for(&runs);
        let mut ending = false;
        for run in &runs {
            let left = run.look_after(&now);
            // The system ends a sandbox as a whole.
            ending |= left > 0 && run.enclosure.is_none() && run.lock().condemned;
        }
        let is_enclosed = runs.iter().all(|run| run.enclosure.is_some());
        let shortest = if is_enclosed { SANDBOX_REST } else { SHORTEST_REST };
        let rest = (begun.elapsed() * REST).clamp(shortest, LONGEST_REST);
        rest_for(if ending { SHORT_REST } else { rest });
    }
}

/// Rests, unless a program has to be looked after or none is left, or many threads have started.
fn rest_for(rest: Duration) {
    let until = Instant::now() + rest;
    let before = threads();
    let mut state = PROGRAMS.lock();
    while !state.hurry && !state.runs.is_empty() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || threads() > before + MANY_THREADS {
            return;
        }
        state = PROGRAMS.rest(state, left.min(SHORTEST_REST));
    }
}
