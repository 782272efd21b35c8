//! Stories about the server and the client, told by real processes over real sockets.
//!
//! One test program, so that it is linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test fails loudly"
)]

mod administration;
mod answers;
mod cli;
mod client;
mod conversation;
mod dialects;
mod disk;
mod echo;
mod endurance;
mod guessing;
mod handout;
mod hostile;
mod limits;
mod nonblocking;
mod passwords;
mod protocol;
mod survival;
mod system;
mod terminal;
mod tidy;
