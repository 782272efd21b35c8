//! A server whose chat hangs: a debugger stops the main thread, and the other threads go on.

use harness::Server;
use nix::sys::ptrace;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

/// The main thread of a server, which stands still until this is dropped on the thread that made it.
pub(super) struct Stopped(Pid);

impl Stopped {
    /// Stops the main thread. If the system forbids debuggers, says that the running test is skipped and
    /// returns `None`.
    pub(super) fn main_thread_of(server: &Server) -> Option<Stopped> {
        let thread = Pid::from_raw(i32::try_from(server.pid()).unwrap());
        if let Err(error) = ptrace::attach(thread) {
            harness::skipped(&format!("the system allows no debugger: {error}"));
            return None;
        }
        waitpid(thread, None).unwrap();
        Some(Stopped(thread))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        ptrace::detach(self.0, None).unwrap();
    }
}

#[test]
fn a_chat_that_hangs_is_unhealthy() {
    use super::scrape::{WITH_METRICS, get, metrics_of, scrape};
    let server = Server::start_on_disk(&WITH_METRICS);
    let metrics = metrics_of(&server);
    assert_eq!(get(metrics, "/healthz").0, 200);
    let Some(stopped) = Stopped::main_thread_of(&server) else { return };
    assert_eq!(get(metrics, "/healthz"), (503, "the chat does not answer\n".to_owned()));
    assert_eq!(scrape(metrics)["strata_connections_opened_total"], 0.0);
    drop(stopped);
    assert_eq!(get(metrics, "/healthz").0, 200);
}
