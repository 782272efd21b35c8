//! The two threads of one connection in the `threads` engine.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::{Report, Shared, spawn};
use crate::flood::TokenBucket;
use crate::framing::Decoder;
use crate::outbox::Outbox;
use crate::{CloseReason, ConnId, End, Flood};

/// The stack size of each thread. It is small because there are two threads for each peer and they do not
/// nest calls deeply.
pub(super) const STACK: usize = 128 * 1024;

/// The number of bytes that one read asks for.
const READ: usize = 8 * 1024;

/// Starts `recv-N` and `send-N`.
///
/// # Errors
/// When the system has no thread left. The caller then aborts the outbox, which also ends the send
/// thread if it has started.
pub(super) fn start(
    id: ConnId,
    outbox: &Arc<Outbox>,
    decoder: Box<dyn Decoder>,
    shared: &Shared,
) -> io::Result<()> {
    let sender = Guard { id, outbox: Arc::clone(outbox), shared: shared.clone() };
    spawn(format!("send-{id}"), &shared.running, move || {
        if let Err(reason) = sender.outbox.run() {
            sender.report(Report::Failed(id, reason));
            sender.outbox.abort();
        }
    })?;
    let receiver = Guard { id, outbox: Arc::clone(outbox), shared: shared.clone() };
    spawn(format!("recv-{id}"), &shared.running, move || {
        receiver.recv(decoder);
        receiver.outbox.reading_ended();
    })
}

/// The state of one thread of a connection. If the thread panics (because of a bug in a decoder, say), the
/// guard reports the end of the connection, so that the connection does not stay open without a thread.
struct Guard {
    id: ConnId,
    outbox: Arc<Outbox>,
    shared: Shared,
}

impl Guard {
    /// Sends a report to the chat's thread; returns `false` if that has stopped receiving.
    fn report(&self, report: Report) -> bool {
        self.shared.reports.send(report).is_ok()
    }

    /// Runs a `recv` thread: reads bytes, cuts frames, reports them.
    fn recv(&self, mut decoder: Box<dyn Decoder>) {
        let mut buffer = vec![0; READ];
        let mut frames = Vec::new();
        let flood = self.shared.limits.flood;
        let mut throttle = flood.map(|flood| (TokenBucket::new(&flood, Instant::now()), flood));
        loop {
            let read = self.read(&mut buffer);
            let cut = match &read {
                Ok([]) => decoder.finish(&mut frames),
                Ok(input) => decoder.decode(input, &mut frames),
                Err(kind) => {
                    self.report(Report::Failed(self.id, CloseReason::Broken(*kind)));
                    return;
                }
            };
            let finished = read.is_ok_and(<[u8]>::is_empty);
            if let Some((bucket, flood)) = &mut throttle {
                bucket.brought(frames.len(), flood, Instant::now());
            }
            for frame in frames.drain(..) {
                // While a frame waits here the thread does not read, so TCP slows the peer down.
                if let Some((bucket, flood)) = throttle.as_mut()
                    && !self.pass(bucket, flood)
                {
                    self.report(Report::Ended(self.id, End::Flooded));
                    return self.discard(&mut buffer);
                }
                if !self.report(Report::Received(self.id, frame)) {
                    return self.discard(&mut buffer);
                }
            }
            match cut {
                Ok(()) if finished => {
                    self.report(Report::Ended(self.id, End::Finished));
                    return;
                }
                Ok(()) => {}
                Err(error) => {
                    self.report(Report::Ended(self.id, End::Unframed(error)));
                    return self.discard(&mut buffer);
                }
            }
        }
    }

    /// Waits until the bucket lets a frame pass; returns false if the peer has flooded for too long.
    fn pass(&self, bucket: &mut TokenBucket, flood: &Flood) -> bool {
        while let Err(wait) = bucket.pass(flood, Instant::now()) {
            if bucket.is_flooding(flood, Instant::now()) {
                return false;
            }
            // The pause ends early with the connection. The engine ignores later reports.
            if !self.outbox.pause(wait) {
                return true;
            }
        }
        true
    }

    /// Continues to read and discards the bytes. Otherwise a peer that still writes would get a reset
    /// when the server closes, and might lose the last answer.
    fn discard(&self, buffer: &mut [u8]) {
        while self.read(buffer).is_ok_and(|input| !input.is_empty()) {}
    }

    /// Returns the bytes of one read; none at the end of the stream.
    fn read<'a>(&self, buffer: &'a mut [u8]) -> Result<&'a [u8], ErrorKind> {
        loop {
            match self.outbox.stream().read(buffer) {
                #[expect(clippy::indexing_slicing, reason = "a read fills no more than the buffer")]
                Ok(length) => return Ok(&buffer[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.kind()),
            }
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if thread::panicking() {
            self.report(Report::Failed(self.id, CloseReason::Bug));
            self.outbox.reading_ended();
            self.outbox.abort();
        }
    }
}
