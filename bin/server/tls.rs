//! TLS: the listeners that encrypt, and their certificate and key.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parse::{Listen, Security, tls};

/// The beginning of the dialect in `--listen`, for a listener that encrypts.
const PREFIX: &str = "tls";

/// The certificate, its key, and the listeners that use them.
pub(crate) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    /// The indices of the listeners.
    listeners: Vec<usize>,
}

/// Returns the dialect of a listener, and whether the listener encrypts: `tls:json` is `json` over TLS, and
/// `tls` is the default dialect over it.
pub(crate) fn split<'a>(dialect: &'a str, default: &'a str) -> (&'a str, bool) {
    match dialect.strip_prefix(PREFIX) {
        Some("") => (default, true),
        Some(rest) => rest.strip_prefix(':').map_or((dialect, false), |dialect| (dialect, true)),
        None => (dialect, false),
    }
}

/// Shows the dialect of a listener as `--listen` takes it.
pub(crate) fn joined(dialect: &str, is_secured: bool) -> String {
    if is_secured { format!("{PREFIX}:{dialect}") } else { dialect.to_owned() }
}

impl Tls {
    /// Checks the options about TLS. Some of the listeners, those with these indices, encrypt.
    ///
    /// # Errors
    /// One line that names the missing option.
    pub(crate) fn decide(
        certificate: Option<PathBuf>,
        key: Option<PathBuf>,
        listeners: Vec<usize>,
    ) -> Result<Option<Tls>, String> {
        match (certificate, key) {
            (None, None) if listeners.is_empty() => Ok(None),
            (Some(_), Some(_)) if listeners.is_empty() => Err(format!(
                "--tls-cert and --tls-key need a listener: --listen {PREFIX}:auto=0.0.0.0:49513"
            )),
            (Some(certificate), Some(key)) => Ok(Some(Tls { certificate, key, listeners })),
            _ => Err("a listener for TLS needs --tls-cert FILE and --tls-key FILE; \
                      `server cert --out DIR` makes both"
                .to_owned()),
        }
    }

    /// Reads the two files, and makes the listeners encrypt.
    ///
    /// # Errors
    /// One line that names the file and the error.
    pub(crate) fn open(
        self,
        listeners: &mut [Listen],
        prepare_thread: fn(),
    ) -> Result<Arc<tls::Server>, String> {
        let server = tls::Server::read(&self.certificate, &self.key, prepare_thread)
            .map(Arc::new)
            .map_err(|error| error.to_string())?;
        // Only of a key that is one: `chmod 600` would lock the user out of a folder.
        if let Some(warning) = warning(&self.key) {
            tracing::warn!("{warning}");
        }
        for (index, listener) in listeners.iter_mut().enumerate() {
            if self.listeners.contains(&index) {
                listener.security = Some(Arc::clone(&server) as Arc<dyn Security>);
            }
        }
        let key = server.fingerprint();
        tracing::info!(%key, words = key.words(), "TLS");
        Ok(server)
    }
}

/// Reads the certificate and the key anew, for the connections that follow.
pub(crate) fn read_anew(server: &tls::Server) {
    match server.read_anew() {
        Ok(key) => {
            tracing::info!(%key, words = key.words(), "read the TLS certificate and its key anew");
        }
        Err(error) => tracing::error!("kept the old TLS certificate: {error}"),
    }
}

/// Returns a warning if other users can read or change the key.
fn warning(key: &Path) -> Option<String> {
    let mode = fs::metadata(key).ok()?.permissions().mode() & 0o777;
    let path = key.display();
    (mode & 0o066 != 0).then(|| {
        format!(
            "other users can use the TLS key {path} (mode {mode:04o}); \
             chmod 600 {path} keeps them out"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_encrypts_if_its_dialect_says_so() {
        for (dialect, want) in [
            ("json", ("json", false)),
            ("tls:json", ("json", true)),
            ("tls:plain:colour=off", ("plain:colour=off", true)),
            ("tls", ("auto", true)),
            ("tlsx", ("tlsx", false)),
        ] {
            assert_eq!(split(dialect, "auto"), want);
        }
        assert_eq!(split(&joined("json", true), "auto"), ("json", true));
        assert_eq!(split(&joined("json", false), "auto"), ("json", false));
    }

    #[test]
    fn a_listener_and_its_files_need_each_other() {
        let file = || Some(PathBuf::from("file"));
        let decide = |certificate, key, listeners| Tls::decide(certificate, key, listeners);
        assert!(decide(None, None, vec![]).unwrap().is_none());
        assert!(decide(file(), file(), vec![0]).unwrap().is_some());
        for (certificate, key, listeners) in [
            (None, None, vec![0]),
            (file(), None, vec![0]),
            (None, file(), vec![]),
            (file(), None, vec![]),
        ] {
            let error = decide(certificate, key, listeners).err().unwrap();
            assert!(error.contains("needs --tls-cert FILE and --tls-key FILE"), "{error}");
        }
        let error = decide(file(), file(), vec![]).err().unwrap();
        assert!(error.contains("need a listener: --listen tls:auto="), "{error}");
    }
}
