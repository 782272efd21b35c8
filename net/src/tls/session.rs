//! A session of rustls, as the engines use one.

use std::io::{IoSlice, Read, Write};
use std::sync::Arc;

use rustls::{CertificateError, Connection, Error, OtherError};

use crate::security::{SecurityError, Session};

/// The most plain bytes in one record, and so the most that a session encrypts ahead of the socket.
const RECORD: usize = 16 * 1024;

/// The first byte of a handshake.
const HANDSHAKE: u8 = 22;

/// The beginnings of requests of HTTP, which browsers send to any port.
const HTTP: [&[u8]; 5] = [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS "];

/// A connection of rustls.
pub(super) struct Tls {
    connection: Connection,
    /// The peer has sent something that belongs to TLS.
    began: bool,
    /// The handshake is over.
    established: bool,
}

impl Tls {
    pub(super) fn new(connection: impl Into<Connection>) -> Tls {
        let mut connection = connection.into();
        connection.set_buffer_limit(Some(RECORD));
        Tls { connection, began: false, established: false }
    }
}

impl Session for Tls {
    fn receive(&mut self, bytes: &[u8]) -> Result<usize, SecurityError> {
        if !self.began {
            self.began = true;
            if bytes.first() != Some(&HANDSHAKE) {
                let is_http = HTTP.iter().any(|begin| bytes.starts_with(begin));
                let protocol = if is_http { "HTTP" } else { "another protocol" };
                return Err(SecurityError::Foreign(protocol));
            }
        }
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.connection.read_tls(&mut rest) {
                // The peer's direction has ended, so what follows means nothing.
                Ok(0) => rest = &[],
                Ok(_) => {
                    let state = self.connection.process_new_packets().map_err(meaning)?;
                    if state.plaintext_bytes_to_read() >= RECORD {
                        break;
                    }
                }
                // The buffers are full.
                Err(_) => break,
            }
        }
        self.established |= !self.connection.is_handshaking();
        Ok(bytes.len() - rest.len())
    }

    fn take(&mut self, buffer: &mut [u8]) -> Option<usize> {
        // The only error is that there are no bytes yet.
        self.connection.reader().read(buffer).ok()
    }

    fn encrypt(&mut self, pieces: &[IoSlice<'_>]) -> usize {
        // A write into the memory of a connection does not fail.
        self.connection.writer().write_vectored(pieces).unwrap_or(0)
    }

    fn finish(&mut self) {
        self.connection.send_close_notify();
    }

    fn take_outgoing(&mut self, bytes: &mut Vec<u8>) {
        while self.connection.wants_write() {
            if self.connection.write_tls(bytes).is_err() {
                return;
            }
        }
    }

    fn is_established(&self) -> bool {
        self.established
    }
}

/// Returns what an error means. The judgement of a [`Client`](super::Client) on a key comes through rustls.
fn meaning(error: Error) -> SecurityError {
    if let Error::InvalidCertificate(CertificateError::Other(OtherError(ref other))) = error
        && let Some(judgement) = other.downcast_ref::<SecurityError>()
    {
        return judgement.clone();
    }
    SecurityError::Failed(error.to_string())
}

/// Packs a judgement into an error of rustls.
pub(super) fn judged(judgement: SecurityError) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(judgement))))
}
