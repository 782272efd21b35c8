//! A certificate that no authority has signed.

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::fingerprint;
use crate::Fingerprint;

/// A new certificate and its key.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The certificate, in the format PEM.
    pub certificate: String,
    /// The private key, in the format PEM.
    pub key: String,
    /// The fingerprint of the key.
    pub fingerprint: Fingerprint,
}

/// Makes a key and a certificate for these names and addresses of a server, signed by itself. It does not
/// expire: a client that trusts it has compared its key.
///
/// # Errors
/// When a name cannot stand in a certificate, or the system has no random bytes.
pub fn self_signed(names: &[String]) -> Result<Pair, String> {
    let failed = |error: rcgen::Error| error.to_string();
    let mut parameters = CertificateParams::new(names).map_err(failed)?;
    parameters.distinguished_name.push(DnType::CommonName, "Strata");
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = parameters.self_signed(&key).map_err(failed)?.pem();
    let parsed = CertificateDer::from_pem_slice(certificate.as_bytes());
    let parsed = parsed.map_err(|error| error.to_string())?;
    let fingerprint = fingerprint(&parsed).map_err(|error| error.to_string())?;
    Ok(Pair { certificate, key: key.serialize_pem(), fingerprint })
}
