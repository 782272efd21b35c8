//! The configuration file `client.toml`: servers, the name to log in with, and what the client shows.
//!
//! ```toml
//! server = "lan"                  # the default server: a name from below, or HOST:PORT
//! name = "alice"                  # log in under this name at the start
//! mentions = true                 # highlight messages with the own name, and whispers; the default
//! bell = true                     # ring the terminal's bell for them; not by default
//! rooms = ["tea"]                 # at a terminal, join these rooms after the first login
//! joins = "smart"                 # people who come and go: "all" (the default), "smart", "off"
//!
//! [servers]                       # names for servers: `client lan` connects to "lan"
//! lan = "192.168.1.20:49512"
//! home = "chat.example.org:49512"
//! ```

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::joins::Shown;
use shared::configuration;

/// The address to connect to by default.
const DEFAULT: &str = "127.0.0.1:49512";
/// The default port.
const PORT: &str = "49512";
/// The name of the file in the configuration folder.
const FILE: &str = "client.toml";

/// The contents of the file; empty if there is no file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    server: Option<String>,
    pub(crate) name: Option<String>,
    servers: BTreeMap<String, String>,
    /// Whether to highlight messages with the person's name, and whispers; by default yes.
    pub(crate) mentions: Option<bool>,
    /// Whether the terminal's bell rings for these messages.
    pub(crate) bell: bool,
    /// Which people who come and go are shown.
    pub(crate) joins: Shown,
    /// The rooms to join after the first login.
    pub(crate) rooms: Vec<String>,
}

/// A hint for the error message when the connection to `asked` fails.
pub(crate) fn hint(asked: Option<&str>) -> String {
    match asked {
        Some(name) if !name.contains(':') => {
            format!(" ({FILE} names no server {name:?})")
        }
        Some(address) if address.matches(':').count() > 1 && !address.starts_with('[') => {
            " (write an IPv6 address in brackets: [::1]:49512)".to_owned()
        }
        _ => String::new(),
    }
}

/// Reads the file `named`, or by default the file in the configuration folder, which is optional.
///
/// # Errors
/// A line that names the file and the error.
pub(crate) fn read(named: Option<&Path>) -> Result<Config, String> {
    let usual = || {
        directories::ProjectDirs::from("", "", "strata")
            .map(|folders| folders.config_dir().join(FILE))
    };
    let Some(path) = named.map(PathBuf::from).or_else(usual) else {
        return Ok(Config::default());
    };
    match std::fs::read_to_string(&path) {
        Ok(text) => configuration::parse(&path, &text),
        Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => {
            Ok(Config::default())
        }
        Err(error) => {
            let path = path.display();
            Err(format!("cannot read the configuration file {path}: {error}"))
        }
    }
}

impl Config {
    /// The `HOST:PORT` to connect to, for the server on the command line.
    pub(crate) fn target(&self, asked: Option<&str>) -> String {
        let asked = asked.or(self.server.as_deref()).unwrap_or(DEFAULT);
        let target = self.servers.get(asked).map_or(asked, String::as_str);
        if target.contains(':') { target.to_owned() } else { format!("{target}:{PORT}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        configuration::parse(Path::new("file"), text)
    }

    const TEXT: &str = "server = 'lan'\n[servers]\nlan = '10.0.0.1:7'\nhome = 'example.org'\n";

    #[test]
    fn a_server_is_an_address_a_host_or_a_name() {
        let config = parse(TEXT).unwrap();
        assert_eq!(config.target(None), "10.0.0.1:7");
        assert_eq!(config.target(Some("lan")), "10.0.0.1:7");
        assert_eq!(config.target(Some("home")), "example.org:49512");
        assert_eq!(config.target(Some("localhost:1")), "localhost:1");
        assert_eq!(config.target(Some("[::1]:1")), "[::1]:1");
        assert_eq!(Config::default().target(None), DEFAULT);
    }

    #[test]
    fn an_error_in_the_file_names_the_line() {
        let error = parse("name = 'a'\nserfer = 'lan'\n").unwrap_err();
        assert!(error.starts_with("file, line 2: unknown field `serfer`"), "{error}");
        let error = parse("name = \n").unwrap_err();
        assert!(error.starts_with("file, line 1: "), "{error}");
    }
}
