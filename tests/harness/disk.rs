//! Servers that keep everything in a file, which ends with the test.

use std::path::PathBuf;
use std::process::Stdio;

use super::{Server, server};

/// The password of the administrator that [`Server::add_root`] makes.
pub const ROOTS_PASSWORD: &str = "correct horse";

impl Server {
    /// Starts one as `start` does, that keeps everything in a file.
    pub fn start_on_disk(arguments: &[&str]) -> Server {
        Server::start_on_disk_with("events", arguments)
    }

    /// The same, on this engine.
    pub fn start_on_disk_with(engine: &str, arguments: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("data.db");
        let file = ["--data", file.to_str().unwrap()];
        let mut server = Server::start(engine, &[&file, arguments].concat());
        server.folder = Some(folder);
        server
    }

    /// Makes an account `root` that may administer.
    pub fn add_root(&self) {
        let password = self.file().with_file_name("password-of-root");
        std::fs::write(&password, ROOTS_PASSWORD).unwrap();
        let mut account = server();
        account.args(["account", "add", "root", "--admin", "--data"]).arg(self.file());
        account.arg("--password-file").arg(password).stdout(Stdio::null());
        assert!(account.status().unwrap().success());
    }

    /// The file in which it keeps everything.
    pub fn file(&self) -> PathBuf {
        self.folder.as_ref().expect("a server that was started on a disk").path().join("data.db")
    }
}
