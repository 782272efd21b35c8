//! The state of one running program, shared by its threads, the watch and its owner.

use crate::lag::Stopwatch;
use std::collections::{HashMap, HashSet};
use std::io::{PipeWriter, Write};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, kill_process_group, waitpid};

use super::limits::Limits;
use super::output::Output;
use super::processes::{Process, carries, shared_memory};
use super::sandbox::Enclosure;
use super::snapshot::Snapshot;
use super::trouble::{Ended, Trouble};

/// A program that runs, or that has ended and is not cleaned up yet.
#[derive(Debug)]
pub(super) struct Run {
    /// The first process. It stays a zombie until its owner reaps it, so that no other process gets its
    /// id before.
    pub(super) root: Pid,
    /// The mark in the environment of its processes.
    pub(super) mark: String,
    pub(super) folder: PathBuf,
    /// The sandbox of the program. Then the first process is that of the sandbox.
    pub(super) enclosure: Option<Arc<Enclosure>>,
    pub(super) limits: Limits,
    /// The start time.
    pub(super) began: Stopwatch,
    /// Sends orders to the reading thread.
    pub(super) orders: PipeWriter,
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) output: Output,
    /// How the program ended; known before its last output is read.
    pub(super) exit: Option<Ended>,
    pub(super) ended: Option<Ended>,
    /// Every process of the sandbox has ended.
    pub(super) is_over: bool,
    /// The first process is reaped; its id may belong to another process now.
    pub(super) reaped: bool,
    /// The reason why grade ended the program.
    pub(super) verdict: Option<Trouble>,
    /// All processes of the program have to end.
    pub(super) condemned: bool,
    /// Its processes, by id and start time.
    known: HashMap<(i32, u64), Seen>,
    /// The last look found a process that may belong to the program.
    pub(super) unclear: bool,
    /// Processor time of its reaped processes, in ticks.
    pub(super) spent: u64,
    /// The longest time that one of its threads has waited for a processor, in the measurements so far.
    pub(super) longest_wait: Duration,
}

/// The record of a process.
#[derive(Debug)]
struct Seen {
    session: i32,
    /// The last time at which the process existed.
    at: Instant,
}

impl State {
    pub(super) fn new(limits: &Limits) -> State {
        State {
            output: Output::new(limits.output),
            exit: None,
            ended: None,
            is_over: false,
            reaped: false,
            verdict: None,
            condemned: false,
            known: HashMap::new(),
            unclear: false,
            spent: 0,
            longest_wait: Duration::ZERO,
        }
    }
}

