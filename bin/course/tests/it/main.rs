//! End-to-end tests of the tool, on a small reference with two labs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails loudly"
)]

mod grading;
mod mini;
mod proof;
mod starters;
mod student;
mod watch;
