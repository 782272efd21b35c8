//! The thread `lease`: renews the lease of this server, and looks for servers whose lease has run out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::append::Status;
use super::link::Link;
use super::scripts::Scripts;

/// Renewals during one lease.
const RENEWALS: u32 = 3;

/// The thread.
pub(super) struct Lease {
    pub(super) link: Link,
    pub(super) scripts: Scripts,
    pub(super) length: Duration,
    pub(super) status: Arc<Status>,
    pub(super) stop: Arc<AtomicBool>,
}

impl Lease {
    /// Runs until it is stopped.
    pub(super) fn run(mut self) {
        let Lease { link, scripts, length, status, stop } = &mut self;
        let lease = u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
        while !stop.load(Ordering::Acquire) {
            let epoch = status.epoch.load(Ordering::Acquire);
            if epoch > 0 && status.over.load(Ordering::Acquire) < epoch {
                // If this server was declared gone, the log says so.
                let _ = link.call(|redis| scripts.renew(epoch, lease, redis));
            }
            let wait = *length / RENEWALS;
            thread::park_timeout(if link.is_failing() { link.wait().min(wait) } else { wait });
        }
    }
}
