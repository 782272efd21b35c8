//! A sandbox for one program: its root, user, processes and network, which end together.
//!
//! The grader starts one `fork_server` (through `starter`), its own program with a hidden argument. A copy of
//! that process enters new namespaces, starts `init` inside, and ends. `init` builds the file system (`root`,
//! `owner`) and runs the program. The grader keeps an [`Enclosure`], the other end of the `channel`, through
//! which it gets sockets in the sandbox's network. `visible` says what of the machine the program may read.

mod channel;
mod enclosure;
mod fork_server;
mod ids;
mod init;
mod message;
mod owner;
mod root;
mod starter;
mod visible;

use std::process::ExitCode;

use super::user::User;

pub(super) use self::enclosure::{Enclosure, Seen};
pub(super) use self::starter::stop;
pub(super) use self::visible::{Sandbox, is_of_system, is_too_much};

/// The user and the group of programs that root grades: `nobody`.
const NOBODY: User = User { user: 65534, group: 65534 };

/// The hidden argument.
const FORK_SERVER: &str = "--sandbox-fork-server";

/// Plays the fork server or a process of a sandbox if the first argument of this process says so.
pub(crate) fn play_part() -> Option<ExitCode> {
    let argument = std::env::args_os().nth(1)?;
    (argument == FORK_SERVER).then(fork_server::run)
}
