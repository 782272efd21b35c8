//! Tests of `net` through its public interface, on every engine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails loudly")]

#[macro_use]
mod common;
mod pacing;
mod promises;
#[cfg(feature = "tls")]
mod tls;
