//! `grade exam`: an exam about mistakes of servers, made for each student and checked by machine.
//!
//! `make` gives each student a server with two mistakes out of `pool`, which `assign` chooses by a seed. The
//! server is `grade` itself with a token that `seal` has sealed. `check` plays what a student hands in: a
//! transcript shows a mistake if it passes on right servers, fails on the student's server, fails on the
//! server with that mistake alone, and passes on the server with the other mistake alone. `judge` draws this
//! conclusion, `sheet` writes the table, and `questions` makes oral questions from a student's transcripts.

mod assign;
mod check;
mod class;
mod draw;
mod folder;
mod hand_in;
mod judge;
mod make;
mod pool;
mod programs;
mod questions;
mod seal;
mod serve;
mod sheet;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(crate) use self::serve::serve;
use crate::arguments::ExamCommand;

/// Length that no program of an exam reaches.
const LAUNCHER: u64 = 4096;

/// Runs `grade exam`.
pub(crate) fn run(command: &ExamCommand, stop: &Arc<AtomicBool>) -> ExitCode {
    match command {
        ExamCommand::Make(arguments) => make::run(arguments),
        ExamCommand::Check(arguments) => check::run(arguments, stop),
        ExamCommand::Serve(arguments) => serve(arguments),
    }
}

/// Whether a command, run in this folder, is the server of an exam. The checks of `grade` would name its
/// mistakes, so `grade` refuses to run them on it. This does not keep people from copying the server.
pub(crate) fn is_exam(folder: Option<&Path>, command: &str) -> bool {
    let folder = folder.unwrap_or(Path::new("."));
    let words = command.split_whitespace().map(|word| word.trim_matches(['\'', '"']));
    let files = words.map(|word| folder.join(word)).chain([PathBuf::from(folder).join("server")]);
    let begins = |path: PathBuf| {
        let about = fs::metadata(&path).ok().filter(|it| it.is_file() && it.len() < LAUNCHER)?;
        fs::read(path).ok().filter(|bytes| bytes.len() as u64 == about.len())
    };
    files.filter_map(begins).any(|bytes| String::from_utf8_lossy(&bytes).contains(make::SERVES))
}
