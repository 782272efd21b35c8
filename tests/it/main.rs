//! End-to-end tests of the server and the client: real processes, real sockets.
//!
//! They are one test program, because a program is linked once. The vocabulary is in the `harness`
//! crate.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails loudly"
)]

mod actions;
mod administration;
mod answers;
mod cli;
mod client;
mod coloured;
mod conversation;
mod day;
mod dialects;
mod disk;
mod dividing;
mod echo;
mod editing;
mod endurance;
mod engines;
mod first_steps;
mod foreign;
mod frames_by_hand;
mod goodbyes;
mod guarded;
mod guessing;
mod half_keys;
mod handout;
mod hasty;
mod hostile;
mod imports;
mod late;
mod limits;
mod lookup;
mod moderation;
mod name_first;
mod newcomers;
mod nonblocking;
mod offline;
mod operation;
mod options;
mod own_command;
mod passwords;
mod pasting;
mod protocol;
mod recalling;
mod reconnect;
mod release;
mod relogin;
mod replacing;
mod reply;
mod resizing;
mod resting;
mod reunion;
mod rows;
mod scripting;
mod searching;
mod several;
mod showing;
mod stopping;
mod survival;
mod suspending;
mod swallowed;
mod system;
mod taken;
mod tall;
mod terminal;
mod tidy;
mod tls;
mod tmux;
mod undecided;
mod unsent;
mod untagged;

#[cfg(not(target_os = "linux"))]
#[test]
fn tests_for_linux_only() {
    harness::skipped(
        "`endurance`, `guessing`, `system` and `disk::full` need Linux: they read /proc, limit the \
         resources of a running process, or connect from other addresses than 127.0.0.1",
    );
}
