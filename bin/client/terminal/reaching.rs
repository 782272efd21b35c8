//! The wait for a server that is slow to accept a connection.

use std::ops::ControlFlow::{self, Break, Continue};
use std::process::ExitCode;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use parse::{ConnectError, Link};

use super::{LOOK, Terminal, say};
use crate::ending::Ending;
use crate::exit::{INTERRUPTED, by_signal};
use crate::server::Server;
use crate::style::Style;

/// How long a person looks at an empty window before the client says what it waits for.
const LONG: Duration = Duration::from_secs(2);

impl Terminal {
    /// Connects. Breaks with the exit code if the person stops the wait, or if a signal ends the client.
    pub(crate) fn connect(
        &mut self,
        server: &Server,
        style: Style,
    ) -> ControlFlow<ExitCode, Result<Link, ConnectError>> {
        let (done, reached) = mpsc::channel();
        let connecting = server.clone();
        // If nobody waits any more, the process ends.
        let run = move || drop(done.send(connecting.connect()));
        self.keyboard.take_interrupt();
        let (begun, mut is_told) = (Instant::now(), false);
        if thread::Builder::new().name("connect".to_owned()).spawn(run).is_err() {
            // Without a thread, the wait cannot be stopped.
            return Continue(server.connect());
        }
        loop {
            match reached.recv_timeout(LOOK) {
                Ok(reached) => return Continue(reached),
                Err(RecvTimeoutError::Timeout) => {}
                // The thread has panicked, and this one will for the same reason.
                Err(RecvTimeoutError::Disconnected) => return Continue(server.connect()),
            }
            // Before the interrupt: the thread that notices a signal raises one.
            if let Some(Ending::Signal(signal)) = self.endings.take(|_| ()) {
                return Break(by_signal(signal));
            }
            if self.keyboard.take_interrupt() {
                return Break(ExitCode::from(INTERRUPTED));
            }
            if !is_told && begun.elapsed() >= LONG {
                let text = format!("waiting for {} to answer; Ctrl-C stops that", server.target);
                say(&style.event(&text));
                is_told = true;
            }
        }
    }
}
