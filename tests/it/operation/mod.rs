//! What an operator uses: figures, health, the service manager, backups, the trace, and the files in
//! `handout/deploy`.

mod backup;
mod compose;
#[cfg(target_os = "linux")]
mod container;
mod deploy;
mod health;
#[cfg(target_os = "linux")]
mod manager;
mod metrics;
mod scrape;
#[cfg(target_os = "linux")]
mod stopped;
mod trace;
