//! The programs of the workspace, as Cargo builds them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The root of the workspace.
pub fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// Returns the path of a program that is as new as its sources.
///
/// Cargo builds only the programs of the package under test: `cargo test -p grade` does not build
/// the server. So this function builds a program that is missing or older than a source. Cargo leaves a
/// program as it is if the newer source is of another program, so a file beside it has the time of the
/// last build. Otherwise each test would call Cargo, in the middle of its story.
///
/// # Panics
/// If the program cannot be built.
pub fn program(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let folder = test.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
    let program = folder.join(name);
    let stamp = folder.join(format!(".{name}-built"));
    if !program.exists() || is_stale(&program, name) && is_stale(&stamp, name) {
        let began = SystemTime::now();
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["build", "--quiet", "--bin", name]).current_dir(workspace());
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo runs").success(), "cannot build {name}");
        let file = File::create(&stamp).expect("the folder of the programs is writable");
        file.set_modified(began).expect("a file has a time");
    }
    program
}

/// Whether a file is missing or older than a source of this program.
fn is_stale(file: &Path, program: &str) -> bool {
    let Ok(built) = file.metadata().and_then(|file| file.modified()) else { return true };
    let sources: &[&str] = match program {
        "grade" => &["bin/grade", "bin/transcript", "bin/shared", "bin/inspect/page"],
        "server" => &["net/src", "parse/src", "app/src", "bin/server", "bin/shared"],
        "client" => &["net/src", "parse/src", "app/src", "bin/client", "bin/shared"],
        _ => panic!("the sources of {program} are not known"),
    };
    sources.iter().any(|folder| is_newer(&workspace().join(folder), built))
}

fn is_newer(path: &Path, than: SystemTime) -> bool {
    match path.read_dir() {
        Ok(entries) => entries.flatten().any(|entry| is_newer(&entry.path(), than)),
        Err(_) => path.metadata().and_then(|file| file.modified()).is_ok_and(|at| at > than),
    }
}
