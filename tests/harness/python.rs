//! Python, for servers and tools of the tests that are written in it.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the path of a Python 3 that can import these modules, such as `sys, json`.
///
/// In a version manager, `python3` is a script that starts some forty programs before the interpreter.
/// So this function prefers an interpreter, and asks a script only for the interpreter behind it.
pub fn python(modules: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let all = std::env::split_paths(&path).map(|folder| folder.join("python3"));
    let mut all: Vec<PathBuf> = all.filter(|file| file.is_file()).collect();
    all.sort_by_key(|file| is_script(file));
    all.iter().find_map(|python| interpreter(python, modules))
}

fn is_script(file: &Path) -> bool {
    let mut start = [0; 2];
    File::open(file).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *b"#!"
}

/// The interpreter's own path, if it can import the modules.
fn interpreter(python: &Path, modules: &str) -> Option<PathBuf> {
    let question = format!("import {modules}; import sys; print(sys.executable)");
    let asked = Command::new(python).args(["-I", "-S", "-c", &question]).output().ok()?;
    let path = String::from_utf8(asked.stdout).ok().filter(|_| asked.status.success())?;
    Some(path.trim().into())
}

/// A value of `PATH` with which `python3` is this interpreter.
pub fn path_with(python: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let first = python.parent().map(Path::to_owned);
    let folders = first.into_iter().chain(std::env::split_paths(&path));
    std::env::join_paths(folders).expect("a path from PATH has no colon")
}
