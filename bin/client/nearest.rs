//! The command that a person may have meant by an unknown one.
//!
//! People come from other chat clients, whose commands have other names, and people mistype.

use crate::catalogue::Catalogue;
use crate::mistyped::is_near;

/// Words of other clients, each with a command that does something similar.
const SIMILAR: [(&str, &[&str]); 8] = [
    ("names", &["whois", "whowas"]),
    ("join", &["room"]),
    ("leave", &["close"]),
    ("quit", &["disconnect"]),
    ("login", &["auth", "identify", "signin"]),
    ("register", &["signup"]),
    ("passwd", &["pass", "password"]),
    ("help", &["?", "commands", "h"]),
];
/// Words of other clients for which there is no command, each with what to do instead.
const INSTEAD: [(&str, &[&str]); 7] = [
    ("to change your name, /logout, then /login NAME", &["name", "nick", "rename"]),
    ("a room has no topic", &["topic"]),
    ("to say that you are away, /me TEXT", &["away", "afk", "back"]),
    ("a room is open to everyone: /join ROOM", &["invite"]),
    ("Ctrl-L clears the screen", &["clear", "cls"]),
    ("the settings are in client.toml: client --print-config", &["config", "set", "settings"]),
    ("for another server, start another client", &["connect", "reconnect", "server"]),
];
impl Catalogue {
    /// The word of a command as it is in the catalogue. The letter case that a person typed counts only if
    /// the server has a command in this case.
    pub(crate) fn word(&self, typed: &str) -> String {
        match self.find(typed) {
            Some(_) => typed.to_owned(),
            None => typed.to_ascii_lowercase(),
        }
    }
}

/// The most commands that an error names.
const MOST: usize = 3;

/// The error for a command that does not exist. It names what the person may have meant.
pub(crate) fn unknown_command(typed: &str, catalogue: &Catalogue) -> String {
    let word = typed.to_ascii_lowercase();
    let meant = match meant(&INSTEAD, &word) {
        Some(instead) => format!("; {instead}"),
        None => match fitting(meant(&SIMILAR, &word).unwrap_or(&word), catalogue).as_slice() {
            [] => String::new(),
            words => {
                let is_open = words.iter().all(|word| catalogue.words(false).contains(word));
                let whose = if is_open { "" } else { " (for administrators)" };
                let words: Vec<String> = words.iter().map(|word| format!("/{word}")).collect();
                format!("; did you mean {}{whose}?", words.join(" or "))
            }
        },
    };
    let and = if meant.ends_with('?') { "" } else { ";" };
    format!("unknown command /{typed}{meant}{and} /help lists the commands")
}

/// What a table has for this word of another client.
fn meant(table: &[(&'static str, &[&str])], word: &str) -> Option<&'static str> {
    table.iter().find(|(_, words)| words.contains(&word)).map(|(meant, _)| *meant)
}

/// Whether a line without its slash begins with a path, such as `etc/passwd`, and not with a mistyped command.
/// A word that may stand for a command with a password begins no path: `login/alice hunter22`.
pub(crate) fn is_path(line: &str, catalogue: &Catalogue) -> bool {
    let word = line.split(char::is_whitespace).next().unwrap_or_default();
    let Some((folder, _)) = word.split_once('/').filter(|(folder, _)| !folder.is_empty()) else {
        return false;
    };
    !is_like_secret(folder, catalogue)
}

/// Whether a word, perhaps with its slash, may stand for a command with a password.
pub(crate) fn is_like_secret(word: &str, catalogue: &Catalogue) -> bool {
    let word = word.trim_start_matches('/').to_ascii_lowercase();
    let word = word.split('/').next().unwrap_or_default();
    let commands = catalogue.words(true);
    let similar = meant(&SIMILAR, word);
    let mut secret = commands.iter().filter(|command| catalogue.takes_secret(command));
    secret.any(|command| is_near(word, command) || similar == Some(&**command))
}

/// The commands that a person may mean by this word: the command of this name, or
/// commands that begin with it, or commands that differ by one typing mistake. A command of administrators
/// is the last guess.
fn fitting(word: &str, catalogue: &Catalogue) -> Vec<String> {
    let matching = |fits: &dyn Fn(&str) -> bool, admin: bool| {
        let words = catalogue.words(admin);
        let fitting = words.iter().filter(|command| fits(command));
        fitting.take(MOST).cloned().collect::<Vec<_>>()
    };
    let rules: [&dyn Fn(&str) -> bool; 3] = [
        &|command| command == word,
        &|command| word.len() > 1 && command.starts_with(word),
        &|command| word.len() > 1 && is_near(word, command),
    ];
    let ranks = [false, true];
    let mut found = ranks.iter().flat_map(|admin| rules.iter().map(|rule| matching(*rule, *admin)));
    found.find(|found| !found.is_empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Secrets;

    fn meant(typed: &str) -> String {
        let error = unknown_command(typed, &Catalogue::built_in(Secrets::Asked));
        let error = error.strip_prefix(&format!("unknown command /{typed}")).unwrap();
        error.strip_suffix(" /help lists the commands").unwrap().to_owned()
    }

    #[test]
    fn a_command_of_another_client_names_the_one_of_this_client() {
        for (typed, want) in [("WHOIS", "/names"), ("signin", "/login"), ("?", "/help")] {
            assert_eq!(meant(typed), format!("; did you mean {want}?"), "{typed}");
        }
        assert_eq!(meant("nick"), "; to change your name, /logout, then /login NAME;");
        assert_eq!(meant("topic"), "; a room has no topic;");
    }

    #[test]
    fn every_word_of_another_client_stands_for_a_command() {
        let catalogue = Catalogue::built_in(Secrets::Asked);
        for (command, words) in SIMILAR {
            assert!(catalogue.words(false).contains(&command.to_owned()), "{command}");
            for word in words {
                assert_eq!(meant(word), format!("; did you mean /{command}?"));
            }
        }
    }

    #[test]
    fn a_mistyped_or_unfinished_command_names_the_nearest() {
        for (typed, want) in [
            ("nmaes", "/names"),
            ("mgs", "/msg"),
            ("joim", "/join"),
            ("hist", "/history"),
            ("log", "/login or /logout"),
            ("logi", "/login"),
            ("un", "/unignore"),
            ("kik", "/kick (for administrators)"),
        ] {
            assert_eq!(meant(typed), format!("; did you mean {want}?"), "{typed}");
        }
        for typed in ["fly", "x", "", "telegram"] {
            assert_eq!(meant(typed), ";", "{typed}");
        }
    }
}