impl Run {
    pub(super) fn new(
        root: Pid,
        mark: String,
        folder: PathBuf,
        limits: &Limits,
        orders: PipeWriter,
        enclosure: Option<&Arc<Enclosure>>,
    ) -> Run {
        Run {
            root,
            mark,
            folder,
            enclosure: enclosure.cloned(),
            limits: limits.clone(),
            began: Stopwatch::start(),
            orders,
            state: Mutex::new(State::new(limits)),
            changed: Condvar::new(),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under this lock can only come from a caller's question and leaves the state whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.lock());
        self.changed.notify_all();
        changed
    }

    /// Waits until `ask` has an answer; asks again after every change.
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

    /// Records output of the program. Returns whether it was too much, so that the watch has to now.
    pub(super) fn printed(&self, bytes: &[u8]) -> bool {
        let too_much = self.change(|state| state.output.add(bytes));
        if too_much {
            self.condemn(Trouble::TooMuchOutput { limit: self.limits.output });
            self.end_group();
        }
        too_much
    }

    /// Records the end of the program, after its last output is read.
    pub(super) fn has_ended(&self) {
        self.change(|state| state.ended = state.exit);
    }

    /// Sentences the program. The first verdict stands; the watch carries it out.
    pub(super) fn condemn(&self, verdict: Trouble) {
        self.change(|state| {
            state.verdict.get_or_insert(verdict);
            state.condemned = true;
        });
    }

    pub(super) fn order(&self, order: u8) {
        // If the thread has ended, it needs no orders.
        let _ = (&self.orders).write_all(&[order]);
    }

    /// Asks the program to end, with SIGTERM.
    pub(super) fn ask_to_end(&self) {
        match &self.enclosure {
            Some(enclosure) => enclosure.terminate(),
            None => self.signal_group(Signal::TERM),
        }
    }

    /// Ends the program's group, or everything in its sandbox.
    pub(super) fn end_group(&self) {
        match &self.enclosure {
            Some(enclosure) => enclosure.kill(),
            None => self.signal_group(Signal::KILL),
        }
    }

    fn signal_group(&self, signal: Signal) {
        let state = self.lock();
        if !state.reaped && kill_process_group(self.root, signal).is_err() {
            // At first the process is still in grade's group. Or it has ended, which is fine.
            let _ = kill_process(self.root, signal);
        }
    }

    /// Sends a signal to each of its processes; returns their number.
    pub(super) fn signal_members(&self, now: &Snapshot, signal: Signal) -> usize {
        let mut state = self.lock();
        let members = self.members(&mut state, now);
        let alive = members.iter().filter(|process| !process.ended);
        let alive: Vec<Pid> = alive.filter_map(|process| Pid::from_raw(process.id)).collect();
        for process in &alive {
            // A process that has ended since the look needs no signal.
            let _ = kill_process(*process, signal);
        }
        alive.len()
    }

    /// The processes of the program: all descendants of its first process, in any group and session. A
    /// descendant whose parent has ended is a child of grade.
    pub(super) fn members<'l>(&self, state: &mut State, now: &'l Snapshot) -> Vec<&'l Process> {
        let mut members = Vec::new();
        state.unclear = false;
        if self.enclosure.is_some() {
            let root = self.root.as_raw_nonzero().get();
            if let Some(top) = now.table.get(root).filter(|_| !state.reaped) {
                now.table.family(top, &mut members);
            }
            // The sandbox itself.
            members.retain(|process| process.id != root);
            return members;
        }
        for top in now.table.children(now.us) {
            if self.is_mine(state, top, now) {
                now.table.family(top, &mut members);
            }
        }
        if !state.reaped {
            // A process whose parents come and go too fast is found by its group or session.
            let root = self.root.as_raw_nonzero().get();
            let found: HashSet<i32> = members.iter().map(|process| process.id).collect();
            let is_ours = |it: &&Process| it.group == root || it.session == root;
            members.extend(now.table.all().filter(is_ours).filter(|it| !found.contains(&it.id)));
        }
        // A process that this look does not show may have started after the now.
        state
            .known
            .retain(|(id, born), seen| seen.at >= now.begun || now.table.contains(*id, *born));
        let at = Instant::now();
        state.known.extend(
            members
                .iter()
                .map(|process| ((process.id, process.born), Seen { session: process.session, at })),
        );
        members
    }

    fn is_mine(&self, state: &mut State, top: &Process, now: &Snapshot) -> bool {
        let root = self.root.as_raw_nonzero().get();
        if now.roots.contains(&top.id) {
            return top.id == root && !state.reaped;
        }
        let has_left = top.session != now.session;
        if (!state.reaped && (top.group == root || top.session == root))
            || state.known.contains_key(&(top.id, top.born))
            || (has_left && state.known.values().any(|seen| seen.session == top.session))
            // A process outside grade's session belongs to some program, and there is only this one.
            || (has_left && now.is_last())
        {
            return true;
        }
        let carries = match top.ended {
            false => carries(top.id, &self.mark, &self.folder),
            // The process ended during the now. If it has no children, none of them can be missed.
            true => now.table.children(top.id).next().is_none().then_some(false),
        };
        state.unclear |= has_left && carries.is_none();
        carries == Some(true)
    }

    /// Looks after the processes once: enforces the limits, ends the processes of a condemned program,
    /// and reaps orphans that have ended. Returns the number of processes; if the first one has ended,
    /// it does not count, because its owner reaps it.
    pub(super) fn look_after(&self, now: &Snapshot) -> usize {
        let mut state = self.lock();
        let members = self.members(&mut state, now);
        if !state.condemned
            && let Some(verdict) = self.passes_a_limit(&state, &members)
        {
            state.verdict.get_or_insert(verdict);
            state.condemned = true;
            self.changed.notify_all();
        }
        if let Some(enclosure) = &self.enclosure {
            if state.condemned {
                enclosure.kill();
            }
            let root = now.table.get(self.root.as_raw_nonzero().get());
            return usize::from(!state.reaped && root.is_some_and(|root| !root.ended));
        }
        if state.condemned && !state.reaped {
            // One signal for the whole group, so that no process can start another one first.
            let _ = kill_process_group(self.root, Signal::KILL);
        }
        let mut left = 0;
        for process in &members {
            let Some(id) = Pid::from_raw(process.id) else { continue };
            if process.ended && id == self.root {
                continue;
            }
            // A process that has just ended may have started another one that this look does not show.
            left += 1;
            if !process.ended {
                if state.condemned {
                    let _ = kill_process(id, Signal::KILL);
                }
            } else if process.parent == now.us && reap(id) {
                // Only grade can reap an orphan.
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
            // Shared memory was counted for each process; an exact measurement decides.
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

/// Processor time of these processes and of those already reaped.
pub(super) fn computed(state: &State, members: &[&Process]) -> Duration {
    let ticks = state.spent + members.iter().map(|process| process.ticks).sum::<u64>();
    Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
}

/// Reaps a child that has ended, so that its id is free again.
fn reap(child: Pid) -> bool {
    matches!(waitpid(Some(child), WaitOptions::NOHANG), Ok(Some(_)))
}
