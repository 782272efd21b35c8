//! Writes the log to standard error.
//!
//! The thread `log` writes the lines, and a bounded queue carries them to it. Standard error can
//! block (a pipe that nothing reads, Ctrl-S in a terminal) or fail (a full disk). The chat must
//! neither wait for it nor end because of it, so the server then drops lines and counts them.
//! `tracing-appender` has this feature too, but also depends on a calendar and a channel library.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread;
use std::time::Duration;

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The most lines in the queue.
const QUEUE: usize = 4096;
/// How long the process waits for the last lines before it ends.
const FLUSH: Duration = Duration::from_millis(500);

/// The sending side of the log; cheap to clone.
#[derive(Clone)]
pub(crate) struct Log {
    queue: SyncSender<Entry>,
    lost: Arc<AtomicUsize>,
}

enum Entry {
    Line(Vec<u8>),
    /// A request to confirm that all lines before it are written.
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
        // Errors of the log itself cannot be reported anywhere.
        .log_internal_errors(false)
        .init();
    Ok(log)
}

/// The main function of the `log` thread.
fn write(lines: &Receiver<Entry>, lost: &AtomicUsize) {
    let mut out = io::stderr();
    while let Ok(entry) = lines.recv() {
        // A line that cannot be written is dropped.
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
    /// Waits until all lines so far are written, for `FLUSH` at most.
    pub(crate) fn flush(&self) {
        let (told, written) = mpsc::sync_channel(1);
        if self.queue.try_send(Entry::Flush(told)).is_ok() {
            let _ = written.recv_timeout(FLUSH);
        }
    }
}

/// A line that is not complete yet.
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
