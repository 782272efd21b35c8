//! Log lines, on their way to standard error.
//!
//! They are written by a thread of their own, `log`, through a bounded queue. Whoever reads our
//! standard error may stop reading (a full disk, a pipe without a reader, Ctrl-S in a terminal),
//! and the chat must not wait for that, nor end because of it: then lines are lost, and counted.
//! `tracing-appender` does the same with more, and brings a calendar and a channel library along.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// How many lines may wait to be written.
const QUEUE: usize = 4096;
/// How long the end of the process waits for the last lines.
const FLUSH: Duration = Duration::from_millis(500);

/// Takes log lines; cheap to clone.
#[derive(Clone)]
pub(crate) struct Log {
    queue: SyncSender<Entry>,
    lost: Arc<AtomicUsize>,
}

enum Entry {
    Line(Vec<u8>),
    /// Everything before this is to be written; then the sender is told.
    Flush(SyncSender<()>),
}

/// Starts the log, for lines of this level and above.
///
/// # Errors
/// When the thread cannot be started.
pub(crate) fn start(level: LevelFilter) -> io::Result<Log> {
    let (queue, lines) = mpsc::sync_channel(QUEUE);
    let lost = Arc::new(AtomicUsize::new(0));
    let log = Log { queue, lost: Arc::clone(&lost) };
    thread::Builder::new().name("log".to_owned()).spawn(move || write(&lines, &lost))?;
    tracing_subscriber::fmt()
        .with_writer(log.clone())
        .with_ansi(io::stderr().is_terminal())
        .with_max_level(level)
        .with_target(false)
        // What goes wrong here has nowhere else to be said.
        .log_internal_errors(false)
        .init();
    Ok(log)
}

/// The life of the `log` thread.
fn write(lines: &Receiver<Entry>, lost: &AtomicUsize) {
    let mut out = io::stderr();
    while let Ok(entry) = lines.recv() {
        // A line that cannot be written is lost like one that found no room.
        match entry {
            Entry::Line(line) => drop(out.write_all(&line)),
            Entry::Flush(told) => drop(told.try_send(())),
        }
        let count = lost.swap(0, Ordering::Relaxed);
        if count > 0 {
            let _ = writeln!(out, "({count} log lines were lost: standard error was blocked)");
        }
    }
}

impl Log {
    /// Waits until the lines so far have been written, for a moment at most.
    pub(crate) fn flush(&self) {
        let (told, written) = mpsc::sync_channel(1);
        if self.queue.try_send(Entry::Flush(told)).is_ok() {
            let _ = written.recv_timeout(FLUSH);
        }
    }
}

/// One line, while it is put together.
pub(crate) struct Line {
    log: Log,
    text: Vec<u8>,
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { log: self.clone(), text: Vec::new() }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let text = std::mem::take(&mut self.text);
        if self.log.queue.try_send(Entry::Line(text)).is_err() {
            self.log.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}
