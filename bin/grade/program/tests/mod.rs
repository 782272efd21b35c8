//! Tests with programs that misbehave in every way we could think of, and with the traces that they
//! leave.

mod actor;
mod copies;
mod ending;
mod folder;
mod input;
mod limits;
mod listening;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Folders, Limits, Program, Trouble};

/// Deadline for every step on a busy machine; only a failing test waits this long.
fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(60)
}

fn soon() -> Instant {
    Instant::now() + Duration::from_millis(200)
}

/// Work folders with the files of `from`.
fn folders(from: &Path) -> Folders {
    Folders::of(from).unwrap()
}

/// Starts a program of an empty submission, with these limits.
fn start_with(line: &str, limits: &Limits) -> Program {
    let from = tempfile::tempdir().unwrap();
    Program::start(line, &folders(from.path()), limits).unwrap()
}

fn start(line: &str) -> Program {
    start_with(line, &Limits::default())
}

fn contains(output: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(output).contains(text)
}

/// Waits until the program has printed `text`, and returns all its output.
fn says(program: &Program, text: &str) -> String {
    let said = program.wait_output(0, |output| contains(output, text), deadline());
    assert!(said, "no {text:?} but {:?}, {:?}", program.output(), program.trouble());
    program.output()
}

/// Waits until the program has printed `count` numbers, one on each line, and returns them.
fn numbers(program: &Program, count: usize) -> Vec<i32> {
    let parse = |output: &str| -> Vec<i32> {
        let complete = output.rsplit_once('\n').map_or("", |(lines, _)| lines);
        complete.lines().filter_map(|line| line.parse().ok()).collect()
    };
    let enough = |output: &[u8]| parse(&String::from_utf8_lossy(output)).len() >= count;
    let said = program.wait_output(0, enough, deadline());
    assert!(said, "{:?}, {:?}", program.output(), program.trouble());
    parse(&program.output())
}

/// Waits until the program has ended, and returns its trouble.
fn trouble(program: &Program) -> Trouble {
    program.wait_end(deadline()).expect("it ends");
    program.trouble().unwrap()
}

/// The processes that have this mark or work in this folder, and those with these ids, even zombies.
fn traces(mark: &str, folder: &Path, numbers: &[i32]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else {
            continue;
        };
        if numbers.contains(&id) || super::processes::carries(id, mark, folder) == Some(true) {
            found.push(fs::read_to_string(entry.path().join("stat")).unwrap_or_default());
        }
    }
    found.retain(|stat| !stat.is_empty());
    found
}

/// Drops the program, and checks that it leaves nothing behind.
fn leaves_nothing(program: Program, numbers: &[i32]) {
    let (mark, folder) = (program.run.mark.clone(), program.run.folder.clone());
    let root = program.run.root.as_raw_nonzero().get();
    drop(program);
    let left = traces(&mark, &folder, &[numbers, &[root]].concat());
    assert!(left.is_empty(), "{left:#?}");
    assert!(!folder.exists(), "its folder");
}
