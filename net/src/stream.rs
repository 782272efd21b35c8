//! The stream of a connection: a socket, and the session that encrypts it, if there is one.
//!
//! The loops above read and write a [`Stream`] as they would a socket. So nothing above this file knows
//! whether a connection is encrypted.

use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Mutex;

use crate::security::{SecurityError, Session};
use crate::sync::lock;

/// The number of encrypted bytes that one read asks for. They are on the stack, so that an idle
/// connection costs no memory.
const READ: usize = 4 * 1024;

/// A socket that blocks or does not, and perhaps a session.
pub(crate) struct Stream<S> {
    socket: S,
    secured: Option<Box<Secured>>,
}

/// The encrypted part of a stream. A receiving and a sending thread may use it at the same time: neither
/// holds the lock of the session while it waits for the socket.
struct Secured {
    session: Mutex<Box<dyn Session>>,
    /// Bytes from the peer that the session could not take yet; nearly always none.
    incoming: Mutex<Vec<u8>>,
    outgoing: Mutex<Outgoing>,
}

/// Encrypted bytes on their way to the socket.
#[derive(Default)]
struct Outgoing {
    bytes: Vec<u8>,
    /// The number of `bytes` that the system has taken.
    written: usize,
    /// The number of plain bytes in the rest of them whose write is not reported yet.
    plain: usize,
    /// The direction has ended, with the last of the bytes.
    finished: bool,
}

/// How far one step of a handshake got.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The handshake is over.
    Done,
    /// The next step may get further.
    More,
    /// The socket has to become ready first.
    Blocked,
}

impl<S> Stream<S> {
    /// Creates the stream of a socket, with the session that encrypts it.
    pub(crate) fn new(socket: S, session: Option<Box<dyn Session>>) -> Stream<S> {
        let secured = session.map(|session| {
            let (incoming, outgoing) = (Mutex::default(), Mutex::default());
            Box::new(Secured { session: Mutex::new(session), incoming, outgoing })
        });
        Stream { socket, secured }
    }

    /// Returns the socket, for its options, and for bytes that need not be decrypted.
    pub(crate) fn socket(&self) -> &S {
        &self.socket
    }

    /// Returns the socket, to register it.
    pub(crate) fn socket_mut(&mut self) -> &mut S {
        &mut self.socket
    }

    /// Replaces the socket by another form of itself.
    pub(crate) fn map<T>(self, form: impl FnOnce(S) -> io::Result<T>) -> io::Result<Stream<T>> {
        Ok(Stream { socket: form(self.socket)?, secured: self.secured })
    }
}

impl<S> Stream<S>
where
    for<'a> &'a S: Read + Write,
{
    /// Takes one step of the handshake: writes what waits for the peer, and then reads once.
    ///
    /// # Errors
    /// When the handshake failed. The alert for the peer is written if the socket takes it at once.
    pub(crate) fn handshake(&self) -> Result<Step, SecurityError> {
        let Some(secured) = &self.secured else { return Ok(Step::Done) };
        match secured.flush(&self.socket) {
            Ok(()) => {}
            Err(error) if is_blocked(&error) => return Ok(Step::Blocked),
            Err(error) => return Err(SecurityError::Broken(error.kind())),
        }
        if lock(&secured.session).is_established() {
            return Ok(Step::Done);
        }
        let mut buffer = [0; READ];
        match (&self.socket).read(&mut buffer) {
            Ok(0) => Err(SecurityError::HungUp),
            Ok(length) => {
                let received = secured.receive(buffer.split_at(length).0);
                if received.is_err() {
                    // The peer may not read the alert; the error is reported anyway.
                    let _ = secured.flush(&self.socket);
                }
                received.map(|()| Step::More)
            }
            Err(error) if is_retried(&error) => Ok(Step::More),
            Err(error) if is_blocked(&error) => Ok(Step::Blocked),
            Err(error) => Err(SecurityError::Broken(error.kind())),
        }
    }

    /// Tells the peer that nothing more follows, if the stream is encrypted. The end of the socket's
    /// direction is up to the caller.
    ///
    /// # Errors
    /// When the socket did not take all of it. A second call continues.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let Some(secured) = &self.secured else { return Ok(()) };
        let is_new = !std::mem::replace(&mut lock(&secured.outgoing).finished, true);
        if is_new {
            lock(&secured.session).finish();
        }
        secured.flush(&self.socket)
    }
}

