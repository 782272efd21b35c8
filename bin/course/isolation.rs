//! Isolation: commands that run code of a submission run in a sandbox of `grade`.
//!
//! A build script, a macro or a test of a student must reach neither the files of the teacher nor other
//! submissions. `grade isolate` gives it one folder to write to, the toolchain, and nothing else.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;

/// Seconds for a command that builds: a first build takes minutes on a small machine.
const TIME: &str = "1800";

/// How a command of a bench is started.
#[derive(Debug, Clone)]
pub(crate) enum Isolation {
    /// As a command of the user, who trusts the workspace.
    None,
    /// By this program `grade`. `loose` if the system allows no sandbox and the teacher accepts that.
    Sandbox { grade: PathBuf, loose: bool },
}

impl Isolation {
    /// A command of cargo in a workspace, with this target folder and further environment variables.
    pub(crate) fn cargo(
        &self,
        root: &Path,
        target: &Path,
        arguments: &[&str],
        variables: &[(&str, String)],
    ) -> Command {
        let mut command = match self {
            Isolation::None => {
                let mut command = Command::new("cargo");
                command.env("CARGO_TARGET_DIR", target);
                command.envs(variables.iter().map(|(name, value)| (name, value)));
                command
            }
            Isolation::Sandbox { grade, loose } => {
                let mut command = Command::new(grade);
                command.args(["isolate", "--time", TIME, "--from"]).arg(root);
                command.arg("--write").arg(target);
                if *loose {
                    command.arg("--no-isolation");
                }
                let tools = toolchain();
                let mut all: Vec<(&str, OsString)> = vec![("CARGO_TARGET_DIR", target.into())];
                all.extend(variables.iter().map(|(name, value)| (*name, value.into())));
                all.extend(tools.iter().map(|(name, folder)| (*name, folder.into())));
                for (name, value) in all {
                    let mut pair = OsString::from(format!("{name}="));
                    pair.push(value);
                    command.arg("--env").arg(pair);
                }
                for (_, folder) in tools {
                    command.arg("--visible").arg(folder);
                }
                command.args(["--", "cargo"]);
                command
            }
        };
        command.args(arguments).current_dir(root);
        // What `cargo run` has set for this tool is not meant for others.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(&name);
            }
        }
        command
    }
}

/// The folders of cargo and rustup.
fn toolchain() -> Vec<(&'static str, PathBuf)> {
    let home = env::home_dir().unwrap_or_default();
    [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")]
        .into_iter()
        .map(|(name, usual)| {
            let folder = env::var_os(name).map_or_else(|| home.join(usual), PathBuf::from);
            (name, folder)
        })
        .filter(|(_, folder)| folder.is_dir())
        .collect()
}

/// Finds the program `grade` beside this program.
pub(crate) fn grade() -> Result<PathBuf, Failure> {
    let us = env::current_exe().map_err(Failure::file("find", Path::new("course")))?;
    let grade = us.with_file_name("grade");
    if grade.is_file() {
        return Ok(grade);
    }
    Err(Failure::Message(format!(
        "{} is missing; build it with: cargo build --package grade",
        grade.display()
    )))
}
