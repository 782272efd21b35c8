//! The disk under a server. After a kill it holds everything that was written; after a power cut it
//! holds only synced data.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::chance::Chance;
use harness::{Server, server, with_usual};

/// The smallest unit that a disk writes: a sector.
const BLOCK: usize = 512;

/// The files of a folder, by name.
type Files = BTreeMap<String, Vec<u8>>;

/// A folder for the data of a server that can imitate a power cut.
pub(crate) struct Disk {
    /// The parent of all folders below. It is deleted when this is dropped.
    folder: TempDir,
    /// The library that is preloaded into the server and records its syncs.
    library: Option<PathBuf>,
}

impl Disk {
    /// A disk that keeps everything that was written.
    pub(crate) fn that_remembers() -> Disk {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk { folder, library: None };
        fs::create_dir(disk.data()).unwrap();
        disk
    }

    /// A disk that loses unsynced data in [`Disk::fails`].
    pub(crate) fn that_forgets() -> Disk {
        let mut disk = Disk::that_remembers();
        fs::create_dir(disk.notes()).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/survival/forgetful.c");
        let library = disk.folder.path().join("forgetful.so");
        let mut compiler = Command::new(std::env::var_os("CC").unwrap_or("cc".into()));
        compiler.args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-pthread", "-o"]);
        let compiled = compiler.arg(&library).arg(source).status().expect("a C compiler runs");
        assert!(compiled.success());
        disk.library = Some(library);
        disk
    }

    /// Starts a server on this disk.
    pub(crate) fn start(&self, engine: &str) -> Server {
        Server::run(self.server(engine), 1)
    }

    /// Starts a server on this disk and kills it after this time, ready or not.
    pub(crate) fn start_and_kill(&self, moment: Duration) {
        let mut command = self.server("events");
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (_open, nothing) = std::sync::mpsc::sync_channel::<()>(0);
        let _ = nothing.recv_timeout(moment);
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn server(&self, engine: &str) -> Command {
        let file = self.data().join("server.db");
        let mut command = server();
        command.args(with_usual(engine, &["--data", file.to_str().unwrap()]));
        if let Some(library) = &self.library {
            command.env("LD_PRELOAD", library);
            // The library compares this with the paths of open files, which contain no links.
            command.env("FORGETFUL_OF", self.data().canonicalize().unwrap());
            command.env("FORGETFUL_DIR", self.notes());
        }
        command
    }

    /// Imitates a power cut, on a disk that loses unsynced data: discards all unsynced data or a random
    /// part.
    pub(crate) fn fails(&self, chance: &mut Chance) {
        if self.library.is_none() {
            return;
        }
        let synced = self.synced();
        let left = match chance.coin() {
            true => synced,
            false => mixed(&synced, &files(&self.data()), chance),
        };
        // Everything that is left counts as synced from now on.
        for folder in [self.data(), self.notes()] {
            fs::remove_dir_all(&folder).unwrap();
            fs::create_dir(&folder).unwrap();
        }
        for (name, content) in &left {
            fs::write(self.data().join(name), content).unwrap();
            fs::write(self.notes().join(format!("content-{name}")), content).unwrap();
        }
        let names: String = left.keys().map(|name| format!("{name}\n")).collect();
        fs::write(self.notes().join("names"), names).unwrap();
    }

    /// The files that the folder contained at its last sync, each with its content at the last sync of
    /// the file.
    fn synced(&self) -> Files {
        // The notes are missing if the server was killed before its first sync.
        let names = fs::read_to_string(self.notes().join("names")).unwrap_or_default();
        let content = |name| fs::read(self.notes().join(format!("content-{name}")));
        names
            .lines()
            .filter(|name| is_on_disk(name))
            .map(|name| (name.to_owned(), content(name).unwrap_or_default()))
            .collect()
    }

    /// Keeps the folder when this is dropped. Returns its path.
    pub(crate) fn keep(&mut self) -> String {
        self.folder.disable_cleanup(true);
        self.folder.path().display().to_string()
    }

    /// The folder of the data file.
    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The folder in which the library records synced files.
    fn notes(&self) -> PathBuf {
        self.folder.path().join("notes")
    }
}

/// Whether a disk keeps a file. SQLite's `-shm` is memory that processes share.
fn is_on_disk(name: &str) -> bool {
    !name.ends_with("-shm")
}

fn files(folder: &Path) -> Files {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let named = entries.map(|entry| (entry.file_name().into_string().unwrap(), entry.path()));
    named
        .filter(|(name, _)| is_on_disk(name))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect()
}

/// Mixes two states of the files. Each difference is taken at random from the synced state or from the
/// written state.
fn mixed(synced: &Files, written: &Files, chance: &mut Chance) -> Files {
    let names: BTreeSet<&String> = synced.keys().chain(written.keys()).collect();
    let mut left = Files::new();
    for name in names {
        let (old, new) = (synced.get(name), written.get(name));
        let there = if chance.coin() { old } else { new };
        if there.is_none() {
            continue;
        }
        let (old, new) = (old.map_or(&[][..], Vec::as_slice), new.map_or(&[][..], Vec::as_slice));
        let length = if chance.coin() { old.len() } else { new.len() };
        let mut content = vec![0; length];
        for (index, block) in content.chunks_mut(BLOCK).enumerate() {
            let from = if chance.coin() { old } else { new };
            let from = from.get(index * BLOCK..).unwrap_or_default();
            let length = from.len().min(block.len());
            block[..length].copy_from_slice(&from[..length]);
        }
        left.insert(name.clone(), content);
    }
    left
}
