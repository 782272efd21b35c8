//! `server cert`: makes a certificate that no authority has signed, and its key.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use parse::tls;

use crate::exit::{REFUSED, fail};

/// The names of the two files.
const CERTIFICATE: &str = "cert.pem";
const KEY: &str = "key.pem";

/// Make a certificate for TLS that no authority has signed, and its key
///
/// Clients ask their user whether the key is the right one, and show its fingerprint. So give people
/// the fingerprint that this command prints, in a way that you trust.
#[derive(Debug, Args)]
pub(crate) struct Cert {
    /// A name or an address of the server; repeat the flag for several [default: the name of the
    /// machine, and localhost]
    #[arg(long = "name", value_name = "HOST")]
    names: Vec<String>,

    /// The folder for cert.pem and key.pem, which is created if it is missing. Existing files stay
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the subcommand; returns the exit code.
pub(crate) fn run(cert: Cert) -> ExitCode {
    match make(cert) {
        Ok(done) => {
            // A reader that closes the pipe early does not make the command fail.
            let _ = writeln!(io::stdout(), "{done}");
            ExitCode::SUCCESS
        }
        Err(error) => fail(REFUSED, &error),
    }
}

fn make(Cert { names, out }: Cert) -> Result<String, String> {
    let (certificate, key) = (out.join(CERTIFICATE), out.join(KEY));
    if let Some(existing) = [&certificate, &key].into_iter().find(|file| file.exists()) {
        return Err(exists(existing));
    }
    let names = if names.is_empty() { default_names() } else { names };
    let pair = tls::self_signed(&names)
        .map_err(|error| format!("cannot make a certificate for {}: {error}", names.join(", ")))?;
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&out)
        .map_err(|error| format!("cannot create the folder {}: {error}", out.display()))?;
    // The key first: a certificate without its key would look as if it could be used.
    write(&key, &pair.key, 0o600)?;
    write(&certificate, &pair.certificate, 0o644)?;
    let (certificate, key) = (certificate.display(), key.display());
    Ok(format!(
        "certificate   {certificate}, for {}\n\
         key           {key}; nobody else may have it\n\
         fingerprint   {}\n\
         in words      {}\n\n\
         server --listen tls:auto=0.0.0.0:49513 --tls-cert {certificate} --tls-key {key}",
        names.join(", "),
        pair.fingerprint,
        pair.fingerprint.words(),
    ))
}

/// The names of this machine.
fn default_names() -> Vec<String> {
    let system = rustix::system::uname();
    let machine = system.nodename().to_string_lossy().into_owned();
    let mut names = vec![machine, "localhost".to_owned()];
    names.dedup();
    names
}

/// Writes a new file.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), String> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(|error| {
            match error.kind() {
                ErrorKind::AlreadyExists => exists(path),
                _ => format!("cannot write {}: {error}", path.display()),
            }
        })?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn exists(path: &Path) -> String {
    let path = path.display();
    format!(
        "{path} exists; move it away, or choose another folder: a new key is one that no client knows"
    )
}
