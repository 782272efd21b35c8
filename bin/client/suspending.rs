//! Suspends the client, as Ctrl-Z does with a job of a shell.
//!
//! A client that stops must leave the terminal in the modes from before it, and take its own modes again when it goes
//! on: shells do not do that for it. So all threads block SIGTSTP, and a thread here waits for it. The thread
//! restores the modes, stops the process, and sets the modes again.
//!
//! While a line is edited, Ctrl-Z is a key. The editor's own command would draw the line, after the stop, over the rows
//! above the cursor, and so over the output of the shell. So the key ends the line as Ctrl-C does, and after the stop
//! the editor begins again, below, with the same text.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{self, SigSet, Signal};
use nix::unistd::{Pid, getppid, getsid};

use crate::silence::Modes;

/// How long the main thread waits for the beginning of the stop. The system forgets the signal if it is told to
/// continue the process before that.
const BEGIN: Duration = Duration::from_secs(1);

/// The stops of the process. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Suspending(Arc<(Mutex<State>, Condvar)>);

#[derive(Debug, Default)]
struct State {
    /// The byte of the line at which the cursor was when Ctrl-Z ended the line in the editor.
    ended_at: Option<usize>,
    /// The numbers of stops that have begun and that are over.
    begun: u64,
    over: u64,
}

impl Suspending {
    /// Starts the thread `suspend`. This thread and all threads that it starts later block SIGTSTP. `before` are the
    /// modes that the terminal has while the process is stopped.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn start(before: Modes) -> io::Result<Suspending> {
        let signal = SigSet::from_iter([Signal::SIGTSTP]);
        signal.thread_block()?;
        let suspending = Suspending::default();
        let watching = suspending.clone();
        thread::Builder::new().name("suspend".to_owned()).spawn(move || {
            while signal.wait().is_ok() {
                watching.change(|state| state.begun += 1);
                let modes = Modes::now();
                before.restore();
                // The system stops the process only if a shell can continue it. Another signal that has
                // arrived is delivered together with this one, so both stop the process once.
                let _ = signal::raise(Signal::SIGTSTP);
                let _ = signal.thread_unblock();
                let _ = signal.thread_block();
                modes.iter().for_each(Modes::restore);
                watching.change(|state| state.over += 1);
            }
        })?;
        Ok(suspending)
    }

    /// Whether a shell has started the client, in the same terminal.
    pub(crate) fn has_shell() -> bool {
        let parent = getppid();
        let session = getsid(Some(parent));
        // In a container, a process outside has the number 0, and so has its session.
        parent.as_raw() != 0 && session.is_ok() && session == getsid(None)
    }

    /// Ctrl-Z ends the line in the editor, with the cursor at this byte.
    pub(crate) fn end_line(&self, position: usize) {
        self.lock().ended_at = Some(position);
    }

    /// The place of the cursor, if Ctrl-Z has ended the line that the editor returns.
    pub(crate) fn take_end(&self) -> Option<usize> {
        self.lock().ended_at.take()
    }

    /// Stops the processes of this job, and returns when this one goes on.
    pub(crate) fn stop(&self) {
        let state = self.lock();
        let before = state.begun;
        if signal::kill(Pid::from_raw(0), Signal::SIGTSTP).is_err() {
            return;
        }
        let waits = |state: &mut State| state.begun == before;
        let waited = self.0.1.wait_timeout_while(state, BEGIN, waits);
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        // The modes of the terminal change until the stop is over.
        drop(self.0.1.wait_while(state, |state| state.over < state.begun));
    }

    /// The number of stops that have begun.
    pub(crate) fn count(&self) -> u64 {
        self.lock().begun
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.0.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