impl<S> Read for &Stream<S>
where
    for<'a> &'a S: Read,
{
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.secured {
            None => (&self.socket).read(buffer),
            Some(secured) => secured.read(&self.socket, buffer),
        }
    }
}

/// A write to an encrypted stream takes bytes before the system does, and reports them once the system
/// has them. So a caller whose write would block has to begin its next write with the same bytes, as a
/// caller with a queue does anyway. The queue then holds every byte that the system has not taken, and
/// its limits and deadlines need not know about encryption.
impl<S> Write for &Stream<S>
where
    for<'a> &'a S: Write,
{
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.secured {
            None => (&self.socket).write(bytes),
            Some(secured) => secured.write(&self.socket, &[IoSlice::new(bytes)]),
        }
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        match &self.secured {
            None => (&self.socket).write_vectored(pieces),
            Some(secured) => secured.write(&self.socket, pieces),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Secured {
    /// Gives bytes from the peer to the session, and keeps what it cannot take yet.
    fn receive(&self, bytes: &[u8]) -> Result<(), SecurityError> {
        let taken = lock(&self.session).receive(bytes)?;
        *lock(&self.incoming) = bytes.split_at(taken).1.to_vec();
        Ok(())
    }

    /// Reads plain bytes. A peer that hangs up without a word has finished its direction, as on a plain
    /// connection; where a frame ends is the decoder's matter.
    fn read(&self, mut socket: impl Read, buffer: &mut [u8]) -> io::Result<usize> {
        let mut encrypted = [0; READ];
        loop {
            if let Some(length) = lock(&self.session).take(buffer) {
                return Ok(length);
            }
            let kept = std::mem::take(&mut *lock(&self.incoming));
            let bytes = if kept.is_empty() {
                let length = socket.read(&mut encrypted)?;
                if length == 0 {
                    return Ok(0);
                }
                encrypted.split_at(length).0
            } else {
                &kept
            };
            self.receive(bytes).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        }
    }

    fn write(&self, mut socket: impl Write, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut outgoing = lock(&self.outgoing);
        loop {
            if outgoing.is_empty() {
                let mut session = lock(&self.session);
                outgoing.plain = session.encrypt(pieces);
                session.take_outgoing(&mut outgoing.bytes);
            }
            if outgoing.is_empty() {
                return Ok(0);
            }
            let taken = outgoing.write(&mut socket)?;
            let reported = outgoing.report();
            if taken == 0 || reported > 0 {
                return Ok(reported);
            }
        }
    }

    /// Writes all bytes that the session and an earlier write have left.
    fn flush(&self, mut socket: impl Write) -> io::Result<()> {
        let mut outgoing = lock(&self.outgoing);
        lock(&self.session).take_outgoing(&mut outgoing.bytes);
        while !outgoing.is_empty() {
            match outgoing.write(&mut socket) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Err(error) if is_retried(&error) => {}
                written => _ = written?,
            }
            outgoing.report();
        }
        Ok(())
    }
}

impl Outgoing {
    fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Hands the bytes to the system once; returns how many it took.
    fn write(&mut self, socket: &mut impl Write) -> io::Result<usize> {
        let taken = socket.write(self.bytes.split_at(self.written).1)?;
        self.written += taken;
        Ok(taken)
    }

    /// Returns how many plain bytes the system has taken since the last report. Encrypted bytes are more
    /// than the plain ones in them; the surplus counts as the first of them. So each write counts as
    /// progress as soon as it can, and the last plain byte is reported with the last encrypted one.
    fn report(&mut self) -> usize {
        let left = self.bytes.len() - self.written;
        let reported = self.plain.saturating_sub(left);
        self.plain -= reported;
        if left == 0 {
            // An idle connection holds no memory.
            self.bytes = Vec::new();
            self.written = 0;
        }
        reported
    }
}

fn is_retried(error: &io::Error) -> bool {
    error.kind() == ErrorKind::Interrupted
}

/// Says whether a call would block, or has timed out on a socket that blocks.
fn is_blocked(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

#[cfg(test)]
mod tests;
