//! What waits to be written to one client, and the thread that writes it.
//!
//! Who broadcasts only puts it here, so a client that does not read makes nobody wait: it is hung
//! up on when too much of it waits, or when nothing gets through for too long.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::bugs::Bug;
use crate::settings::Settings;

/// How many bytes may wait for one client.
const LIMIT: usize = 1024 * 1024;
/// The same, for the bug where whoever broadcasts waits for it: next to nothing.
const BUFFER: usize = 16 * 1024;
/// How long one write may take.
const STALL: Duration = Duration::from_secs(10);

pub(crate) struct Outbox {
    stream: TcpStream,
    settings: Settings,
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    frames: VecDeque<Arc<[u8]>>,
    bytes: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// What is in it is still written, and then the client is hung up on.
    Finishing,
    /// Nothing more can be written.
    Dead,
}

/// It cannot be said to this client: it is gone, or as good as that.
pub(crate) struct Gone;

impl Outbox {
    pub(crate) fn new(stream: TcpStream, settings: Settings) -> Outbox {
        // A socket on which an option cannot be set is broken already: whoever reads will see.
        let _ = stream.set_nodelay(true);
        if settings.bug != Bug::SlowReaderStallsAll {
            let _ = stream.set_write_timeout(Some(STALL));
        }
        let queue = Queue { frames: VecDeque::new(), bytes: 0, state: State::Open };
        Outbox { stream, settings, queue: Mutex::new(queue), changed: Condvar::new() }
    }

    /// What one read of the client's stream returns.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.stream).read(buffer)
    }

    /// No read takes longer than this from now on.
    pub(crate) fn read_within(&self, limit: Duration) {
        let _ = self.stream.set_read_timeout(Some(limit));
    }

    /// Has it written, after what is here already.
    pub(crate) fn push(&self, frame: Arc<[u8]>) -> Result<(), Gone> {
        let mut queue = self.lock();
        let most = LIMIT.saturating_sub(frame.len());
        if self.settings.bug == Bug::SlowReaderStallsAll {
            // As a write would that goes straight to the socket; whoever broadcasts holds the lock
            // of the room all the while.
            while queue.state == State::Open && queue.bytes > BUFFER {
                queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        }
        if queue.state == State::Open && queue.bytes > most {
            self.kill(&mut queue);
        }
        if queue.state != State::Open {
            return Err(Gone);
        }
        queue.bytes += frame.len();
        queue.frames.push_back(frame);
        self.changed.notify_all();
        Ok(())
    }

    /// Hangs up when everything in it is written. Nothing can be put in any more.
    pub(crate) fn finish(&self) {
        let mut queue = self.lock();
        if queue.state == State::Open {
            queue.state = State::Finishing;
        }
        self.changed.notify_all();
    }

    /// Hangs up at once.
    pub(crate) fn abort(&self) {
        self.kill(&mut self.lock());
    }

    pub(crate) fn is_open(&self) -> bool {
        self.lock().state == State::Open
    }

    /// Whether it was hung up on at once.
    pub(crate) fn is_dead(&self) -> bool {
        self.lock().state == State::Dead
    }

    /// The life of the thread that writes.
    pub(crate) fn run(&self) {
        while let Some(frame) = self.next() {
            if (&self.stream).write_all(&frame).is_err() {
                return self.abort();
            }
            if let Some(gap) = self.settings.dialect.gap()
                && self.settings.bug != Bug::Coalesces
            {
                self.wait(gap);
            }
        }
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// What is to be written next; nothing when that was all.
    fn next(&self) -> Option<Arc<[u8]>> {
        let mut queue = self.lock();
        while queue.state == State::Open && queue.frames.is_empty() {
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if queue.state == State::Dead {
            return None;
        }
        if self.settings.bug == Bug::Coalesces
            && let Some(gap) = self.settings.dialect.gap()
        {
            // As a system does that would rather send one large packet than two small ones.
            drop(queue);
            self.wait(gap);
            queue = self.lock();
            queue.bytes = 0;
            let frames: Vec<u8> = queue.frames.drain(..).flat_map(|frame| frame.to_vec()).collect();
            return Some(frames.into()).filter(|frames: &Arc<[u8]>| !frames.is_empty());
        }
        let frame = queue.frames.pop_front()?;
        queue.bytes = queue.bytes.saturating_sub(frame.len());
        self.changed.notify_all();
        Some(frame)
    }

    /// Lets this time pass, or less when it is hung up on.
    fn wait(&self, gap: Duration) {
        let until = Instant::now() + gap;
        let mut queue = self.lock();
        while queue.state != State::Dead {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.changed.wait_timeout(queue, left);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn kill(&self, queue: &mut Queue) {
        queue.state = State::Dead;
        queue.frames.clear();
        queue.bytes = 0;
        // Whoever reads from it finds the end.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
