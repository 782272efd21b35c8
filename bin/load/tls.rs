//! TLS of the clients. They do not check who the server is: the tool measures, and sends no secrets.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use mio::net::TcpStream;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

use crate::failure::Failure;

/// Begins the sessions of clients.
#[derive(Debug, Clone)]
pub(crate) struct Tls(Arc<ClientConfig>);

impl Tls {
    /// The settings that all clients share.
    ///
    /// # Errors
    /// When the library does not accept them.
    pub(crate) fn new() -> Result<Tls, Failure> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|error| Failure::Broken(format!("cannot use TLS: {error}")))?;
        let config = builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Anyone(provider)))
            .with_no_client_auth();
        Ok(Tls(Arc::new(config)))
    }

    /// Begins a session.
    pub(crate) fn session(&self) -> io::Result<Session> {
        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let connection = ClientConnection::new(Arc::clone(&self.0), name);
        let mut connection = connection.map_err(io::Error::other)?;
        connection.set_buffer_limit(None);
        Ok(Session(connection))
    }
}

/// The session of one client.
#[derive(Debug)]
pub(crate) struct Session(ClientConnection);

impl Session {
    /// Continues the handshake as far as the socket allows. Returns whether it is over.
    pub(crate) fn shake_hands(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        loop {
            self.flush(stream)?;
            if !self.0.is_handshaking() {
                return Ok(!self.0.wants_write());
            }
            match self.0.read_tls(stream) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(_) => {
                    self.0.process_new_packets().map_err(io::Error::other)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// Encrypts bytes, and writes as many as the system accepts.
    pub(crate) fn send(&mut self, stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
        self.0.writer().write_all(bytes)?;
        self.flush(stream)
    }

    /// Writes encrypted bytes for which the system had no room before.
    pub(crate) fn flush(&mut self, stream: &mut TcpStream) -> io::Result<()> {
        while self.0.wants_write() {
            match self.0.write_tls(stream) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads until the buffer is full or the socket has no more bytes. Returns `None` if no bytes have
    /// arrived, and 0 at the end of the stream. `encrypted` is memory for the bytes of the socket.
    pub(crate) fn read(
        &mut self,
        stream: &mut TcpStream,
        buffer: &mut [u8],
        encrypted: &mut [u8],
    ) -> io::Result<Option<usize>> {
        // A part of the memory holds bytes that the session has not taken yet.
        let (mut filled, mut begin, mut end) = (0, 0, 0);
        loop {
            let (_, free) = buffer.split_at_mut(filled);
            match self.0.reader().read(free) {
                // The end, or a full buffer; then the session has room for what is left.
                Ok(0) if begin == end => return Ok(Some(filled)),
                Ok(0) => {}
                Ok(length) => {
                    filled += length;
                    continue;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
            if begin == end {
                match stream.read(encrypted) {
                    Ok(0) => return Ok(Some(filled)),
                    Ok(length) => (begin, end) = (0, length),
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {
                        return Ok((filled > 0).then_some(filled));
                    }
                    Err(error) => return Err(error),
                }
            }
            let mut rest = encrypted.get(begin..end).unwrap_or_default();
            self.0.read_tls(&mut rest)?;
            begin = end - rest.len();
            self.0.process_new_packets().map_err(io::Error::other)?;
        }
    }
}

/// Trusts every server. It checks that the server has the key of its certificate, as real clients do.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        unreachable!("the clients speak TLS 1.3 only")
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
