//! One graded program while it runs: what its threads, the watch and its owner know together.

use crate::lag::Stopwatch;
use std::collections::{HashMap, HashSet};
use std::io::{PipeWriter, Write};
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};

use super::limits::Limits;
use super::output::Output;
use super::processes::{Process, carries, shared_memory};
use super::registry::{self, Look};
use super::trouble::{Ended, Trouble};

/// A program that runs, or that ran and is not cleaned up yet.
#[derive(Debug)]
pub(super) struct Run {
    /// The process that we started. It stays as a zombie until its owner buries it, so nobody else
    /// gets its number before.
    pub(super) root: Pid,
    /// What its processes have in their environment.
    pub(super) mark: String,
    pub(super) folder: PathBuf,
    pub(super) limits: Limits,
    /// When it was started.
    pub(super) began: Stopwatch,
    /// Tells the thread that reads what there is to do.
    pub(super) orders: PipeWriter,
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) output: Output,
    /// How it ended, before its last words are read.
    pub(super) exit: Option<Ended>,
    pub(super) ended: Option<Ended>,
    /// Its first process is no more; the number may be somebody else's.
    pub(super) buried: bool,
    /// Why it was ended before its time.
    pub(super) verdict: Option<Trouble>,
    /// All that it has are to end.
    pub(super) condemned: bool,
    /// Its processes, with the time of their birth.
    known: HashMap<(i32, u64), Seen>,
    /// At the last look there was somebody who could be one of them.
    pub(super) unclear: bool,
    /// What those of its processes had computed that were buried here.
    pub(super) spent: u64,
}

/// What is remembered of a process.
#[derive(Debug)]
struct Seen {
    session: i32,
    /// It was there still.
    at: Instant,
}

impl State {
    pub(super) fn new(limits: &Limits) -> State {
        State {
            output: Output::new(limits.output),
            exit: None,
            ended: None,
            buried: false,
            verdict: None,
            condemned: false,
            known: HashMap::new(),
            unclear: false,
            spent: 0,
        }
    }
}

impl Run {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // Nobody leaves it half changed: what panics with the lock is a question of the owner's.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }

    /// Waits until there is an answer, and asks again whenever something has changed.
    pub(super) fn wait<T>(
        &self,
        until: Instant,
        mut ask: impl FnMut(&mut State) -> Option<T>,
    ) -> Option<T> {
        let mut state = self.lock();
        loop {
            let answer = ask(&mut state);
            let left = until.saturating_duration_since(Instant::now());
            if answer.is_some() || left.is_zero() {
                return answer;
            }
            (state, _) =
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// It has printed this.
    pub(super) fn printed(&self, bytes: &[u8]) {
        let too_much = self.change(|state| state.output.add(bytes));
        if too_much {
            self.condemn(Trouble::TooMuchOutput { limit: self.limits.output });
            self.signal_group(Signal::KILL);
            registry::look_now();
        }
    }

    /// Its last words are read.
    pub(super) fn has_ended(&self) {
        self.change(|state| state.ended = state.exit);
    }

    /// The first verdict stands; the watch sees to it.
    pub(super) fn condemn(&self, verdict: Trouble) {
        self.change(|state| {
            state.verdict.get_or_insert(verdict);
            state.condemned = true;
        });
    }

    pub(super) fn order(&self, order: u8) {
        // A thread that is not there any more needs no orders.
        let _ = (&self.orders).write_all(&[order]);
    }

    pub(super) fn signal_group(&self, signal: Signal) {
        let state = self.lock();
        if !state.buried && kill_process_group(self.root, signal).is_err() {
            // In its first moments it is in our group still. Or it has ended, which is fine.
            let _ = kill_process(self.root, signal);
        }
    }

    /// Sends a signal to each of its processes; returns their number.
    pub(super) fn signal_members(&self, look: &Look, signal: Signal) -> usize {
        let mut state = self.lock();
        let members = self.members(&mut state, look);
        let alive = members.iter().filter(|process| !process.ended);
        let alive: Vec<Pid> = alive.filter_map(|process| Pid::from_raw(process.id)).collect();
        for process in &alive {
            // One that has ended since the look needs no signal.
            let _ = kill_process(*process, signal);
        }
        alive.len()
    }

    /// Its processes: whatever descends from the one that we started, in whatever group and
    /// session. The descendants whose parents have ended are children of ours.
    pub(super) fn members<'l>(&self, state: &mut State, look: &'l Look) -> Vec<&'l Process> {
        let mut members = Vec::new();
        state.unclear = false;
        for top in look.table.children(look.us) {
            if self.is_mine(state, top, look) {
                look.table.family(top, &mut members);
            }
        }
        if !state.buried {
            // Whose parents come and go too fast is found by what he cannot leave without a trace.
            let root = self.root.as_raw_nonzero().get();
            let found: HashSet<i32> = members.iter().map(|process| process.id).collect();
            let is_ours = |it: &&Process| it.group == root || it.session == root;
            members.extend(look.table.all().filter(is_ours).filter(|it| !found.contains(&it.id)));
        }
        // What this look does not show may be younger than the look.
        state
            .known
            .retain(|(id, born), seen| seen.at >= look.begun || look.table.contains(*id, *born));
        let at = Instant::now();
        state.known.extend(
            members
                .iter()
                .map(|process| ((process.id, process.born), Seen { session: process.session, at })),
        );
        members
    }

