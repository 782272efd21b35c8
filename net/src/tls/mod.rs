//! TLS 1.3, with rustls: what a server shows, what a client trusts, and the sessions of both.
//!
//! - [`Server`] encrypts the connections of a listener with a certificate and its key, which can be read
//!   anew while it runs.
//! - [`Client`] encrypts the connection of a [`Link`](crate::Link), and ends the handshake before anything
//!   is sent if it does not [`Trust`] the server's key.
//! - [`self_signed`] makes a certificate for a server that no authority vouches for.
//!
//! Older versions of TLS are left out. TLS 1.3 alone ends the two directions one by one, as TCP does, so a
//! client that has sent everything (`printf … | client`) still gets its answers.

mod certificate;
mod client;
mod server;
mod session;

pub use certificate::{Pair, self_signed};
pub use client::{Client, Trust};
pub use server::{IdentityError, Server};

use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::CertificateDer;
use rustls::server::ParsedCertificate;

use crate::Fingerprint;

/// Returns the cryptography that both sides use.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

/// Returns the fingerprint of the key in a certificate.
fn fingerprint(certificate: &CertificateDer<'_>) -> Result<Fingerprint, rustls::Error> {
    let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, key.as_ref()).as_ref());
    Ok(Fingerprint::new(bytes))
}

#[cfg(test)]
mod tests;
