//! What a system does to a server, told on every engine: signals, a stop, few descriptors.

#![cfg(target_os = "linux")]
