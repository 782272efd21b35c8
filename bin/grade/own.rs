//! Strata's own server and client, which stand beside this program.

use std::path::PathBuf;

/// How our server is started, with nothing in the way of a check.
///
/// # Errors
/// It is not there.
pub(crate) fn server() -> Result<String, String> {
    let server = beside("server")?;
    Ok(format!(
        "{server} --listen {{dialect}}=127.0.0.1:{{port}} --data :memory: --flood off --login-limit 0 --log off"
    ))
}

/// How our client is started, whatever is configured here.
///
/// # Errors
/// It is not there.
pub(crate) fn client() -> Result<String, String> {
    let client = beside("client")?;
    // What it keeps and what it reads is of nobody who runs the checks.
    let own = "XDG_CONFIG_HOME=$PWD XDG_STATE_HOME=$PWD";
    Ok(format!("{own} {client} {{host}}:{{port}}"))
}

/// The path of a program of ours, as a shell takes it.
fn beside(name: &str) -> Result<String, String> {
    let own =
        std::env::current_exe().map_err(|error| format!("cannot find the {name}: {error}"))?;
    let path: PathBuf = own.with_file_name(name);
    match path.is_file() {
        true => Ok(super::session::quoted(&path.display().to_string())),
        false => {
            Err(format!("there is no {}; build it, or say --server or --client", path.display()))
        }
    }
}
