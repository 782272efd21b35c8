//! The boundary between the engines and what encrypts a connection.
//!
//! An engine knows no protocol of encryption. It moves bytes through a [`Session`], which has no socket
//! and no clock: bytes from the peer go in and plain bytes come out, and the other way round. The feature
//! `tls` has the one implementation that programs use, in `tls`.

use std::io::{ErrorKind, IoSlice};
use std::time::Duration;

use crate::Fingerprint;

/// What encrypts the connections of a listener.
pub trait Security: Send + Sync {
    /// Begins the server's half of a session.
    fn accept(&self) -> Box<dyn Session>;

    /// Prepares a thread that handshakes run on; it may lower its priority.
    fn prepare_thread(&self) {}
}

/// One half of an encrypted connection, without its socket.
///
/// The handshake is over when [`is_established`](Session::is_established) says so. Until then only
/// `receive` and `take_outgoing` are called.
pub trait Session: Send {
    /// Decrypts bytes from the peer. Returns how many it took: all of them, unless
    /// [`take`](Session::take) has to make room first.
    ///
    /// # Errors
    /// When the bytes are not what the protocol allows, or the peer cannot be trusted. `take_outgoing` may
    /// then have an alert for the peer.
    fn receive(&mut self, bytes: &[u8]) -> Result<usize, SecurityError>;

    /// Moves decrypted bytes into the buffer; returns how many. No bytes are the end of the peer's
    /// direction, and `None` means that there are none yet.
    fn take(&mut self, buffer: &mut [u8]) -> Option<usize>;

    /// Encrypts the beginning of these pieces; returns how many bytes it took. They are at most one
    /// record, so that a peer that does not read costs little memory.
    fn encrypt(&mut self, pieces: &[IoSlice<'_>]) -> usize;

    /// Ends the direction to the peer.
    fn finish(&mut self);

    /// Appends the bytes for the peer to `bytes`.
    fn take_outgoing(&mut self, bytes: &mut Vec<u8>);

    /// Says whether the handshake is over, so that plain bytes can be exchanged.
    fn is_established(&self) -> bool;
}

/// The reason why a connection could not be encrypted, or not any longer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecurityError {
    /// The first byte of the peer belongs to another protocol.
    #[error("the peer speaks {0}, not TLS")]
    Foreign(&'static str),
    /// The peer hung up before the handshake was over.
    #[error("the peer hung up during the TLS handshake")]
    HungUp,
    /// The handshake was not over in time.
    #[error("the TLS handshake was not over within {0:?}")]
    TooLate(Duration),
    /// The connection broke, in the way the system names.
    #[error("broken: {0}")]
    Broken(ErrorKind),
    /// One side does not accept what the other one sent.
    #[error("TLS failed: {0}")]
    Failed(String),
    /// No authority vouches for the server's key, and it is not known.
    #[error("the key of the server is not known: {key}")]
    UnknownKey {
        /// The key that the server has shown.
        key: Fingerprint,
        /// The reason why its certificate does not count.
        why: String,
    },
    /// The server's key is another one than before.
    #[error("the key of the server is {key}, and was {known}")]
    ChangedKey {
        /// The key that the server has shown.
        key: Fingerprint,
        /// The key that it had.
        known: Fingerprint,
    },
    /// The server's key is not the only one that the client accepts.
    #[error("the key of the server is {key}, and not {wanted}")]
    WrongKey {
        /// The key that the server has shown.
        key: Fingerprint,
        /// The key that it must have.
        wanted: Fingerprint,
    },
}
