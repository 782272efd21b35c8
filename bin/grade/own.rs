//! Strata's own server and client, which are in the same folder as this program.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::quoted;

/// The command line of Strata's server, without limits that would disturb a check.
///
/// # Errors
/// The program is missing and cannot be built.
pub(crate) fn server() -> Result<String, String> {
    Ok(server_line(&beside("server")?))
}

/// The command line of Strata's server, if it is in the folder of this program.
pub(crate) fn server_if_present() -> Option<String> {
    let server = std::env::current_exe().ok()?.with_file_name("server");
    server.is_file().then(|| server_line(&quoted(&server.display().to_string())))
}

fn server_line(server: &str) -> String {
    format!(
        "{server} --listen {{dialect}}=127.0.0.1:{{port}} --data :memory: --flood off --login-limit 0 --log off"
    )
}

/// The command line of Strata's client, independent of the configuration on this machine.
///
/// # Errors
/// The program is missing and cannot be built.
pub(crate) fn client() -> Result<String, String> {
    let client = beside("client")?;
    // The client must not read or write the files of the user who runs the checks.
    let own = "XDG_CONFIG_HOME=$PWD XDG_STATE_HOME=$PWD";
    Ok(format!("{own} {client} {{host}}:{{port}}"))
}

/// The path of one of our programs, quoted for the shell. `cargo run --bin grade` builds only
/// `grade`, so a missing program is built here.
fn beside(name: &str) -> Result<String, String> {
    let own =
        std::env::current_exe().map_err(|error| format!("cannot find the {name}: {error}"))?;
    let path: PathBuf = own.with_file_name(name);
    if !path.is_file() && !built(name, &own) {
        let path = path.display();
        return Err(format!("there is no {path}; build it, or say --server or --client"));
    }
    Ok(quoted(&path.display().to_string()))
}

/// Builds the program with the Cargo that started this process, if one did.
fn built(name: &str, own: &Path) -> bool {
    let (Some(cargo), Some(workspace)) =
        (std::env::var_os("CARGO"), std::env::var_os("CARGO_MANIFEST_DIR"))
    else {
        return false;
    };
    let is_release = own.parent().is_some_and(|folder| folder.ends_with("release"));
    let mut build = Command::new(cargo);
    build.args(["build", "-p", "strata", "--bin", name]).args(is_release.then_some("--release"));
    build.current_dir(workspace).status().is_ok_and(|built| built.success())
}
