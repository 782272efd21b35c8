//! The tool `inspect` as a real process, between sockets whose both ends belong to the test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails loudly"
)]

mod access;
mod bench;
mod browser;
#[cfg(target_os = "linux")]
mod cost;
mod files;
mod graded;
mod hands;
mod inside;
mod page;
mod passing;
mod programs;
mod replayed;
mod web;
