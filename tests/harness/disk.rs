//! Servers with a data file, which is deleted when the server is dropped.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{Server, server};

/// The password of the administrator that [`Server::add_root`] creates.
pub const ROOTS_PASSWORD: &str = "correct horse";

/// Writes a file that only its owner can read.
///
/// # Panics
/// If the file cannot be written.
pub fn write_private(file: &Path, text: &str) {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(file).unwrap().write_all(text.as_bytes()).unwrap();
}

impl Server {
    /// Starts a server as [`Server::start`] does, on the default engine and with a data file.
    pub fn start_on_disk(arguments: &[&str]) -> Server {
        Server::start_on_disk_with("events", arguments)
    }

    /// Starts a server as [`Server::start`] does, with a data file.
    pub fn start_on_disk_with(engine: &str, arguments: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.db");
        let file = ["--data", file.to_str().unwrap()];
        let mut server = Server::start(engine, &[&file, arguments].concat());
        server.folder = Some(folder);
        server
    }

    /// Creates the account `root`, an administrator with the password [`ROOTS_PASSWORD`], in the data
    /// file or in the log on Redis.
    pub fn add_root(&self) {
        let password = self.file().with_file_name("password-of-root");
        write_private(&password, ROOTS_PASSWORD);
        let mut account = server();
        account.args(["account", "add", "root", "--admin"]);
        match &self.redis {
            Some(redis) => account.args(["--shared", &redis.url("story")]),
            None => account.arg("--data").arg(self.file()),
        };
        account.arg("--password-file").arg(password).stdout(Stdio::null());
        assert!(account.status().unwrap().success());
    }

    /// The path of the data file.
    pub fn file(&self) -> PathBuf {
        self.folder.as_ref().expect("a server started by start_on_disk").path().join("data.db")
    }
}
