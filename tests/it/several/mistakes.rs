//! The storm finds mistakes that are planted into a copy of the server.
//!
//! The diffs in `tests/storm/mistakes` change the sources such that the server makes the mistake that
//! the variable `STRATA_MISTAKE` names. One build serves all mistakes, and no server that people run
//! contains them.
//!
//! ```console
//! $ STRATA_MISTAKES=all cargo test --test it several::mistakes
//! ```

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::overlay::{copy, lay_over, paths, write};

/// The planted mistakes, and what each does.
const MISTAKES: [(&str, &str); 4] = [
    ("epoch", "appends although the server was declared gone"),
    ("newest", "asks for the newest entries after an empty read"),
    ("broadcast", "grants a name before the log has ordered the login"),
    ("sequence", "appends a draft again whose reply was lost"),
];
/// The parts of the append script that the server with mistakes replaces while it runs. That its sources
/// build does not show whether they are there.
const REPLACED: [&str; 3] = [
    "if redis.call('HEXISTS', live, epoch) == 0 then return 0 end\nlocal seen =",
    "redis.call('HGET', seqs, epoch)",
    "if seq > seen then",
];
/// The storms within which each has to be found.
const RUNS: usize = 3;
/// The parts of the workspace that the server needs, or that its manifest names.
const PARTS: [&str; 5] = ["net", "parse", "app", "bin", "tests/harness"];

/// Copies the workspace and plants the mistakes. Returns the folder of the copy.
fn plant() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let planted = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mistakes");
    let mistakes = root.join("tests/storm/mistakes");
    // The overlay writes these files.
    let files: Vec<PathBuf> = paths(&mistakes).iter().map(|path| root.join(path)).collect();
    for part in PARTS {
        copy(&root.join(part), &planted.join(part), &files);
    }
    for file in ["Cargo.toml", "Cargo.lock", "tests/it/main.rs"] {
        std::fs::create_dir_all(planted.join(file).parent().unwrap()).unwrap();
        write(&planted.join(file), &std::fs::read(root.join(file)).unwrap());
    }
    lay_over(&mistakes, root, &planted);
    planted
}

#[test]
fn the_planted_mistakes_fit_the_sources() {
    let planted = plant();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scripts = std::fs::read_to_string(root.join("app/src/log/shared/scripts.rs")).unwrap();
    for part in REPLACED {
        assert!(scripts.contains(part), "the append script has no {part:?} to replace");
    }
    for (name, _) in MISTAKES {
        let mut sources = String::new();
        for file in ["scripts.rs", "read.rs"] {
            let file = planted.join("app/src/log/shared").join(file);
            sources += &std::fs::read_to_string(file).unwrap();
        }
        sources += &std::fs::read_to_string(planted.join("app/src/presence.rs")).unwrap();
        assert!(sources.contains(&format!("{name:?}")), "no file makes the mistake {name:?}");
    }
}

#[test]
fn the_storm_finds_each_planted_mistake_within_three_runs() {
    if std::env::var("STRATA_MISTAKES").is_err() {
        return harness::skipped("it takes ten minutes; STRATA_MISTAKES=all runs it");
    }
    let (planted, root) = (plant(), Path::new(env!("CARGO_MANIFEST_DIR")));
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--offline", "--bin", "server"]).current_dir(&planted);
    let built = build.env_remove("RUSTFLAGS").env_remove("CARGO_TARGET_DIR").status().unwrap();
    assert!(built.success(), "the server with mistakes does not build");
    let programs = planted.join("target/debug");
    for (name, what) in MISTAKES {
        let found = (1..=RUNS).find(|run| {
            let mut storm = Command::new("python3");
            storm.arg("-B").arg(root.join("tests/storm")).args(["--short", "--mistake", name]);
            let storm = storm.arg("--bin").arg(&programs).output().unwrap();
            let said = String::from_utf8_lossy(&storm.stdout);
            println!("{name}, run {run}:\n{said}");
            assert_ne!(storm.status.code(), Some(2), "{}", String::from_utf8_lossy(&storm.stderr));
            !storm.status.success() && said.contains("WRONG: ")
        });
        assert!(found.is_some(), "{RUNS} storms did not find that the server {what}");
    }
}
