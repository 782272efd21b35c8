//! `--trace`: a socket of this machine, on which a program hears what the server does with each frame.
//!
//! Each line is an object in JSON; `handout/operate.md` describes them. There are sizes, times, names of
//! commands and of people, and no contents of frames. Nothing waits for a reader: each has a queue of
//! [`LINES`] lines, loses the lines beyond, and hears how many it has lost.

mod line;
mod record;

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::fs::Mode;
use rustix::process::umask;

use line::Line;
pub(crate) use record::Trace;

/// The number of lines that wait for one reader.
const LINES: usize = 4096;
/// The most readers at a time.
const READERS: usize = 4;
/// The longest time for a write to a reader.
const PATIENCE: Duration = Duration::from_secs(5);
/// The time without a line after which the server looks whether a reader is still there.
const QUIET: Duration = Duration::from_secs(1);
/// The pause after a failed accept.
const PAUSE: Duration = Duration::from_millis(100);

/// The socket. It is removed when this value is dropped.
#[derive(Debug)]
pub(crate) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// The device and the number of the file.
    file: (u64, u64),
}

impl Socket {
    /// Creates the socket, which only its owner may open. Replaces the socket of a server that is dead.
    ///
    /// # Errors
    /// One line, if another file or a living server has this path, or if the system refuses.
    pub(crate) fn bind(path: &Path) -> Result<Socket, String> {
        let failed = |why: String| format!("cannot create {} for --trace: {why}", path.display());
        match path.symlink_metadata() {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error.to_string())),
            Ok(file) if !file.file_type().is_socket() => {
                return Err(failed("there is another file, which is not a socket".to_owned()));
            }
            Ok(_) => match UnixStream::connect(path) {
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    std::fs::remove_file(path).map_err(|error| failed(error.to_string()))?;
                }
                Ok(_) => return Err(failed("another program listens there".to_owned())),
                Err(error) => return Err(failed(error.to_string())),
            },
        }
        // The permissions hold from the beginning, so nobody can connect before they are set. No other
        // thread creates files at this time.
        let before = umask(Mode::RWXG | Mode::RWXO | Mode::XUSR);
        let bound = UnixListener::bind(path);
        umask(before);
        let bound = bound.and_then(|listener| {
            let file = path.symlink_metadata()?;
            Ok(Socket { listener, path: path.to_owned(), file: (file.dev(), file.ino()) })
        });
        bound.map_err(|error| failed(error.to_string()))
    }

    /// Starts the thread `trace`, which accepts readers.
    ///
    /// # Errors
    /// When the system refuses a thread or a descriptor.
    pub(crate) fn start(&self, trace: &Arc<Trace>) -> io::Result<()> {
        let (listener, trace) = (self.listener.try_clone()?, Arc::clone(trace));
        tracing::info!(socket = %self.path.display(), "tracing");
        let run = move || {
            loop {
                let accepted = listener.accept().and_then(|(stream, _)| begin(stream, &trace));
                if let Err(error) = accepted {
                    tracing::debug!(%error, "cannot accept a reader of the trace");
                    thread::park_timeout(PAUSE);
                }
            }
        };
        thread::Builder::new().name("trace".to_owned()).spawn(run).map(drop)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let now = self.path.symlink_metadata();
        if now.is_ok_and(|file| (file.dev(), file.ino()) == self.file) {
            // The next server replaces a socket that remains.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Starts the thread of a reader. Closes the connection if there are too many.
fn begin(stream: UnixStream, trace: &Arc<Trace>) -> io::Result<()> {
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_read_timeout(Some(Duration::from_millis(1)))?;
    let (lines, queue) = sync_channel(LINES);
    let lost = Arc::new(AtomicU64::new(0));
    let Some(known) = trace.add(Reader { lines, lost: Arc::clone(&lost) }, READERS) else {
        tracing::warn!("refused a reader of the trace: there are {READERS} already");
        return Ok(());
    };
    // At its end the queue is dropped, and then the trace forgets the reader.
    let run = move || drop(write(stream, known, &queue, &lost));
    thread::Builder::new().name("reader".to_owned()).spawn(run).map(drop)
}

/// Writes the lines for one reader, until it has gone or does not read.
fn write(
    mut stream: UnixStream,
    known: Vec<Line>,
    queue: &Receiver<Arc<str>>,
    lost: &AtomicU64,
) -> io::Result<()> {
    for line in known {
        stream.write_all(line.text().as_bytes())?;
    }
    loop {
        match queue.recv_timeout(QUIET) {
            Ok(line) => stream.write_all(line.as_bytes())?,
            Err(RecvTimeoutError::Timeout) => {
                let lines = lost.swap(0, Ordering::Relaxed);
                if lines > 0 {
                    stream.write_all(Line::Lost { lines }.text().as_bytes())?;
                }
                match stream.read(&mut [0; 16]) {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

/// The queue of a reader.
#[derive(Debug)]
struct Reader {
    lines: SyncSender<Arc<str>>,
    /// The number of lines that found no place in the queue since the last one that did.
    lost: Arc<AtomicU64>,
}

impl Reader {
    /// Queues a line, or counts it as lost. Returns `false` if the reader has gone.
    fn offer(&mut self, line: &Arc<str>) -> bool {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            match self.lines.try_send(Line::Lost { lines: lost }.text().into()) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => {
                    self.lost.fetch_add(lost + 1, Ordering::Relaxed);
                    return true;
                }
                Err(TrySendError::Disconnected(_)) => return false,
            }
        }
        match self.lines.try_send(Arc::clone(line)) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                self.lost.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_does_not_read_hears_how_many_lines_it_lost() {
        let (lines, queue) = sync_channel(2);
        let mut reader = Reader { lines, lost: Arc::default() };
        let line: Arc<str> = "line".into();
        for _ in 0..5 {
            assert!(reader.offer(&line));
        }
        assert_eq!(queue.try_iter().count(), 2);
        assert!(reader.offer(&line));
        let read: Vec<Arc<str>> = queue.try_iter().collect();
        assert_eq!(read, ["{\"hop\":\"lost\",\"lines\":3}\n".into(), line.clone()]);
        drop(queue);
        assert!(!reader.offer(&line), "a reader that has gone is forgotten");
    }

    #[test]
    fn a_socket_replaces_one_of_a_dead_server_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace");
        let first = Socket::bind(&path).unwrap();
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        let error = Socket::bind(&path).unwrap_err();
        assert!(error.ends_with("another program listens there"), "{error}");
        drop(first);
        assert!(!path.exists(), "it is removed at the end");
        // The listener of a process that was killed leaves its file.
        drop(UnixListener::bind(&path).unwrap());
        let second = Socket::bind(&path).unwrap();
        // The path may have another owner by the end.
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "text").unwrap();
        drop(second);
        let error = Socket::bind(&path).unwrap_err();
        assert!(error.contains("there is another file, which is not a socket"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "text");
    }
}
