//! Counters of a server, for its operator.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crate::admission::Rejection;
use crate::trace::Tracer;
use crate::{CloseReason, Event};

/// The short names of the reasons for a close, by [`index`].
const REASONS: [&str; 9] = [
    "finished",
    "unframed",
    "flooded",
    "asked",
    "outbox_full",
    "stalled",
    "broken",
    "refused",
    "bug",
];

/// The short names of the limits that refuse a connection.
const LIMITS: [&str; 3] = ["total", "address", "rate"];

/// Counters of a server. The thread that owns the server adds to them, and another thread may read them
/// at any time. Nothing waits for anything.
///
/// ```
/// use net::{EngineKind, Limits, Server};
///
/// let server = Server::bind(&[], EngineKind::default(), Limits::default())?;
/// let figures = server.figures();
/// assert_eq!((figures.opened(), figures.outbox_bytes()), (0, 0));
/// assert!(figures.closed().all(|(_reason, count)| count == 0));
/// # Ok::<(), net::BindError>(())
/// ```
#[derive(Debug, Default)]
pub struct Figures {
    opened: AtomicU64,
    frames: AtomicU64,
    closed: [AtomicU64; REASONS.len()],
    refused: [AtomicU64; LIMITS.len()],
    /// The number of bytes that wait in all outboxes. The engine changes it.
    pub(crate) outboxes: Arc<AtomicUsize>,
    /// The observer of the traffic. It is here because every thread of an engine has the figures.
    pub(crate) tracer: Tracer,
}

impl Figures {
    /// Returns the number of connections that were opened so far.
    pub fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Returns the number of frames that arrived so far.
    pub fn frames(&self) -> u64 {
        self.frames.load(Ordering::Relaxed)
    }

    /// Returns the short name of each reason for a close, and the number of connections that were closed
    /// for it.
    pub fn closed(&self) -> impl Iterator<Item = (&'static str, u64)> {
        pairs(REASONS, &self.closed)
    }

    /// Returns the short name of each limit on connections, and the number of connections that it refused.
    pub fn refused(&self) -> impl Iterator<Item = (&'static str, u64)> {
        pairs(LIMITS, &self.refused)
    }

    /// Returns the number of bytes that wait in all outboxes.
    pub fn outbox_bytes(&self) -> usize {
        self.outboxes.load(Ordering::Relaxed)
    }

    /// Returns figures at zero, with this observer.
    pub(crate) fn traced(tracer: Tracer) -> Figures {
        Figures { tracer, ..Figures::default() }
    }

    /// Counts the events that one wait returned, and tells the observer of the ends.
    pub(crate) fn count(&self, events: &[Event]) {
        let mut frames = 0;
        for event in events {
            match event {
                Event::Opened(..) => add_one(&self.opened),
                Event::Received(..) => frames += 1,
                Event::Ended(..) => {}
                #[expect(clippy::indexing_slicing, reason = "an index is below the length")]
                Event::Closed(id, reason) => {
                    add_one(&self.closed[index(*reason)]);
                    self.tracer.closed(*id);
                }
            }
        }
        self.frames.fetch_add(frames, Ordering::Relaxed);
    }

    /// Counts a connection that a limit refused.
    pub(crate) fn refuse(&self, rejection: Rejection) {
        let [total, address, rate] = &self.refused;
        add_one(match rejection {
            Rejection::Full(_) => total,
            Rejection::TooMany(_) => address,
            Rejection::TooFast(_) => rate,
        });
    }
}

fn add_one(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

fn pairs<const N: usize>(
    names: [&'static str; N],
    counters: &[AtomicU64; N],
) -> impl Iterator<Item = (&'static str, u64)> {
    names.into_iter().zip(counters.iter().map(|counter| counter.load(Ordering::Relaxed)))
}

/// The index of a reason in [`REASONS`].
fn index(reason: CloseReason) -> usize {
    match reason {
        CloseReason::Finished => 0,
        CloseReason::Unframed => 1,
        CloseReason::Flooded => 2,
        CloseReason::Asked => 3,
        CloseReason::OutboxFull { .. } => 4,
        CloseReason::Stalled => 5,
        CloseReason::Broken(_) => 6,
        CloseReason::Refused(_) => 7,
        CloseReason::Bug => 8,
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::ConnId;

    #[test]
    fn every_reason_counts_under_its_own_name() {
        let figures = Figures::default();
        let kind = ErrorKind::ConnectionReset;
        let all = [
            CloseReason::Finished,
            CloseReason::Unframed,
            CloseReason::Flooded,
            CloseReason::Asked,
            CloseReason::OutboxFull { limit: 1 },
            CloseReason::Stalled,
            CloseReason::Broken(kind),
            CloseReason::Refused(kind),
            CloseReason::Bug,
        ];
        for reason in all {
            figures.count(&[Event::Closed(ConnId::new(1), reason)]);
        }
        let counted: Vec<_> = figures.closed().collect();
        assert_eq!(counted, REASONS.map(|name| (name, 1)));
    }

    #[test]
    fn every_limit_counts_under_its_own_name() {
        let figures = Figures::default();
        figures.refuse(Rejection::Full(1));
        figures.refuse(Rejection::TooFast(1));
        figures.refuse(Rejection::TooFast(1));
        let counted: Vec<_> = figures.refused().collect();
        assert_eq!(counted, [("total", 1), ("address", 0), ("rate", 2)]);
    }
}
