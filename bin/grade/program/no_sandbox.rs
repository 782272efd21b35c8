//! Stands in for the sandbox on systems without namespaces: there is never one.

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustix::process::Pid;
use socket2::{Domain, Protocol, Socket, Type};

use super::sockets::Listener;
use super::terminal::Ends;
use super::trouble::Ended;

/// What the programs of one submission would see.
#[derive(Debug, Clone)]
pub(crate) struct Sandbox(PathBuf);

impl Sandbox {
    pub(crate) fn new(submission: Option<&Path>, _: &str, _: &[PathBuf], _: &[PathBuf]) -> Sandbox {
        Sandbox(submission.unwrap_or(Path::new("/")).to_owned())
    }

    pub(super) fn for_one_writing_to(self, _: &[PathBuf]) -> Sandbox {
        self
    }

    pub(super) fn work(&self) -> &Path {
        &self.0
    }

    pub(super) fn setup(&self, _: bool, _: u64) -> io::Result<()> {
        Ok(())
    }
}

/// A sandbox, which does not exist.
#[derive(Debug)]
pub(super) enum Enclosure {}

/// The news of a sandbox, which never come.
#[allow(dead_code, reason = "there is no sandbox that could tell")]
pub(super) enum Seen {
    End(Ended),
    Gone,
}

/// The other end of a sandbox, which does not exist.
pub(super) enum Outside {}

impl Enclosure {
    pub(super) fn new() -> io::Result<(Enclosure, Outside)> {
        Err(io::Error::other("this system has no namespaces"))
    }

    pub(super) fn begin(&self, _: Outside) -> Result<(Pid, OwnedFd), String> {
        match *self {}
    }

    pub(super) fn prepare(
        &self,
        (): (),
        _: Option<Ends>,
        _: OwnedFd,
    ) -> Result<(std::fs::File, std::fs::File), String> {
        match *self {}
    }

    pub(super) fn run(&self, _: &str, _: &[(String, String)]) -> Result<(), String> {
        match *self {}
    }

    pub(super) fn watch(&self) -> Seen {
        match *self {}
    }

    pub(super) fn terminate(&self) {
        match *self {}
    }

    pub(super) fn kill(&self) {
        match *self {}
    }

    pub(super) fn socket(&self, _: Domain, _: Type, _: Option<Protocol>) -> io::Result<Socket> {
        match *self {}
    }

    pub(super) fn listeners(&self, _: Option<u16>) -> io::Result<Vec<Listener>> {
        match *self {}
    }

    pub(super) fn unread(&self, _: SocketAddr, _: SocketAddr) -> io::Result<Option<u64>> {
        match *self {}
    }
}

/// Nothing runs that could be stopped.
pub(super) fn stop() {}

/// A sandbox that does not exist shows nothing.
pub(super) fn is_too_much(_: &Path) -> bool {
    false
}

/// A sandbox that does not exist shows nothing.
pub(super) fn is_of_system(_: &Path) -> bool {
    false
}

/// There are no parts to play.
pub(crate) fn play_part() -> Option<ExitCode> {
    None
}
