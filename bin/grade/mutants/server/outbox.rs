//! The outbox of a client: a queue of frames, and the thread that writes them.
//!
//! A broadcast only appends to the queue, so a client that does not read delays no other. Its
//! connection is closed when the queue is full or when a write takes too long.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::bugs::Bug;
use crate::settings::Settings;

/// Maximum number of queued bytes for one client.
const LIMIT: usize = 1024 * 1024;
/// Same, for the bug where a broadcast waits for the client: very small.
const BUFFER: usize = 16 * 1024;
/// Timeout of one write.
const STALL: Duration = Duration::from_secs(10);

pub(crate) struct Outbox {
    stream: TcpStream,
    settings: Settings,
    queue: Mutex<Queue>,
    changed: Condvar,
}

struct Queue {
    frames: VecDeque<Arc<[u8]>>,
    /// Answers that the messages of others may overtake.
    held: VecDeque<Arc<[u8]>>,
    bytes: usize,
    state: State,
    /// Whether the writing thread has written the last frame.
    is_written: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The queued frames are still written, and then the connection is closed.
    Finishing,
    /// Nothing more can be written.
    Dead,
}

impl Queue {
    /// Queues the answers that are held.
    fn release(&mut self) {
        self.bytes += self.held.iter().map(|frame| frame.len()).sum::<usize>();
        self.frames.append(&mut self.held);
    }
}

/// The frame cannot be sent, because the connection is closed or about to be.
pub(crate) struct Gone;

impl Outbox {
    pub(crate) fn new(stream: TcpStream, settings: Settings) -> Outbox {
        // If an option cannot be set, the socket is already broken, and the reading thread finds
        // out.
        let _ = stream.set_nodelay(true);
        if !settings.bugs.has(Bug::SlowReaderStallsAll) {
            let _ = stream.set_write_timeout(Some(STALL));
        }
        let (frames, held) = (VecDeque::new(), VecDeque::new());
        let queue = Queue { frames, held, bytes: 0, state: State::Open, is_written: false };
        Outbox { stream, settings, queue: Mutex::new(queue), changed: Condvar::new() }
    }

    /// Reads from the client's socket once.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        (&self.stream).read(buffer)
    }

    /// Limits the duration of each later read.
    pub(crate) fn read_within(&self, limit: Duration) {
        let _ = self.stream.set_read_timeout(Some(limit));
    }

    /// Appends a frame to the queue.
    pub(crate) fn push(&self, frame: Arc<[u8]>) -> Result<(), Gone> {
        let mut queue = self.lock();
        let most = LIMIT.saturating_sub(frame.len());
        if self.settings.bugs.has(Bug::SlowReaderStallsAll) {
            // Like a direct write to the socket. The caller holds the lock of the room during the
            // wait.
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

    /// Appends an answer to the queue, which the messages of others may overtake if the server uses that
    /// freedom.
    pub(crate) fn push_answer(&self, frame: Arc<[u8]>) -> Result<(), Gone> {
        if self.settings.freedoms.holds().is_none() {
            return self.push(frame);
        }
        let mut queue = self.lock();
        if queue.state != State::Open {
            return Err(Gone);
        }
        queue.held.push_back(frame);
        self.changed.notify_all();
        Ok(())
    }

    /// Lets no later frame overtake an answer from before.
    pub(crate) fn keep_order(&self) {
        self.lock().release();
    }

    /// Closes the connection after the queued frames have been written. No more frames can be
    /// appended.
    pub(crate) fn finish(&self) {
        let mut queue = self.lock();
        if queue.state == State::Open {
            queue.state = State::Finishing;
        }
        self.changed.notify_all();
    }

    /// Closes the connection immediately.
    pub(crate) fn abort(&self) {
        self.kill(&mut self.lock());
    }

    pub(crate) fn is_open(&self) -> bool {
        self.lock().state == State::Open
    }

    /// Whether the connection was closed immediately.
    pub(crate) fn is_dead(&self) -> bool {
        self.lock().state == State::Dead
    }

    /// The loop of the writing thread.
    pub(crate) fn run(&self) {
        let mut written_at: Option<Instant> = None;
        while let Some(frame) = self.next() {
            if let Some(delay) = self.settings.freedoms.delay()
                && written_at.is_none_or(|at| at.elapsed() > delay)
            {
                self.wait(delay);
            }
            written_at = Some(Instant::now());
            if (&self.stream).write_all(&frame).is_err() {
                return self.abort();
            }
            if let Some(gap) = self.settings.dialect.gap()
                && !self.settings.bugs.has(Bug::Coalesces)
            {
                self.wait(gap);
            }
        }
        let _ = self.stream.shutdown(Shutdown::Write);
        self.lock().is_written = true;
        self.changed.notify_all();
    }

    /// Waits until the last frame is written, or the connection is closed immediately.
    pub(crate) fn wait_until_written(&self) {
        let mut queue = self.lock();
        while !queue.is_written && queue.state != State::Dead {
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next frame to write; `None` after the last one.
    fn next(&self) -> Option<Arc<[u8]>> {
        let mut queue = self.lock();
        while queue.state == State::Open && queue.frames.is_empty() {
            queue = match self.settings.freedoms.holds().filter(|_| !queue.held.is_empty()) {
                None => self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner),
                Some(time) => {
                    let waited = self.changed.wait_timeout(queue, time);
                    let (mut queue, waited) = waited.unwrap_or_else(PoisonError::into_inner);
                    if waited.timed_out() {
                        queue.release();
                    }
                    queue
                }
            };
        }
        if queue.state == State::Dead {
            return None;
        }
        if queue.frames.is_empty() {
            queue.release();
        }
        if self.settings.bugs.has(Bug::Coalesces)
            && let Some(gap) = self.settings.dialect.gap()
        {
            // Like a system that prefers one large packet to two small ones.
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

    /// Waits for this time, or until the connection is closed.
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
        // The reading thread then finds the end of the stream.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
