//! The handle on one running program: waiting for it, asking about it, ending it.

use std::fs::File;
use std::net::SocketAddr;
use std::process::Child;
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, WaitOptions, waitpid};

use super::folder::Folder;
use super::gauge::Gauge;
use super::listening::{belongs, ports_of, reachable};
use super::load::Load;
use super::network::Network;
use super::output::STOP;
use super::processes::Process;
use super::registry;
use super::run::Run;
use super::snapshot::Snapshot;
use super::sockets::Listener;
use super::trouble::{Ended, Trouble};

/// Time for a killed program to disappear. The program cannot delay it, but a busy system can.
const GONE: Duration = Duration::from_secs(10);

/// Usual time for a killed program to end.
const END: Duration = Duration::from_millis(50);

/// Time for a process to show whether it belongs to a program.
const UNCLEAR: Duration = Duration::from_millis(500);

/// Pauses between two looks at a state that the system does not announce.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// Time after which another process that listens on the port counts as the program's server: the program
/// may be the client of a container service. If the other process only blocks the port, the program ends
/// before.
const SOMEBODY_ELSE: Duration = Duration::from_secs(2);

/// The first process of a program, until it is reaped.
#[derive(Debug)]
pub(super) enum First {
    /// A process that grade has started.
    Child(Child),
    /// The first process of a sandbox. Grade is its parent since the process that started it has ended.
    Orphan(Pid),
}

impl First {
    /// Reaps the process, which has ended, so that this does not block. Returns how it ended, if the system
    /// tells.
    fn reap(self) -> Option<Ended> {
        match self {
            First::Child(mut child) => child.wait().ok().map(Ended::from),
            First::Orphan(id) => {
                let _ = waitpid(Some(id), WaitOptions::empty());
                None
            }
        }
    }
}

/// A running program. Dropping it ends all of its processes, and restores its folder.
#[derive(Debug)]
pub(crate) struct Program {
    pub(super) run: Arc<Run>,
    pub(super) first: Mutex<Option<First>>,
    pub(super) stdin: Mutex<Option<File>>,
    /// Whether input and output are a terminal.
    pub(super) at_terminal: bool,
    /// Its work folder, if it is not in a sandbox. Dropped last, when no process works in it any more.
    pub(super) folder: Option<Folder>,
}

