//! Small helpers of the programs: a TOML file with the line of a mistake, and a password file.

pub mod configuration;
pub mod password_file;
