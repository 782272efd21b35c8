//! The grader's side of a sandbox.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use rustix::net::{Shutdown, shutdown};
use rustix::process::{Pid, Signal, pidfd_send_signal};
use socket2::{Domain, Protocol, Socket, Type};

use super::channel::Channel;
use super::message::{Given, News, Order, Setup, Wanted};
use super::starter;
use crate::program::sockets::{Asking, DIAG, Listener, NETLINK};
use crate::program::terminal::Ends;
use crate::program::trouble::Ended;

/// A sandbox, with or without a running program.
#[derive(Debug)]
pub(in crate::program) struct Enclosure {
    channel: Channel,
    /// Gives sockets in the sandbox's network.
    sockets: Mutex<Channel>,
    /// The socket for questions about sockets in there, once it is needed.
    asking: Mutex<Option<Asking>>,
    /// The first process inside.
    init: OnceLock<OwnedFd>,
}

/// What the grader sees of a program next.
pub(in crate::program) enum Seen {
    /// The program has ended.
    End(Ended),
    /// The sandbox has ended.
    Gone,
}

/// The ends of a sandbox that is being started, as its first process gets them.
pub(in crate::program) struct Outside {
    channel: OwnedFd,
    sockets: OwnedFd,
}

impl Enclosure {
    /// Both sides of a new sandbox.
    pub(in crate::program) fn new() -> io::Result<(Enclosure, Outside)> {
        let (channel, theirs) = Channel::pair()?;
        let (sockets, their_sockets) = Channel::pair()?;
        let (sockets, asking) = (Mutex::new(sockets), Mutex::default());
        let enclosure = Enclosure { channel, sockets, asking, init: OnceLock::new() };
        Ok((enclosure, Outside { channel: theirs, sockets: their_sockets }))
    }

    /// Has the first process of the sandbox started. Returns its id, and the end of the channel for sockets
    /// that it gets.
    ///
    /// # Errors
    /// One line of text.
    pub(in crate::program) fn begin(&self, outside: Outside) -> Result<(Pid, OwnedFd), String> {
        let Outside { channel, sockets } = outside;
        let begun = starter::start(&channel);
        begun.map_err(|error| format!("the process that starts it: {error}"))?;
        // Otherwise the end of the sandbox would not end the channel.
        drop(channel);
        match self.hear()? {
            (News::Begun(id), mut files) => {
                let init = files.pop().ok_or("there is no handle on its first process")?;
                let id = Pid::from_raw(id).ok_or("its first process has no id")?;
                let _ = self.init.set(init);
                Ok((id, sockets))
            }
            (News::Refused(why), _) => Err(why),
            (other, _) => Err(format!("an unexpected message: {other:?}")),
        }
    }

    /// Has the sandbox built, with these ends of the program's input and output. Returns the grader's
    /// ends.
    ///
    /// # Errors
    /// One line of text with the step that failed.
    pub(in crate::program) fn prepare(
        &self,
        setup: Setup,
        ends: Option<Ends>,
        sockets: OwnedFd,
    ) -> Result<(File, File), String> {
        let mut files = vec![sockets.as_fd()];
        if let Some(ends) = &ends {
            files.extend([ends.reads.as_fd(), ends.prints.as_fd()]);
            files.extend(ends.errors.iter().map(AsFd::as_fd));
        }
        self.order(&Order::Prepare(setup), &files)?;
        let mut given = match self.hear()? {
            (News::Ready, files) => files,
            (News::Refused(why), _) => return Err(why),
            (other, _) => return Err(format!("an unexpected message: {other:?}")),
        };
        if let Some(Ends { typing, output, .. }) = ends {
            return Ok((typing, output));
        }
        let end = given.pop().ok_or("there is no terminal")?;
        let typing = end.try_clone().map_err(|error| error.to_string())?;
        Ok((typing.into(), end.into()))
    }

    /// Starts the program, with these variables besides `PATH` and `HOME`.
    ///
    /// # Errors
    /// One line of text.
    pub(in crate::program) fn run(
        &self,
        line: &str,
        environment: &[(String, String)],
    ) -> Result<(), String> {
        let (line, environment) = (line.to_owned(), environment.to_owned());
        self.order(&Order::Run { line, environment }, &[])?;
        match self.hear()? {
            (News::Running, _) => Ok(()),
            (News::Refused(why), _) => Err(why),
            (other, _) => Err(format!("an unexpected message: {other:?}")),
        }
    }

    fn order(&self, order: &Order, files: &[std::os::fd::BorrowedFd<'_>]) -> Result<(), String> {
        self.channel.send(order, files).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidInput => error.to_string(),
            _ => format!("it ended early: {error}"),
        })
    }

    fn hear(&self) -> Result<(News, Vec<OwnedFd>), String> {
        let heard = self.channel.receive().map_err(|error| error.to_string())?;
        heard.ok_or_else(|| "it ended early".to_owned())
    }

    /// Waits for the end of the program or of the sandbox.
    pub(in crate::program) fn watch(&self) -> Seen {
        loop {
            match self.channel.receive() {
                Ok(Some((News::Exited(code), _))) => return Seen::End(Ended::Code(code)),
                Ok(Some((News::Killed(signal), _))) => return Seen::End(Ended::Signal(signal)),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return Seen::Gone,
            }
        }
    }

    /// Asks the program to end, with SIGTERM.
    pub(in crate::program) fn terminate(&self) {
        // A sandbox that has ended needs no order.
        let _ = self.order(&Order::Terminate, &[]);
    }

    /// Ends all processes of the sandbox.
    pub(in crate::program) fn kill(&self) {
        // An error means that it has ended already.
        let _ = match self.init.get() {
            Some(init) => pidfd_send_signal(init, Signal::KILL),
            // It ends when the channel does.
            None => shutdown(&self.channel, Shutdown::Both),
        };
    }

    /// A new socket in the sandbox's network.
    pub(in crate::program) fn socket(
        &self,
        domain: Domain,
        kind: Type,
        protocol: Option<Protocol>,
    ) -> io::Result<Socket> {
        let sockets = lock(&self.sockets);
        let protocol = protocol.map(i32::from);
        sockets.send(&Wanted { domain: domain.into(), kind: kind.into(), protocol }, &[])?;
        let ended = || io::Error::other("the sandbox has ended");
        let (given, mut files): (Given, _) = sockets.receive()?.ok_or_else(ended)?;
        match (given.error, files.pop()) {
            (None, Some(socket)) => Ok(socket.into()),
            (error, _) => Err(error.map_or_else(ended, io::Error::from_raw_os_error)),
        }
    }

    pub(in crate::program) fn listeners(&self, port: Option<u16>) -> io::Result<Vec<Listener>> {
        self.ask(|asking| asking.listeners(port))
    }

    pub(in crate::program) fn unread(
        &self,
        at: SocketAddr,
        from: SocketAddr,
    ) -> io::Result<Option<u64>> {
        self.ask(|asking| asking.unread(at, from))
    }

    /// Asks the system about the sockets of the sandbox.
    fn ask<T>(&self, ask: impl FnOnce(&Asking) -> io::Result<T>) -> io::Result<T> {
        let mut asking = lock(&self.asking);
        let socket = match asking.take() {
            Some(socket) => socket,
            None => {
                let (domain, protocol) = (Domain::from(NETLINK), Protocol::from(DIAG));
                Asking::over(self.socket(domain, Type::DGRAM, Some(protocol))?)?
            }
        };
        let answer = ask(&socket);
        if answer.is_ok() {
            // After an error, parts of an answer may still come.
            *asking = Some(socket);
        }
        answer
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
