//! Tells the service manager (systemd) about the server: that it is ready, that the chat is alive, and
//! that it ends.
//!
//! The thread `manager` exists only if a service manager listens (`NOTIFY_SOCKET`). It asks the loop of
//! the chat for a sign of life three times in each interval of the watchdog, and passes it on. So the
//! service manager restarts a server whose chat hangs, although other threads go on.

use std::io;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use app::{Ended, Inquirer, Unhealthy};
use sd_notify::NotifyState;

/// Signs of life in one interval of the watchdog.
const SIGNS: u32 = 3;
/// How often the thread wakes up without a watchdog. It then has nothing to do.
const IDLE: Duration = Duration::from_secs(3600);

/// The thread, if a service manager listens.
pub(crate) struct Manager(Option<JoinHandle<()>>);

impl Manager {
    /// Tells the service manager that the server is ready. Starts the thread for the rest.
    ///
    /// # Errors
    /// When the system refuses a thread.
    pub(crate) fn start(inquirer: Inquirer, ended: Ended) -> io::Result<Manager> {
        if std::env::var_os("NOTIFY_SOCKET").is_none() {
            return Ok(Manager(None));
        }
        let watchdog = sd_notify::watchdog_enabled();
        let run = move || {
            tell(NotifyState::Ready);
            let wait = watchdog.map_or(IDLE, |interval| interval / SIGNS);
            while !ended.wait(wait) {
                if watchdog.is_some() {
                    match inquirer.ping(wait) {
                        Ok(()) => tell(NotifyState::Watchdog),
                        // The next look finds out.
                        Err(Unhealthy::Ended) => {}
                        Err(error) => tracing::error!("no sign of life for the watchdog: {error}"),
                    }
                }
            }
            tell(NotifyState::Stopping);
        };
        let thread = thread::Builder::new().name("manager".to_owned()).spawn(run)?;
        Ok(Manager(Some(thread)))
    }

    /// Waits until the service manager knows that the server ends.
    pub(crate) fn finish(self) {
        if let Some(thread) = self.0 {
            let _ = thread.join();
        }
    }
}

fn tell(state: NotifyState<'_>) {
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "cannot reach the service manager");
    }
}
