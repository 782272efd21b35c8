//! Process supervision: runs a graded program, whatever the program does, and leaves no trace of it.
//!
//! The interface:
//! 1. [`Isolation`] finds out whether programs can run in sandboxes, and gives a submission its
//!    [`Folders`]: a sandbox, or private copies where the system allows none.
//! 2. [`Program::start`] runs a shell command in them; [`Program::network`] is the network that it uses.
//! 3. `write`, `output` and `wait_output` are its input and output; `wait_listening` waits for its port.
//! 4. [`Program::trouble`] says at any time whether and why it ended; passing its [`Limits`] ends it.
//! 5. Dropping a [`Program`] ends all of its processes, even daemons, and restores its folder.
//! 6. [`kill_all`] ends all programs of this grader, and [`stop_all`] pauses them (Ctrl-C, Ctrl-Z).
//! 7. [`Isolation::confine`] and [`Program::start_command`] run commands that are not graded, with their
//!    output passed on.
//! 8. [`play_part`] is the other end of a sandbox: the grader starts itself to build one.
//!
//! [`free_port`] and [`wait_free`] ask the system about ports; [`Program::load`] is the use of the
//! processor, and a [`Gauge`] reads it while the handle is in use. Everything else is private to the module.
//!
//! Read `enclosed` and `sandbox` first for programs in sandboxes, or `start` for those beside the grader;
//! then `run` (which processes belong to a program) and `registry` (the watch).

mod command;
mod enclosed;
mod folder;
mod gauge;
mod handle;
mod isolation;
mod limits;
mod links;
mod listening;
mod load;
mod network;
mod output;
mod place;
mod processes;
mod reader;
mod registry;
mod run;
#[cfg(target_os = "linux")]
mod sandbox;
#[cfg(not(target_os = "linux"))]
#[path = "no_sandbox.rs"]
mod sandbox;
mod snapshot;
mod sockets;
mod start;
mod survey;
mod talking;
mod terminal;
#[cfg(test)]
mod tests;
mod tree;
mod trouble;
mod user;

pub(crate) use self::command::{Reach, Running};
pub(crate) use self::folder::Folders;
pub(crate) use self::gauge::Gauge;
pub(crate) use self::handle::Program;
pub(crate) use self::isolation::{Isolation, Sight};
pub(crate) use self::limits::Limits;
pub(crate) use self::listening::{free_port, wait_free};
pub(crate) use self::load::Load;
pub(crate) use self::network::Network;
pub(crate) use self::registry::{kill_all, stop_all};
pub(crate) use self::sandbox::play_part;
pub(crate) use self::trouble::{Ended, Trouble};
pub(crate) use self::user::User;
