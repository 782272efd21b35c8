//! The two threads of one connection in the `threads` engine.

use std::io::{self, ErrorKind, Read};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use super::{Report, Shared, spawn};
use crate::flood::TokenBucket;
use crate::framing::Decoder;
use crate::inbox::{self, Stopped};
use crate::outbox::Outbox;
use crate::{CloseReason, ConnId, End, Flood, Frame};

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

    /// Runs a `recv` thread: reports frames until the stream ends.
    fn recv(&self, mut decoder: Box<dyn Decoder>) {
        let flood = self.shared.limits.flood;
        let mut throttle = flood.map(|flood| (TokenBucket::new(&flood, Instant::now()), flood));
        let tracer = &self.shared.figures.tracer;
        let mut stream = tracer.reads(self.id, self.outbox.stream());
        let mut buffer = vec![0; READ];
        let stopped = inbox::receive(&mut stream, &mut *decoder, &mut buffer, |frames| {
            self.report_frames(frames, throttle.as_mut())
        });
        match stopped {
            Stopped::Ended(end) => {
                let is_open = end != End::Finished;
                self.report(Report::Ended(self.id, end));
                if is_open {
                    self.discard(&mut buffer);
                }
            }
            Stopped::Broken(kind) => {
                self.report(Report::Failed(self.id, CloseReason::Broken(kind)));
            }
            Stopped::Refused => self.discard(&mut buffer),
        }
    }

    /// Reports the frames of one read, each when the token bucket lets it pass. Returns `false` if the
    /// thread must not report any more: the peer has flooded for too long, or the engine has stopped.
    fn report_frames(
        &self,
        frames: Vec<Frame>,
        mut throttle: Option<&mut (TokenBucket, Flood)>,
    ) -> bool {
        if let Some((bucket, flood)) = &mut throttle {
            bucket.brought(frames.len(), flood, Instant::now());
        }
        for frame in frames {
            // While a frame waits here the thread does not read, so TCP slows the peer down.
            if let Some((bucket, flood)) = &mut throttle
                && !self.pass(bucket, flood)
            {
                self.report(Report::Ended(self.id, End::Flooded));
                return false;
            }
            self.shared.figures.tracer.framed(self.id, &frame);
            if !self.report(Report::Received(self.id, frame)) {
                return false;
            }
        }
        true
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
        loop {
            // Nothing looks at the bytes, so they need not be decrypted.
            match self.outbox.stream().socket().read(buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return,
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
