//! The part of this server in a chat of several servers.

use std::sync::Arc;

use app::{Address, Retention, Sharing};

use crate::data::Data;

/// The longest name of a server.
const LONGEST: usize = 64;

/// The part of this server in the chat at a URL, by the options of the operator.
///
/// # Errors
/// One line that names the invalid value.
pub(crate) fn decide(
    url: &str,
    name: Option<String>,
    lossy: bool,
    data: &Data,
    retention: Retention,
) -> Result<Sharing, String> {
    let address: Address = url.parse().map_err(|error: app::SharedError| error.to_string())?;
    let name = name.unwrap_or_else(default_name);
    if name.is_empty() || name.len() > LONGEST || name.chars().any(char::is_control) {
        return Err(format!(
            "invalid value {name:?} for --server-name; expected 1 to 64 characters"
        ));
    }
    let view = match data {
        Data::File(file) => Some(file.clone()),
        Data::Memory => None,
    };
    let name = Arc::from(name);
    Ok(Sharing { address, view, name, lossy, retention })
}

/// The name of the machine and the number of the process.
fn default_name() -> String {
    let system = rustix::system::uname();
    format!("{}-{}", system.nodename().to_string_lossy(), std::process::id())
}
