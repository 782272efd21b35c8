//! A profile: what a user types to log in, to send a message, to leave. Every student's client has
//! its own commands, so they stand in a file beside the client.

use std::path::Path;

use serde::Deserialize;

use crate::wire::{Dialect, HistoryFormat};
use shared::configuration;

use crate::file;

/// The profile of Strata's own client.
const OWN: &str = include_str!("../../../handout/profile.toml");

/// A profile. `{name}` stands for the login name, `{text}` for the message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    /// The dialect, if `--dialect` does not name one.
    #[serde(default)]
    dialect: Option<String>,
    /// The form in which the client expects the history in `ktn15`.
    #[serde(default)]
    pub(crate) history: HistoryFormat,
    /// Whether the client runs in a terminal. If not, its input and output are pipes.
    #[serde(default = "yes")]
    pub(crate) terminal: bool,
    /// Lines to type before anything else. `{host}` and `{port}` stand for the address of the
    /// server.
    #[serde(default)]
    pub(crate) open: Lines,
    /// Lines that log in; empty if the name is given earlier.
    #[serde(default)]
    pub(crate) login: Lines,
    /// Lines that send a message.
    pub(crate) say: Lines,
    /// Lines that ask for the names, if the client has a command for it.
    #[serde(default)]
    pub(crate) names: Option<Lines>,
    /// Lines that log out without leaving, if the client has a command for it.
    #[serde(default)]
    pub(crate) logout: Option<Lines>,
    /// Lines that leave.
    pub(crate) leave: Lines,
    /// Text that the client shows after the login, when it is ready for input.
    #[serde(default)]
    pub(crate) ready: Option<String>,
}

/// One line or several.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "OneOrSeveral")]
pub(crate) struct Lines(Vec<String>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "a line in quotes, or a list of such lines")]
enum OneOrSeveral {
    One(String),
    Several(Vec<String>),
}

impl From<OneOrSeveral> for Lines {
    fn from(lines: OneOrSeveral) -> Lines {
        match lines {
            OneOrSeveral::One(line) => Lines(vec![line]),
            OneOrSeveral::Several(lines) => Lines(lines),
        }
    }
}

fn yes() -> bool {
    true
}

impl Lines {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines with their placeholders filled in, each followed by the key that ends it.
    pub(super) fn keys(&self, enter: &str, filled: &[(&str, &str)]) -> String {
        let fill = |line: &String| {
            let line = filled.iter().fold(line.clone(), |it, (what, with)| it.replace(what, with));
            line + enter
        };
        self.0.iter().map(fill).collect()
    }

    fn mention(&self, what: &str) -> bool {
        self.0.iter().any(|line| line.contains(what))
    }
}

impl Profile {
    /// Reads the profile in this file, or that of Strata's own client if there is no file.
    /// `command` is the command line of the client.
    ///
    /// # Errors
    /// One line that names the error.
    pub(crate) fn read(path: Option<&Path>, command: &str) -> Result<Profile, String> {
        let (name, text) = match path {
            None => ("the profile".to_owned(), OWN.to_owned()),
            Some(path) => {
                let name = path.display().to_string();
                (name, file::read(path)?)
            }
        };
        let profile: Profile = configuration::parse(Path::new(&name), &text)?;
        let wrong = |why: &str| Err(format!("{name}: {why}"));
        let has_name = command.contains("{name}") || profile.open.mention("{name}");
        if profile.login.is_empty() && !has_name {
            return wrong("there is no `login`, and no {name} in `open` or in the command either");
        }
        if !profile.login.is_empty() && !profile.login.mention("{name}") {
            return wrong("`login` must contain {name}");
        }
        if !profile.say.mention("{text}") {
            return wrong("`say` must contain {text}");
        }
        if profile.leave.is_empty() {
            return wrong("`leave` is empty");
        }
        match profile.dialect.as_deref().map(Dialect::named).transpose() {
            Ok(_) => Ok(profile),
            Err(error) => wrong(&error),
        }
    }

    /// The dialect if the command line does not name one.
    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect.as_deref().and_then(Dialect::find).unwrap_or(Dialect::Json)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(text: &str, command: &str) -> Result<Profile, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let path = file.path().to_owned();
        let name = path.display().to_string();
        Profile::read(Some(&path), command)
            .map_err(|error| error.strip_prefix(&name).expect("the file's name").to_owned())
    }

    #[test]
    fn placeholders_are_filled_in() {
        let profile = read(
            "login = ['user', '{name}']\nsay = '> {text}'\nleave = 'quit'\ndialect = 'ktn14'",
            "x {port}",
        )
        .unwrap();
        let filled = [("{name}", "ann"), ("{text}", "{name}")];
        assert_eq!(profile.login.keys("\n", &filled), "user\nann\n");
        assert_eq!(profile.say.keys("\r", &filled), "> {name}\r");
        assert_eq!((profile.terminal, profile.dialect()), (true, Dialect::Ktn14));
    }

    #[test]
    fn the_page_shows_the_profile_of_strata() {
        let page = include_str!("../../../handout/grading.md");
        let (_, lines) = OWN.split_once("\n\n").unwrap();
        assert!(page.contains(&format!("```toml\n{lines}```\n")));
    }

    #[test]
    fn an_error_names_the_wrong_key() {
        let good = "login = '{name}'\nsay = '{text}'\nleave = 'q'\n";
        for (text, command, error) in [
            ("say = '{text}'\nleave = 'q'", "x", "there is no `login`"),
            ("login = 'me'\nsay = '{text}'\nleave = 'q'", "x", "`login` must contain {name}"),
            ("login = '{name}'\nsay = 'hi'\nleave = 'q'", "x", "`say` must contain {text}"),
            ("login = '{name}'\nsay = '{text}'\nleave = []", "x", "`leave` is empty"),
            (&format!("{good}dialect = 'x'"), "x", "no dialect is called \"x\""),
            (&format!("{good}quit = 'x'"), "x", "quit"),
            (&format!("{good}names = 5"), "x", "a line in quotes"),
        ] {
            let said = read(text, command).unwrap_err();
            assert!(said.contains(error) && !said.contains('\n'), "{said}");
        }
        assert!(read("say = '{text}'\nleave = 'q'", "x {name}").is_ok());
        assert!(read("open = '{name}'\nsay = '{text}'\nleave = 'q'", "x").is_ok());
        let folder = tempfile::tempdir().unwrap();
        let said = Profile::read(Some(folder.path()), "x").unwrap_err();
        assert!(said.contains("it is no file"), "{said}");
        assert!(Profile::read(None, "client").is_ok());
    }
}
