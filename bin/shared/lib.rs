//! Small helpers that the programs share: configuration files and password files.

pub mod configuration;
pub mod password_file;
