//! Commands of git.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::failure::Failure;
use crate::process;

/// Time for one command.
const LIMIT: Duration = Duration::from_mins(2);

/// Runs git in a folder. Returns its output.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let ended = process::run(Command::new("git").args(arguments).current_dir(folder), LIMIT)?;
    if ended.is_success() {
        return Ok(ended.stdout);
    }
    let output = ended.stderr.trim().to_owned();
    Err(Failure::ProgramFailed { program: "git".to_owned(), output })
}
