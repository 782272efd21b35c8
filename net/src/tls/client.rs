//! The client's side: whom it trusts.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::session::{Tls, judged};
use super::{fingerprint, provider};
use crate::{Fingerprint, SecurityError, Session};

/// The servers that a client trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// A server with this key, and no other.
    Key(Fingerprint),
    /// A server whose certificate is valid for its name, by the authorities that this machine trusts; or
    /// else the server with the known key.
    Authorities {
        /// The key that the user has accepted earlier.
        known: Option<Fingerprint>,
    },
}

/// Encrypts the connection of a [`Link`](crate::Link).
#[derive(Debug, Clone)]
pub struct Client {
    config: Arc<ClientConfig>,
}

impl Client {
    /// Creates a client that trusts these servers. With [`Trust::Authorities`] it reads the certificates
    /// of the machine's authorities; if there are none, only the known key counts.
    pub fn new(trust: Trust) -> Client {
        let provider = provider();
        let authorities = match trust {
            Trust::Key(_) => None,
            Trust::Authorities { .. } => authorities(&provider),
        };
        let verifier = Verifier { trust, authorities, provider: Arc::clone(&provider) };
        #[expect(clippy::expect_used, reason = "the provider supports TLS 1.3")]
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("the settings are right");
        let config = builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Client { config: Arc::new(config) }
    }

    /// Begins a session with the host of `target`, which is `HOST:PORT`.
    ///
    /// # Errors
    /// When the host is not a name that a certificate can be valid for.
    pub fn connect(&self, target: &str) -> Result<Box<dyn Session>, SecurityError> {
        let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
        let host = host.trim_matches(['[', ']']);
        // A zone says which network an address is in, and is no part of it.
        let address = host.split('%').next().unwrap_or(host).parse::<IpAddr>();
        let name = match address {
            Ok(address) => ServerName::from(address),
            Err(_) => ServerName::try_from(host.to_owned())
                .map_err(|error| SecurityError::Failed(format!("{host:?}: {error}")))?,
        };
        let connection = ClientConnection::new(Arc::clone(&self.config), name)
            .map_err(|error| SecurityError::Failed(error.to_string()))?;
        Ok(Box::new(Tls::new(connection)))
    }
}

/// Returns the judge of certificates, by the authorities that the system trusts.
fn authorities(provider: &Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    // Some certificates of a system may be too old to be read; the others count.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let builder =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    // Fails only without any root.
    builder.build().ok()
}

/// Judges the key of a server during the handshake, before the client sends anything that matters.
struct Verifier {
    trust: Trust,
    authorities: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    /// Judges a key for which no authority vouches, for this reason.
    fn judge(&self, key: Fingerprint, why: &str) -> Result<ServerCertVerified, Error> {
        match self.trust {
            Trust::Key(trusted) | Trust::Authorities { known: Some(trusted) } if key == trusted => {
                Ok(ServerCertVerified::assertion())
            }
            Trust::Key(wanted) => Err(judged(SecurityError::WrongKey { key, wanted })),
            Trust::Authorities { known: Some(known) } => {
                Err(judged(SecurityError::ChangedKey { key, known }))
            }
            Trust::Authorities { known: None } => {
                Err(judged(SecurityError::UnknownKey { key, why: why.to_owned() }))
            }
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let key = fingerprint(end_entity)?;
        let Some(authorities) = &self.authorities else {
            return self.judge(key, "this machine trusts no authority");
        };
        authorities
            .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
            .or_else(|error| self.judge(key, &error.to_string()))
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        unreachable!("the client speaks TLS 1.3 only")
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier").field("trust", &self.trust).finish_non_exhaustive()
    }
}
