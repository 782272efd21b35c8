//! The program of the mutants of a server, for the tests of the grader.

use std::process::ExitCode;

fn main() -> ExitCode {
    mutants::run(&std::env::args().skip(1).collect::<Vec<String>>())
}