    fn is_mine(&self, state: &mut State, top: &Process, look: &Look) -> bool {
        let root = self.root.as_raw_nonzero().get();
        if look.roots.contains(&top.id) {
            return top.id == root && !state.buried;
        }
        let has_left = top.session != look.session;
        if (!state.buried && (top.group == root || top.session == root))
            || state.known.contains_key(&(top.id, top.born))
            || (has_left && state.known.values().any(|seen| seen.session == top.session))
            // What has left our session is left over from some program, and there is no other.
            || (has_left && look.is_last())
        {
            return true;
        }
        let carries = match top.ended {
            false => carries(top.id, &self.mark, &self.folder),
            // It ended while we looked: who ends has no children any more.
            true => look.table.children(top.id).next().is_none().then_some(false),
        };
        state.unclear |= has_left && carries.is_none();
        carries == Some(true)
    }

    /// Looks after its processes once: that they keep within the limits, that they end when they
    /// are to, and that those that have ended are gone. Says how many there were besides
    /// the first, when that has ended: that is for its owner to bury.
    pub(super) fn look_after(&self, look: &Look) -> usize {
        let mut state = self.lock();
        let members = self.members(&mut state, look);
        if !state.condemned
            && let Some(verdict) = self.passes_a_limit(&state, &members)
        {
            state.verdict.get_or_insert(verdict);
            state.condemned = true;
            self.changed.notify_all();
        }
        if state.condemned && !state.buried {
            // All at once, so that none can start another on the way.
            let _ = kill_process_group(self.root, Signal::KILL);
        }
        let mut left = 0;
        for process in &members {
            let Some(id) = Pid::from_raw(process.id) else { continue };
            if process.ended && id == self.root {
                continue;
            }
            // Who has just ended may have started another, which this look does not show.
            left += 1;
            if !process.ended {
                if state.condemned {
                    let _ = kill_process(id, Signal::KILL);
                }
            } else if process.parent == look.us && bury(id) {
                // Nobody else asks after an orphan.
                state.spent += process.ticks;
            }
        }
        left
    }

    fn passes_a_limit(&self, state: &State, members: &[&Process]) -> Option<Trouble> {
        let limits = &self.limits;
        let found = members.iter().filter(|process| !process.ended).count();
        if found > limits.processes {
            return Some(Trouble::TooManyProcesses { limit: limits.processes, found });
        }
        let page = rustix::param::page_size() as u64;
        let pages: u64 = members.iter().map(|process| process.pages).sum();
        if pages * page > limits.memory {
            // What they share was counted for each: worth a closer look.
            let each = members.iter();
            let exact = |process: &&Process| shared_memory(process.id);
            let found = each.map(|it| exact(it).unwrap_or(it.pages * page)).sum();
            if found > limits.memory {
                return Some(Trouble::TooMuchMemory { limit: limits.memory, found });
            }
        }
        let limit = limits.cpu;
        if computed(state, members) > limit {
            return Some(Trouble::TooMuchComputing { limit });
        }
        let limit = limits.time;
        (self.began.elapsed() > limit).then_some(Trouble::TooLong { limit })
    }
}

/// How long these have computed, and those that were theirs.
pub(super) fn computed(state: &State, members: &[&Process]) -> Duration {
    let ticks = state.spent + members.iter().map(|process| process.ticks).sum::<u64>();
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Asks after a child that has ended, so that its number is free again.
fn bury(child: Pid) -> bool {
    matches!(waitpid(Some(child), WaitOptions::NOHANG), Ok(Some(_)))
}
