//! The end of a server on a shared log.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Shared;
use super::append::Order;

/// How long a server that ends waits for Redis without any progress.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// The threads of a server.
pub(super) struct Threads {
    pub(super) handles: Vec<JoinHandle<()>>,
    /// Is closed when all threads have ended: each of them holds a sender.
    pub(super) ended: Receiver<Infallible>,
}

impl Drop for Shared {
    /// Waits until all drafts are in the log, and leaves the chat. If Redis does not answer, it leaves
    /// the threads to the end of the process: the other servers see the lease run out.
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Without a receiver no thread waits to report.
        self.reports = None;
        self.upkeep = None;
        // If the queue is full, the thread is awake.
        let _ = self.orders.try_send(Order::Look);
        self.threads.handles.iter().for_each(|thread| thread.thread().unpark());
        if self.wait_for_threads() {
            for thread in self.threads.handles.drain(..) {
                let _ = thread.join();
            }
        } else {
            tracing::warn!("Redis does not answer; ending without it");
        }
        if let Err(error) = self.view.commit() {
            tracing::warn!(%error, "could not commit the view");
        }
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

impl Shared {
    /// Waits until all threads have ended. Returns false if nothing happens for too long.
    fn wait_for_threads(&self) -> bool {
        let appended = || self.status.appended.load(Ordering::Acquire);
        let mut before = appended();
        while self.threads.ended.recv_timeout(LAST_WAIT) == Err(RecvTimeoutError::Timeout) {
            let now = appended();
            if now == before {
                return false;
            }
            before = now;
        }
        true
    }
}
