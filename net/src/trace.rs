//! The interface of an observer of the traffic. Without one, the engines look at no clock for it.

use std::io::{self, Read};
use std::sync::Arc;

use crate::{Arrival, ConnId};

/// An observer of the traffic of a [`Server`](crate::Server). The engines call it from whichever thread does
/// the work, at the moment at which it is done, so a call must be short and must not wait.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// use net::{Arrival, ConnId, EngineKind, Limits, Server, Trace};
///
/// /// Counts the bytes that the system took.
/// #[derive(Debug, Default)]
/// struct Counter(AtomicUsize);
///
/// impl Trace for Counter {
///     fn opened(&self, _: ConnId, _: &Arrival) {}
///     fn read(&self, _: ConnId, _: usize) {}
///     fn framed(&self, _: ConnId, _: usize) {}
///     fn written(&self, _: ConnId, bytes: usize, _waiting: usize) {
///         self.0.fetch_add(bytes, Ordering::Relaxed);
///     }
///     fn closed(&self, _: ConnId) {}
/// }
///
/// let counter = Arc::new(Counter::default());
/// let server = Server::bind_traced(&[], EngineKind::default(), Limits::default(), Some(counter))?;
/// # drop(server);
/// # Ok::<(), net::BindError>(())
/// ```
pub trait Trace: std::fmt::Debug + Send + Sync {
    /// A connection is ready for frames. This is its first call.
    fn opened(&self, connection: ConnId, arrival: &Arrival);
    /// A read returned this many bytes.
    fn read(&self, connection: ConnId, bytes: usize);
    /// A frame with a payload of this many bytes is complete, and the limit on floods lets it pass. The frames
    /// of a connection are reported in order, each after the read that completed it.
    fn framed(&self, connection: ConnId, bytes: usize);
    /// The system took this many bytes. So many still wait for the connection. The calls may go on for a
    /// moment after [`closed`](Trace::closed), while the outbox is flushed.
    fn written(&self, connection: ConnId, bytes: usize, waiting: usize);
    /// The caller of `recv` hears of the end of the connection.
    fn closed(&self, connection: ConnId);
}

/// An observer, or none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tracer(pub(crate) Option<Arc<dyn Trace>>);

impl Tracer {
    pub(crate) fn opened(&self, connection: ConnId, arrival: &Arrival) {
        if let Some(trace) = &self.0 {
            trace.opened(connection, arrival);
        }
    }

    pub(crate) fn framed(&self, connection: ConnId, frame: &[u8]) {
        if let Some(trace) = &self.0 {
            trace.framed(connection, frame.len());
        }
    }

    pub(crate) fn written(&self, connection: ConnId, bytes: usize, waiting: usize) {
        if let Some(trace) = &self.0
            && bytes > 0
        {
            trace.written(connection, bytes, waiting);
        }
    }

    pub(crate) fn closed(&self, connection: ConnId) {
        if let Some(trace) = &self.0 {
            trace.closed(connection);
        }
    }

    /// Returns the same stream, whose reads are reported.
    pub(crate) fn reads<R: Read>(&self, connection: ConnId, stream: R) -> Reads<'_, R> {
        Reads { stream, connection, trace: self.0.as_deref() }
    }
}

/// A stream whose reads are reported.
pub(crate) struct Reads<'a, R> {
    stream: R,
    connection: ConnId,
    trace: Option<&'a dyn Trace>,
}

impl<R: Read> Read for Reads<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.stream.read(buffer)?;
        if let Some(trace) = self.trace
            && length > 0
        {
            trace.read(self.connection, length);
        }
        Ok(length)
    }
}
