//! A sandbox for one program: a root, a user, processes and a network of its own, which end together.
//!
//! The grader starts the `first` process outside, which enters new namespaces and starts `init` inside;
//! both are the grader's own program with a hidden argument. `init` builds the file system (`root`, `owner`)
//! and runs the program. The grader keeps an [`Enclosure`], the other end of the `channel`, through which it
//! gets sockets in the sandbox's network. `visible` says what of the machine the program may read.

mod channel;
mod enclosure;
mod first;
mod init;
mod message;
mod owner;
mod root;
mod visible;

use std::process::ExitCode;

use super::user::User;

pub(super) use self::enclosure::{Enclosure, Seen};
pub(super) use self::visible::{Sandbox, is_of_system, is_too_much};

/// The user and the group of programs that root grades: `nobody`.
const NOBODY: User = User { user: 65534, group: 65534 };

/// The hidden arguments.
const FIRST: &str = "--sandbox-outside";
const INIT: &str = "--sandbox-inside";

/// Plays a process of a sandbox if the first argument of this process says so.
pub(crate) fn play_part() -> Option<ExitCode> {
    let argument = std::env::args_os().nth(1)?;
    match argument.to_str() {
        Some(FIRST) => Some(first::run()),
        Some(INIT) => Some(init::run()),
        _ => None,
    }
}
