//! The configuration file `client.toml`: servers, the name to log in with, and what the client shows.
//!
//! [`TEMPLATE`] describes every field and has its default.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use parse::is_word;
use shared::configuration;

use crate::address;
use crate::folders;
use crate::joins::Shown;
use crate::limits::NAME_RULE;
use crate::rooms;

/// The name of the file in the configuration folder.
const FILE: &str = "client.toml";

/// A file with every field, its default and a comment. A field without a default is commented out.
const TEMPLATE: &str = include_str!("client.toml");

/// The contents of the file; empty if there is no file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The file that was read, as hints name it.
    #[serde(skip)]
    file: String,
    /// An address, or a name of `servers`.
    server: Option<Address>,
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "servers")]
    servers: BTreeMap<String, Address>,
    /// Whether to highlight messages with the person's name, and whispers.
    pub(crate) mentions: bool,
    /// Whether the terminal's bell rings for these messages.
    pub(crate) bell: bool,
    /// Which people who come and go are shown.
    pub(crate) joins: Shown,
    /// The time without a key after which messages count as unread; zero is never.
    #[serde(deserialize_with = "minutes")]
    pub(crate) unread_after: Duration,
    /// The rooms to join after the first login.
    #[serde(deserialize_with = "rooms")]
    pub(crate) rooms: Vec<String>,
    /// Whether the client on a terminal connects again when the connection is lost.
    pub(crate) reconnect: bool,
    /// Whether the connection is encrypted.
    pub(crate) tls: bool,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            file: FILE.to_owned(),
            server: None,
            name: None,
            servers: BTreeMap::new(),
            mentions: true,
            bell: false,
            joins: Shown::default(),
            unread_after: Duration::from_secs(5 * 60),
            rooms: Vec::new(),
            reconnect: true,
            tls: false,
        }
    }
}

/// The text of an address, which has the form of one. Whether it has a port is left open.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Address(String);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Address, String> {
        address::check(&address::with_port(&text, address::PORT))?;
        Ok(Address(text))
    }
}

/// Reads the names of rooms. How long one may be is left open: that limit belongs to the server.
fn rooms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let written = Vec::<String>::deserialize(deserializer)?;
    let name = |room: &String| match rooms::written(room) {
        name if is_word(name) => Ok(name.to_owned()),
        name => {
            Err(D::Error::custom(format!("{name:?} cannot be the name of a room ({NAME_RULE})")))
        }
    };
    written.iter().map(name).collect()
}

/// The name of a server. A setting that is added at the end of the file would be one.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
struct ServerName(String);

impl TryFrom<String> for ServerName {
    type Error = String;

    fn try_from(name: String) -> Result<ServerName, String> {
        let settings = TEMPLATE.split("\n[servers]").next().unwrap_or_default();
        let mut settings = settings
            .lines()
            .filter_map(|line| line.trim_start_matches('#').split_once(" = "))
            .map(|(setting, _)| setting);
        if settings.any(|setting| setting == name) {
            return Err(format!(
                "{name} is a setting, and belongs above [servers], where only names of servers follow"
            ));
        }
        Ok(ServerName(name))
    }
}

/// Reads the names of servers with their addresses.
fn servers<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Address>, D::Error> {
    let servers = BTreeMap::<ServerName, Address>::deserialize(deserializer)?;
    Ok(servers.into_iter().map(|(name, address)| (name.0, address)).collect())
}

/// Reads a number of minutes.
fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)? * 60.0;
    let wrong = |_| D::Error::custom("expected a number of minutes, or 0 for never");
    Duration::try_from_secs_f64(seconds).map_err(wrong)
}

/// The text of a configuration file with the defaults, and where the client looks for it.
pub(crate) fn template() -> String {
    let place =
        folders::configuration(FILE).map_or(FILE.to_owned(), |path| path.display().to_string());
    format!(
        "# The configuration of the client. It reads this file: {place}\n\n{}",
        TEMPLATE.trim_end()
    )
}

