//! The grader's end of the fork server, which runs from the first sandbox on.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::FORK_SERVER;
use super::channel::Channel;
use super::message::{Forked, Start};

static SERVER: Mutex<Option<Server>> = Mutex::new(None);

/// A running fork server. It ends when it is dropped.
struct Server {
    channel: Option<Channel>,
    process: Child,
}

/// Has the first process of a sandbox started, which gets this end of a channel, or the reason why that
/// fails sent over it.
///
/// # Errors
/// The fork server cannot be started.
pub(super) fn start(end: &OwnedFd) -> io::Result<()> {
    let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(running) = &*server {
        if running.fork(end).is_ok() {
            return Ok(());
        }
        // Somebody has ended it, perhaps the system for lack of memory.
        *server = None;
    }
    server.insert(Server::start()?).fork(end)
}

/// Ends the fork server, if it runs.
pub(in crate::program) fn stop() {
    *SERVER.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

impl Server {
    fn start() -> io::Result<Server> {
        let (channel, theirs) = Channel::pair()?;
        let mut process = Command::new("/proc/self/exe");
        process.arg(FORK_SERVER).env_clear().current_dir("/").stdin(Stdio::from(theirs));
        // No signal of a terminal for the grader's group goes to the server.
        process.stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Ok(Server { channel: Some(channel), process: process.spawn()? })
    }

    fn fork(&self, end: &OwnedFd) -> io::Result<()> {
        let ended = || io::Error::other("it ended early");
        let channel = self.channel.as_ref().ok_or_else(ended)?;
        channel.send(&Start {}, &[end.as_fd()])?;
        let (Forked {}, _) = channel.receive()?.ok_or_else(ended)?;
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of the channel ends the process.
        self.channel = None;
        let _ = self.process.wait();
    }
}
