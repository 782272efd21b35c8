//! The server of a conversation: its address, and whether the connection is encrypted.

use std::time::Duration;

use parse::tls::{Client, Trust};
use parse::{ConnectError, Fingerprint, Limits, Link, SecurityError};

use crate::known;

/// The time limit for connecting.
const CONNECT: Duration = Duration::from_secs(10);

/// A server, and how the client connects to it.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    /// `HOST:PORT`.
    pub(crate) target: String,
    /// What encrypts the connection.
    tls: Option<Client>,
}

impl Server {
    /// A server without encryption.
    pub(crate) fn plain(target: &str) -> Server {
        Server { target: target.to_owned(), tls: None }
    }

    /// A server with TLS. It must have the key in `only`, if that is given.
    ///
    /// # Errors
    /// A line that says why the file with the known keys cannot be used.
    pub(crate) fn secured(target: &str, only: Option<Fingerprint>) -> Result<Server, String> {
        let trust = match only {
            Some(key) => Trust::Key(key),
            None => Trust::Authorities { known: known::find(target)? },
        };
        Ok(Server { target: target.to_owned(), tls: Some(Client::new(trust)) })
    }

    /// Trusts a key for this server from now on.
    ///
    /// # Errors
    /// A line that says why the key cannot be remembered.
    pub(crate) fn trust(&mut self, key: Fingerprint) -> Result<(), String> {
        known::remember(&self.target, key)?;
        self.tls = Some(Client::new(Trust::Authorities { known: Some(key) }));
        Ok(())
    }

    /// Connects.
    ///
    /// # Errors
    /// When the server cannot be reached, or is not the one that the client trusts.
    pub(crate) fn connect(&self) -> Result<Link, ConnectError> {
        let (target, limits) = (&self.target, Limits::default());
        match &self.tls {
            None => Link::connect(target, CONNECT, limits),
            Some(tls) => {
                let session = tls
                    .connect(target)
                    .map_err(|source| ConnectError::Insecure { target: target.clone(), source })?;
                Link::connect_secured(target, CONNECT, limits, session)
            }
        }
    }

    /// A hint for a person if the server closes the connection without a word: a server with TLS does so.
    pub(crate) fn hint(&self) -> Option<String> {
        self.tls.is_none().then(|| format!("; does {} want --tls?", self.target))
    }

    /// Whether others can read what is sent over this connection: it is not encrypted, and leaves the
    /// machine.
    pub(crate) fn is_exposed(&self, link: &Link) -> bool {
        let address = link.sender.address();
        self.tls.is_none()
            && address.is_some_and(|address| !address.ip().to_canonical().is_loopback())
    }
}

/// Whether an attempt failed because of the server's key. Then a second attempt would fail, too.
pub(crate) fn is_about_key(error: &ConnectError) -> bool {
    let ConnectError::Insecure { source, .. } = error else { return false };
    matches!(
        source,
        SecurityError::UnknownKey { .. }
            | SecurityError::ChangedKey { .. }
            | SecurityError::WrongKey { .. }
    )
}

/// The text of an error, with what the person can do.
pub(crate) fn explain(error: &ConnectError) -> String {
    let ConnectError::Insecure { target, source } = error else { return error.to_string() };
    match source {
        SecurityError::UnknownKey { key, why } => format!(
            "cannot connect to {target}: its key is not known, and no authority vouches for it ({why}). \
             Nothing was sent. The key is {key}, in words: {}. If the operator of the server confirms \
             it, connect once at a terminal and answer yes, or use --tls-fingerprint {key}",
            key.words()
        ),
        SecurityError::ChangedKey { key, known } => format!(
            "cannot connect to {target}: its key is another one than before, so someone may want to read \
             along. Nothing was sent. The key is {key}, in words: {}. It was {known}, in words: {}. If the \
             operator of the server confirms the new key, {}",
            key.words(),
            known.words(),
            remedy(target)
        ),
        SecurityError::WrongKey { key, wanted } => format!(
            "cannot connect to {target}: its key is another one than --tls-fingerprint says. Nothing was \
             sent. The key is {key}, in words: {}. The option says {wanted}, in words: {}",
            key.words(),
            wanted.words()
        ),
        SecurityError::Foreign(_) => format!("{error}; without --tls it may answer"),
        SecurityError::Failed(_) | SecurityError::HungUp => {
            format!("{error}; does {target} speak TLS?")
        }
        _ => error.to_string(),
    }
}

/// What helps after the key of a server has changed.
fn remedy(target: &str) -> String {
    match known::place() {
        Some(file) => format!("remove the line of {target} from {}", file.display()),
        None => "use --tls-fingerprint with it".to_owned(),
    }
}