/// Reads the file `named`, or by default the file in the configuration folder, which is optional.
///
/// # Errors
/// A line that names the file and the error.
pub(crate) fn read(named: Option<&Path>) -> Result<Config, String> {
    let Some(path) = named.map(PathBuf::from).or_else(|| folders::configuration(FILE)) else {
        return Ok(Config::default());
    };
    let file = named.map_or(FILE.to_owned(), |named| named.display().to_string());
    match std::fs::read_to_string(&path) {
        Ok(text) => configuration::parse(&path, &text).map(|config| Config { file, ..config }),
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
    /// A hint for the error message when the connection to the server fails that the command line asks for, or
    /// this configuration.
    pub(crate) fn hint(&self, asked: Option<&str>) -> String {
        let Some(server) = asked.or(self.server()) else { return String::new() };
        let file = &self.file;
        if self.servers.contains_key(server) {
            String::new()
        } else if !address::may_be_nickname(server) {
            address::hint(server)
        } else if asked.is_some() {
            format!(" ({file} names no server {server:?})")
        } else {
            let (there, section) =
                if self.servers.is_empty() { ("", "[servers]\n  ") } else { (" there", "") };
            format!(
                "\n{file} has server = {server:?}, but [servers] has no {server}. Write{there}:\n  \
                 {section}{server} = \"HOST:PORT\""
            )
        }
    }

    fn server(&self) -> Option<&str> {
        self.server.as_ref().map(|address| address.0.as_str())
    }

    /// The `HOST:PORT` to connect to, for the server on the command line, with TLS or without.
    pub(crate) fn target(&self, asked: Option<&str>, tls: bool) -> String {
        let asked = asked.or(self.server()).unwrap_or(address::HOST);
        let target = self.servers.get(asked).map_or(asked, |address| &address.0);
        address::with_port(target, if tls { address::TLS_PORT } else { address::PORT })
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
        assert_eq!(config.target(None, false), "10.0.0.1:7");
        assert_eq!(config.target(Some("lan"), false), "10.0.0.1:7");
        assert_eq!(config.target(Some("home"), false), "example.org:49512");
        assert_eq!(config.target(Some("localhost:1"), false), "localhost:1");
        assert_eq!(config.target(Some("[::1]:1"), false), "[::1]:1");
        assert_eq!(config.target(Some("::1"), false), "[::1]:49512");
        assert_eq!(Config::default().target(None, false), "127.0.0.1:49512");
        assert_eq!(config.target(Some("home"), true), "example.org:49513");
        assert_eq!(config.target(Some("lan"), true), "10.0.0.1:7");
    }

    #[test]
    fn a_server_without_an_address_is_explained_and_one_with_an_address_is_not() {
        let hint = |text, asked| parse(text).unwrap().hint(asked);
        let want = "\nclient.toml has server = \"lan\", but [servers] has no lan. Write:\n  \
                    [servers]\n  lan = \"HOST:PORT\"";
        assert_eq!(hint("server = 'lan'", None), want);
        let there = hint("server = 'lan'\n[servers]\nhome = 'x'", None);
        assert!(there.ends_with("Write there:\n  lan = \"HOST:PORT\""), "{there}");
        assert_eq!(hint("", Some("lan")), " (client.toml names no server \"lan\")");
        for asked in [None, Some("home"), Some("localhost")] {
            assert_eq!(hint(TEXT, asked), "");
        }
        assert_eq!(hint("", None), "");
    }

    #[test]
    fn a_hint_names_the_file_that_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, "server = 'lan'").unwrap();
        let config = read(Some(&path)).unwrap();
        let path = path.display();
        let begins = format!("\n{path} has server = \"lan\", but");
        assert!(config.hint(None).starts_with(&begins), "{}", config.hint(None));
        assert_eq!(config.hint(Some("home")), format!(" ({path} names no server \"home\")"));
    }

    #[test]
    fn the_template_has_every_field_with_its_default() {
        let template = parse(&template()).unwrap();
        let without_server = Config { server: None, ..template };
        assert_eq!(format!("{without_server:?}"), format!("{:?}", Config::default()));
        for tls in ["tls = false", "tls = true"] {
            let template = parse(&TEMPLATE.replace("tls = false", tls)).unwrap();
            assert_eq!(tls.ends_with("true"), template.tls);
            let target = template.target(None, template.tls);
            assert_eq!(target, Config::default().target(None, template.tls), "{tls}");
        }
        // The error about an unknown field lists all fields.
        let error = parse("fly = 1").unwrap_err();
        let (_, fields) = error.split_once("expected one of ").unwrap();
        let fields: Vec<&str> = fields.split('`').skip(1).step_by(2).collect();
        assert!(fields.contains(&"joins") && fields.contains(&"servers"), "{fields:?}");
        for field in fields {
            let starts = [format!("{field} = "), format!("#{field} = "), format!("[{field}]")];
            let has_line = |start: &String| TEMPLATE.lines().any(|line| line.starts_with(start));
            assert!(starts.iter().any(has_line), "the template lacks {field}");
        }
    }

    #[test]
    fn a_wrong_value_is_named_with_its_field_and_the_allowed_values() {
        let error = |text| parse(text).unwrap_err();
        let want = "file, line 2: `most` is no possible value; possible are `all`, `smart`, `off` in `joins`";
        assert_eq!(error("\njoins = 'most'"), want);
        let want = "file, line 1: expected true or false, not the text \"loud\" in `bell`";
        assert_eq!(error("bell = 'loud'"), want);
        let want =
            "file, line 1: expected a list, as in [\"a\", \"b\"], not the text \"tea\" in `rooms`";
        assert_eq!(error("rooms = 'tea'"), want);
        let want = "file, line 1: expected a section, as in [name], not a list in `servers`";
        assert_eq!(error("servers = ['lan']"), want);
        let want = "file, line 1: expected a number of minutes, or 0 for never in `unread_after`";
        assert_eq!(error("unread_after = -1"), want);
        let want = "file, line 2: expected a text in quotes, not the number 7 in `servers.lan`";
        assert_eq!(error("[servers]\nlan = 7"), want);
        let port = "a port is a number from 1 to 65535, not \"999999\" (in \"host:999999\")";
        let want = format!("file, line 1: {port} in `server`");
        assert_eq!(error("server = 'host:999999'"), want);
        let want = format!("file, line 2: {port} in `servers.lan`");
        assert_eq!(error("[servers]\nlan = 'host:999999'\nhome = 'x'"), want);
        let port = "a port is a number from 1 to 65535, not \"1:2\" (in \"127.0.0.1:1:2\")";
        let want = format!("file, line 2: {port} in `servers.lan`");
        assert_eq!(error("[servers]\nlan = ':1:2'"), want);
    }

    #[test]
    fn a_text_that_can_be_no_room_is_named_with_the_rule() {
        assert_eq!(parse("rooms = ['tea', '#Work_2']").unwrap().rooms, ["tea", "Work_2"]);
        for (text, line, name) in [
            ("rooms = ['tea', 'bad room']", 1, "bad room"),
            ("name = 'a'\nrooms = [\n'tea',\n'#caf\u{e9}',\n]", 2, "caf\u{e9}"),
            ("rooms = ['']", 1, ""),
            ("rooms = ['##tea']", 1, "#tea"),
        ] {
            let why = format!("{name:?} cannot be the name of a room ({NAME_RULE})");
            let want = format!("file, line {line}: {why} in `rooms`");
            assert_eq!(parse(text).unwrap_err(), want);
        }
    }

    #[test]
    fn all_mistakes_are_named_in_the_order_of_the_lines() {
        let text =
            "bell = 'loud'\nserfer = 'lan'\nname = 'a'\n[servers]\nlan = 7\nhome = 'x'\n[fly]\n";
        let error = parse(text).unwrap_err();
        let lines: Vec<&str> = error.lines().collect();
        let starts = [
            "file, line 1: expected true or false",
            "file, line 2: unknown field `serfer`",
            "file, line 5: expected a text in quotes, not the number 7 in `servers.lan`",
            "file, line 7: unknown field `fly`",
        ];
        assert_eq!(lines.len(), starts.len(), "{lines:?}");
        for (line, start) in lines.iter().zip(starts) {
            assert!(line.starts_with(start), "{line}");
        }
    }

    #[test]
    fn a_setting_below_the_servers_is_no_server() {
        let error = parse("[servers]\nlan = 'x'\nname = 'zz'").unwrap_err();
        assert!(error.starts_with("file, line 3: "), "{error}");
        assert!(error.contains("name is a setting, and belongs above [servers]"), "{error}");
    }

    #[test]
    fn a_client_connects_again_unless_the_file_says_otherwise() {
        assert!(parse("").unwrap().reconnect && Config::default().reconnect);
        assert!(!parse("reconnect = false").unwrap().reconnect);
    }

    #[test]
    fn messages_are_unread_after_some_minutes_or_never() {
        let after = |text| parse(text).unwrap().unread_after;
        assert_eq!(after("unread_after = 0"), Duration::ZERO);
        assert_eq!(after("unread_after = 1.5"), Duration::from_secs(90));
        assert_eq!(after(""), Duration::from_secs(300));
    }

    #[test]
    fn an_error_in_the_file_names_the_line() {
        let error = parse("name = 'a'\nserfer = 'lan'\n").unwrap_err();
        assert!(error.starts_with("file, line 2: unknown field `serfer`"), "{error}");
        let error = parse("name = \n").unwrap_err();
        assert!(error.starts_with("file, line 1: "), "{error}");
    }
}
