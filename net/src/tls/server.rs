//! The server's certificate and key, and the sessions that show them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{NoServerSessionStorage, ServerConnection};

use super::session::Tls;
use super::{fingerprint, provider};
use crate::sync::lock;
use crate::{Fingerprint, Security, Session};

/// The reason why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// A file cannot be read, or is not in the format PEM.
    #[error("cannot read {}: {reason}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the system or the parser says.
        reason: String,
    },
    /// A file does not contain what it should.
    #[error("{} contains no {what}", file.display())]
    Missing {
        /// The file.
        file: PathBuf,
        /// The thing that is not there.
        what: &'static str,
    },
    /// The two do not belong together, or are of a kind that is not supported.
    #[error("cannot use the certificate {} with the key {}: {reason}", certificate.display(), key.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
        /// The reason.
        reason: String,
    },
}

/// A server's certificate and key. All listeners that encrypt share it.
pub struct Server {
    certificate: PathBuf,
    key: PathBuf,
    current: Mutex<(Arc<ServerConfig>, Fingerprint)>,
    prepare_thread: fn(),
}

impl Server {
    /// Reads a certificate, with those of its authorities after it, and its key, from two files in the
    /// format PEM. Each thread for handshakes calls `prepare_thread` once.
    ///
    /// # Errors
    /// When a file cannot be read, or the two cannot be used together.
    pub fn read(
        certificate: &Path,
        key: &Path,
        prepare_thread: fn(),
    ) -> Result<Server, IdentityError> {
        let current = Mutex::new(read(certificate, key)?);
        Ok(Server { certificate: certificate.into(), key: key.into(), current, prepare_thread })
    }

    /// Reads the two files anew, for the connections that follow. Returns the fingerprint of the key.
    ///
    /// # Errors
    /// Those of [`read`](Server::read). Then the old certificate and key stay.
    pub fn read_anew(&self) -> Result<Fingerprint, IdentityError> {
        let new = read(&self.certificate, &self.key)?;
        let fingerprint = new.1;
        *lock(&self.current) = new;
        Ok(fingerprint)
    }

    /// Returns the fingerprint of the key.
    pub fn fingerprint(&self) -> Fingerprint {
        lock(&self.current).1
    }
}

impl Security for Server {
    fn accept(&self) -> Box<dyn Session> {
        let config = Arc::clone(&lock(&self.current).0);
        #[expect(clippy::expect_used, reason = "`read` has made a connection with these settings")]
        let connection = ServerConnection::new(config).expect("the settings are right");
        Box::new(Tls::new(connection))
    }

    fn prepare_thread(&self) {
        (self.prepare_thread)();
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

fn read(certificate: &Path, key: &Path) -> Result<(Arc<ServerConfig>, Fingerprint), IdentityError> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<CertificateDer<'static>>, pem::Error>>)
        .map_err(|error| unreadable(certificate, &error))?;
    let Some(first) = chain.first().cloned() else {
        return Err(IdentityError::Missing { file: certificate.into(), what: "certificate" });
    };
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            IdentityError::Missing { file: key.into(), what: "private key without a passphrase" }
        }
        error => unreadable(key, &error),
    })?;
    let unusable = |error: rustls::Error| IdentityError::Unusable {
        certificate: certificate.into(),
        key: key.into(),
        reason: error.to_string(),
    };
    let fingerprint = fingerprint(&first).map_err(unusable)?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .map_err(unusable)?;
    // A chat connects seldom and stays: to resume a session would save little, and cost memory.
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    let config = Arc::new(config);
    ServerConnection::new(Arc::clone(&config)).map_err(unusable)?;
    Ok((config, fingerprint))
}

fn unreadable(file: &Path, error: &pem::Error) -> IdentityError {
    let reason = match error {
        pem::Error::Io(error) => error.to_string(),
        error => format!("it is no PEM file: {error}"),
    };
    IdentityError::Unreadable { file: file.into(), reason }
}
