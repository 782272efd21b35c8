//! A graded program: somebody's server or client in whatever language, started as its author would
//! start it, within limits, and gone without a trace in the end.

mod folder;
mod limits;
mod links;
mod listening;
mod load;
mod output;
mod place;
mod processes;
mod registry;
mod run;
mod sockets;
mod start;
mod survey;
mod talking;
mod terminal;
#[cfg(test)]
mod tests;
mod tree;
mod trouble;

use std::fs::File;
use std::net::SocketAddr;
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use self::folder::Folder;
use self::listening::{belongs, ports_of, reachable};
use self::output::STOP;
use self::registry::Look;
use self::run::Run;
use self::sockets::{Listener, listeners};

pub(crate) use self::folder::Folders;
pub(crate) use self::limits::Limits;
pub(crate) use self::listening::free_port;
pub(crate) use self::load::Load;
pub(crate) use self::registry::{kill_all, stop_all};
pub(crate) use self::sockets::unread;
pub(crate) use self::trouble::{Ended, Trouble};

/// How long a program that is killed has to be gone: it has no say in that, but a busy system has.
const GONE: Duration = Duration::from_secs(10);

/// How long a program that is killed mostly takes to end.
const END: Duration = Duration::from_millis(50);

/// How long somebody may take to show whether he is one of a program's processes.
const UNCLEAR: Duration = Duration::from_millis(500);

/// The pauses between two looks whether something is so that nobody tells us.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// How long somebody else may listen on the port before that is taken for the program's doing: it
/// may have asked somebody else to run it in a box. If that one is only in its way it ends by then.
const SOMEBODY_ELSE: Duration = Duration::from_secs(2);

/// A program that runs. When it is dropped, all of its processes end, and its folder is put in order.
#[derive(Debug)]
pub(crate) struct Program {
    run: Arc<Run>,
    child: Mutex<Option<Child>>,
    stdin: Mutex<Option<File>>,
    /// Its input and output are a terminal.
    at_terminal: bool,
    /// Dropped last: by then nobody works in it any more.
    folder: Folder,
}

impl Program {
    /// Waits until it listens on this port; gives the address at which it can be reached, which is
    /// at 127.0.0.1 if that is possible. It does not notice.
    ///
    /// # Errors
    /// It has ended, or does not listen in time, or `cancel` says that nobody waits any more.
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
            // Looked for before it is asked whether it runs: else it could end in between.
            let found = listeners(Some(port));
            if let Some(trouble) = self.trouble_before(Some(port)) {
                return Err(trouble);
            }
            if let Some(address) = reachable(&found, port) {
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
                let (after, elsewhere) = (begin.elapsed(), ports_of(&self.members()));
                return Err(Trouble::NotListening { port, after, elsewhere, words });
            }
            self.run.wait(until.min(now + pause), |state| {
                (state.ended.is_some() || state.verdict.is_some()).then_some(())
            });
            pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        }
    }

    /// Whether connections to this port wait to be accepted, as far as the system tells.
    pub(crate) fn lets_wait(&self, port: u16) -> bool {
        listeners(Some(port)).iter().any(|listener| listener.waiting > 0)
    }

    fn owns(&self, found: &[Listener]) -> bool {
        if cfg!(not(target_os = "linux")) {
            return true;
        }
        belongs(found, &self.members())
    }

    /// The numbers of its processes.
    fn members(&self) -> Vec<i32> {
        let look = Look::now();
        let members = self.run.members(&mut self.run.lock(), &look);
        members.iter().map(|process| process.id).collect()
    }

    /// Whether it has ended or was ended by now, and why.
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
        // Who ends well and leaves others behind may think that it still runs.
        let left = if ended == Ended::Code(0) { self.living() } else { 0 };
        Some(Trouble::Exited { ended, port, left, words })
    }

    /// How many processes it has.
    fn living(&self) -> usize {
        let look = Look::now();
        let members = self.run.members(&mut self.run.lock(), &look);
        members.iter().filter(|process| !process.ended).count()
    }

    /// How busy it has been so far. Unknown on some systems.
    pub(crate) fn load(&self) -> Option<Load> {
        if cfg!(not(target_os = "linux")) {
            return None;
        }
        // Meanwhile nobody may be buried: he would be counted twice.
        let mut state = self.run.lock();
        let look = Look::now();
        let members = self.run.members(&mut state, &look);
        let computed = run::computed(&state, &members);
        let threads = members.iter().flat_map(|process| load::threads(process.id)).collect();
        Some(Load { computed, threads })
    }

    /// Asks it to end, as `kill` does.
    pub(crate) fn ask_to_end(&self) {
        self.run.signal_group(Signal::TERM);
    }

    /// Waits until it has ended; says how. Its last words are read then.
    pub(crate) fn wait_end(&self, until: Instant) -> Option<Ended> {
        self.run.wait(until, |state| state.ended)
    }

    /// Ends all of its processes, and waits until they are gone. Returns whether they are.
    pub(crate) fn kill(&self) -> bool {
        self.run.change(|state| state.condemned = true);
        let begin = Instant::now();
        let mut pause = FIRST_PAUSE / 4;
        // Who begins while the others are looked at is seen by a look that begins later.
        self.run.signal_group(Signal::KILL);
        // Mostly that is all of them: to look before they had the time to end would be for nothing.
        self.run.wait(begin + END, |state| state.exit.map(drop));
        loop {
            let look = Look::now();
            let left = self.run.look_after(&look);
            let root = look.table.get(self.run.root.as_raw_nonzero().get());
            let (ended, unclear) = {
                let state = self.run.lock();
                (state.exit.is_some() || root.is_some_and(|root| root.ended), state.unclear)
            };
            let took = begin.elapsed();
            let gone = left == 0 && ended && !(unclear && took < UNCLEAR);
            if gone {
                self.bury(&look);
            }
            if gone || took >= GONE {
                return gone;
            }
            // Only the end of the first one is told.
            self.run.wait(Instant::now() + pause, |state| {
                (!ended && state.exit.is_some()).then_some(())
            });
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Asks after the first process, which has ended. From here on its number is somebody else's.
    fn bury(&self, look: &Look) {
        let mut state = self.run.lock();
        let Some(mut child) = lock(&self.child).take() else { return };
        let root = look.table.get(self.run.root.as_raw_nonzero().get());
        state.spent += root.map_or(0, |process| process.ticks);
        state.buried = true;
        // It is over: this does not wait. And nobody else is told how it ended from now on.
        if let Ok(status) = child.wait() {
            state.exit.get_or_insert(status.into());
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.close_stdin();
        if !self.kill() {
            self.folder.spoil();
        }
        self.run.order(STOP);
        let until = Instant::now() + GONE;
        self.run.wait(until, |state| state.output.done.then_some(()));
        registry::leave(&self.run);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