impl Program {
    /// Waits until the program listens on this port. Returns the address to connect to, which is at
    /// 127.0.0.1 if possible. The program does not notice.
    ///
    /// # Errors
    /// The program has ended or does not listen in time, or `cancel` ends the wait.
    pub(crate) fn wait_listening(
        &self,
        port: u16,
        until: Instant,
        cancel: &dyn Fn() -> bool,
    ) -> Result<SocketAddr, Trouble> {
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE;
        let mut somebody_since = None;
        loop {
            // The listeners are read first: otherwise the program could end in between.
            let found = self.network().listeners(Some(port));
            if let Some(trouble) = self.trouble_before(Some(port)) {
                return Err(trouble);
            }
            if let Some(address) = reachable(&self.network(), &found, port) {
                let since = *somebody_since.get_or_insert_with(Instant::now);
                if self.owns(&found) || since.elapsed() >= SOMEBODY_ELSE {
                    return Ok(address);
                }
            }
            if cancel() {
                return Err(Trouble::Interrupted);
            }
            let now = Instant::now();
            if now >= until {
                let words = self.run.lock().output.last_words();
                let (after, elsewhere) =
                    (begin.elapsed(), ports_of(&self.network(), &self.members()));
                return Err(Trouble::NotListening { port, after, elsewhere, words });
            }
            self.run.wait(until.min(now + pause), |state| {
                (state.ended.is_some() || state.verdict.is_some()).then_some(())
            });
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    /// Returns whether connections to this port wait to be accepted, as far as the system tells.
    pub(crate) fn lets_wait(&self, port: u16) -> bool {
        self.network().listeners(Some(port)).iter().any(|listener| listener.waiting > 0)
    }

    fn owns(&self, found: &[Listener]) -> bool {
        if cfg!(not(target_os = "linux")) || self.network().is_own() {
            return true;
        }
        belongs(found, &self.members())
    }

    /// The network that it uses.
    pub(crate) fn network(&self) -> Network {
        Network::of(self.run.enclosure.as_ref())
    }

    fn look(&self) -> Snapshot {
        registry::snapshot_for(slice::from_ref(&self.run))
    }

    /// The ids of its processes.
    fn members(&self) -> Vec<i32> {
        let now = self.look();
        let members = self.run.members(&mut self.run.lock(), &now);
        members.iter().map(|process| process.id).collect()
    }

    /// The reason why the program has ended or was ended; `None` while it runs.
    pub(crate) fn trouble(&self) -> Option<Trouble> {
        self.trouble_before(None)
    }

    fn trouble_before(&self, port: Option<u16>) -> Option<Trouble> {
        let (ended, words) = {
            let state = self.run.lock();
            if let Some(verdict) = &state.verdict {
                return Some(verdict.clone());
            }
            (state.ended?, state.output.last_words())
        };
        // A program that exits with 0 and leaves processes behind went into the background.
        let left = if ended == Ended::Code(0) { self.living() } else { 0 };
        Some(Trouble::Exited { ended, port, left, words })
    }

    /// Number of its processes that have not ended.
    fn living(&self) -> usize {
        let now = self.look();
        let members = self.run.members(&mut self.run.lock(), &now);
        members.iter().filter(|process| !process.ended).count()
    }

    /// Reads its load; `self` may be in use meanwhile.
    pub(crate) fn gauge(&self) -> Gauge {
        Gauge(Arc::clone(&self.run))
    }

    /// The load of the program so far; `None` on systems that do not tell.
    pub(crate) fn load(&self) -> Option<Load> {
        self.gauge().load()
    }

    /// Asks the program to end, with SIGTERM.
    pub(crate) fn ask_to_end(&self) {
        self.run.ask_to_end();
    }

    /// Waits for the end of the program and of its output. Returns how it ended.
    pub(crate) fn wait_end(&self, until: Instant) -> Option<Ended> {
        self.run.wait(until, |state| state.ended)
    }

    /// Ends all of its processes, and waits until they are gone. Returns whether they are.
    pub(crate) fn kill(&self) -> bool {
        self.run.change(|state| state.condemned = true);
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE / 4;
        // A process that starts during a look is seen by the next one.
        self.run.end_group();
        if self.run.enclosure.is_some() {
            return self.leave_sandbox();
        }
        // Usually the group is all there is; a look before it has ended would find nothing gone.
        self.run.wait(begin + END, |state| state.exit.map(drop));
        loop {
            let now = self.look();
            let left = self.run.look_after(&now);
            let root = now.table.get(self.run.root.as_raw_nonzero().get());
            let (ended, unclear) = {
                let state = self.run.lock();
                (state.exit.is_some() || root.is_some_and(|root| root.ended), state.unclear)
            };
            let took = begin.elapsed();
            let gone = left == 0 && ended && !(unclear && took < UNCLEAR);
            if gone {
                self.reap(root);
            }
            if gone || took >= GONE {
                return gone;
            }
            // The system announces only the end of the first process.
            self.run.wait(Instant::now() + pause, |state| {
                (!ended && state.exit.is_some()).then_some(())
            });
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits until the system has ended everything in the sandbox. Returns whether it has.
    fn leave_sandbox(&self) -> bool {
        let gone = self.run.wait(Instant::now() + GONE, |state| state.is_over.then_some(()));
        if gone.is_some() && !self.run.lock().reaped {
            self.reap(None);
        }
        gone.is_some()
    }

    /// Reaps the first process, which has ended. From here on its id may belong to another process.
    fn reap(&self, root: Option<&Process>) {
        let mut state = self.run.lock();
        let Some(first) = lock(&self.first).take() else { return };
        state.spent += root.map_or(0, |process| process.ticks);
        state.reaped = true;
        // No other thread can learn its status later.
        if let Some(ended) = first.reap() {
            state.exit.get_or_insert(ended);
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.close_stdin();
        let is_gone = self.kill();
        if let Some(folder) = self.folder.as_mut().filter(|_| !is_gone) {
            folder.spoil();
        }
        self.run.order(STOP);
        let until = Instant::now() + GONE;
        self.run.wait(until, |state| state.output.done.then_some(()));
        registry::leave(&self.run);
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
