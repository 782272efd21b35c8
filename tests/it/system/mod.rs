//! Actions of the operating system: signals, a stopped process, few descriptors.

#![cfg(target_os = "linux")]

mod descriptors;
mod frozen;
mod signals;
