//! The commands of the server.
//!
//! The client starts with the command table that it was built with. It replaces that table when the
//! server answers `help`. So a student can add a command to the server, and the client parses it,
//! completes it and lists it in `/help` without a change.

mod rows;

use std::collections::BTreeSet;

use app::commands::{Access, COMMANDS, Kind};
use parse::{Dict, DictError};

use crate::bounded::shorten;
use crate::protocol::{HISTORY, JOIN, LOGIN, MESSAGE, OLD, REGISTER, ROOM, SESSION};
use crate::sanitize::{clean, is_word};

/// The client's own command that sends a message to one person.
pub(crate) const WHISPER: &str = "msg";
/// The command that lists the commands. The client answers it itself.
pub(crate) const HELP: &str = "help";
/// The client's own command that answers the last whisper.
pub(crate) const REPLY: &str = "r";
/// The client's own command that searches the history.
pub(crate) const SEARCH: &str = "search";
/// A command of administrators that lacks an argument tells the rank of the person. It has no effect.
pub(crate) const PROBE: &str = "unban";

/// The most commands that the client accepts from a server.
const COMMANDS_MOST: usize = 1000;
/// The most arguments of a command.
const ARGUMENTS_MOST: usize = 20;
/// The most characters of a command's summary in `/help`.
const SUMMARY: usize = 200;

/// How the client gets a secret argument, such as a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// The client asks the person for it and hides the input.
    Asked,
    /// The secret is part of the line, because no person is at a terminal.
    InLine,
}

/// All commands of a server.
#[derive(Debug)]
pub(crate) struct Catalogue {
    entries: Vec<Entry>,
    /// The number of commands of the server that the client did not accept.
    left_out: usize,
    /// Whether the server listed the commands.
    is_servers: bool,
    pub(crate) secrets: Secrets,
}

/// A command of a server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) request: String,
    /// The arguments that a person types after the command.
    pub(crate) arguments: Vec<Argument>,
    /// The arguments that the client asks for afterwards and hides.
    pub(crate) secrets: Vec<Argument>,
    /// The arguments that a person cannot type: flags beside other arguments, and the secret of a session. The client
    /// sets some.
    pub(crate) flags: BTreeSet<String>,
    /// Only administrators may use the command.
    admin: bool,
    pub(crate) summary: String,
}

/// An argument of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) name: String,
    /// Whether the argument is a number; otherwise it is a text or a flag.
    pub(crate) number: bool,
    /// Whether the argument is a flag. A person types its name, and only for a command without other
    /// arguments.
    pub(crate) flag: bool,
    pub(crate) required: bool,
    pub(crate) secret: bool,
    /// Whether the argument takes the rest of the line. A text that is the last argument does.
    pub(crate) rest: bool,
}

impl Catalogue {
    /// The commands that this client was built with.
    pub(crate) fn built_in(secrets: Secrets) -> Catalogue {
        let argument = |argument: &app::commands::Argument| Argument {
            name: argument.name.to_owned(),
            number: argument.kind == Kind::Number,
            flag: argument.kind == Kind::Flag,
            required: argument.required,
            secret: argument.secret,
            rest: false,
        };
        let entry = |command: &app::commands::Command| {
            let arguments = command.arguments.iter().map(argument).collect();
            let entry = Entry::new(command.name, arguments, secrets);
            entry.with(command.access.name(), command.summary)
        };
        let entries = COMMANDS.iter().map(entry).collect();
        Catalogue { entries, left_out: 0, is_servers: false, secrets }
    }

    /// The commands in a server's answer to `help`.
    ///
    /// # Errors
    /// When the answer does not have the form that the protocol describes.
    pub(crate) fn from_help(answer: &Dict, secrets: Secrets) -> Result<Catalogue, DictError> {
        let is = |dict: &Dict, key| dict.get(key).and_then(|value| value.as_bool());
        let argument = |dict: &Dict| {
            let name = dict.string("name")?.to_owned();
            let is_of = |kind: Kind| dict.string("type").map(|name| name == kind.name());
            let (number, flag) = (is_of(Kind::Number)?, is_of(Kind::Flag)?);
            // Required by default: then the client reports a missing argument before the server
            // does.
            let required = is(dict, "required").unwrap_or(true);
            let secret = is(dict, "secret").unwrap_or(false);
            Ok(Argument { name, number, flag, required, secret, rest: false })
        };
        let entry = |dict: &Dict| {
            let arguments = dict.dicts("arguments")?.iter().map(argument).collect::<Result<_, _>>();
            let entry = Entry::new(dict.string("request")?, arguments?, secrets);
            let access = dict.optional_string("access")?.unwrap_or_default();
            Ok(entry.with(access, dict.string("summary")?))
        };
        let entries = answer.dicts("help")?;
        let mut entries: Vec<Entry> =
            entries.iter().map(entry).collect::<Result<_, DictError>>()?;
        let said = entries.len();
        // Completion inserts these names into the line, so the client accepts plain words only.
        entries.retain(|entry| {
            let mut arguments = entry.arguments.iter().chain(&entry.secrets);
            is_word(&entry.request)
                && arguments.clone().count() <= ARGUMENTS_MOST
                && arguments.all(|argument| is_word(&argument.name))
        });
        entries.truncate(COMMANDS_MOST);
        Ok(Catalogue { left_out: said - entries.len(), entries, is_servers: true, secrets })
    }

    /// Whether the server listed the commands, as the protocol describes it.
    pub(crate) fn is_servers(&self) -> bool {
        self.is_servers
    }

    /// Returns the command of this name.
    pub(crate) fn find(&self, request: &str) -> Option<&Entry> {
        self.offered().find(|entry| entry.request == request)
    }

    /// Whether the command of this name has a secret argument.
    pub(crate) fn takes_secret(&self, request: &str) -> bool {
        let is_secret = |entry: &Entry| {
            !entry.secrets.is_empty() || entry.arguments.iter().any(|argument| argument.secret)
        };
        self.find(request).is_some_and(is_secret)
    }

    /// Whether the command of this name is for administrators.
    pub(crate) fn is_for_administrators(&self, request: &str) -> bool {
        self.find(request).is_some_and(|entry| entry.admin)
    }

    /// Whether the client asks for an argument of this command and hides it.
    pub(crate) fn asks_for_secret(&self, request: &str) -> bool {
        self.find(request).is_some_and(|entry| !entry.secrets.is_empty())
    }

    /// The names of all commands that a person can type, without the slash. The commands of
    /// administrators are part of them if `admin` is set.
    pub(crate) fn words(&self, admin: bool) -> Vec<String> {
        let own = [
            WHISPER,
            HELP,
            "ignore",
            "ignored",
            "me",
            "quit",
            REPLY,
            "reconnect",
            "say",
            "unignore",
        ];
        let search = self.find(HISTORY).map(|_| SEARCH);
        let usable = self.offered().filter(|entry| admin || !entry.admin);
        let mut words: Vec<String> = usable.map(|entry| entry.request.clone()).collect();
        words.extend(own.into_iter().chain(search).map(str::to_owned));
        words.sort();
        words.dedup();
        words
    }

    /// Whether the server has the command that finds out the rank of the person.
    pub(crate) fn can_probe(&self) -> bool {
        let is_probe = |entry: &Entry| entry.admin && entry.takes_required();
        self.is_servers && self.find(PROBE).is_some_and(is_probe)
    }

    fn offered(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.request != MESSAGE)
    }
}

impl Entry {
    fn new(request: &str, mut arguments: Vec<Argument>, secrets: Secrets) -> Entry {
        let mut flags = BTreeSet::new();
        if arguments.iter().any(|argument| !argument.flag) {
            let is_login = [LOGIN, REGISTER].contains(&request);
            let is_clients = |it: &mut Argument| it.flag || is_login && it.name == SESSION;
            flags = arguments.extract_if(.., is_clients).map(|it| it.name).collect();
        }
        if let Some(last) = arguments.last_mut() {
            last.rest = !last.number && !last.flag;
        }
        let (secrets, arguments) = arguments
            .into_iter()
            .partition(|argument| argument.secret && secrets == Secrets::Asked);
        let request = request.to_owned();
        Entry { request, arguments, secrets, flags, admin: false, summary: String::new() }
    }

    fn with(self, access: &str, summary: &str) -> Entry {
        let admin = access == Access::Admin.name();
        Entry { admin, summary: clean(&shorten(summary, SUMMARY)), ..self }
    }

    /// Whether a request without arguments lacks one.
    fn takes_required(&self) -> bool {
        self.arguments.iter().chain(&self.secrets).any(|argument| argument.required)
    }

    /// The usage of the command: `/login USERNAME`, `/history [LIMIT] [BEFORE] [ROOM]`.
    pub(crate) fn usage(&self) -> String {
        self.arguments.iter().fold(format!("/{}", self.request), |usage, argument| {
            let name = argument.name.to_uppercase();
            let required = argument.required && !self.is_about_current(argument);
            if required { format!("{usage} {name}") } else { format!("{usage} [{name}]") }
        })
    }

    /// Whether the argument is a room and defaults to the current one. `join` has no default: a
    /// person must name the room to enter.
    pub(crate) fn is_about_current(&self, argument: &Argument) -> bool {
        argument.name == ROOM && self.request != JOIN
    }
}

impl Argument {
    /// The name for a person: the current password is not only "old".
    pub(crate) fn label(&self) -> &str {
        if self.name == OLD { "old password" } else { &self.name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use parse::Value;

    #[test]
    fn the_servers_own_table_replaces_the_built_in_one() {
        let argument = Dict::new().with("name", "sides").with("type", "whole number");
        let roll = Dict::new()
            .with("request", "roll")
            .with("arguments", vec![Value::from(argument)])
            .with("summary", "Roll a die.");
        let answer = Dict::new().with("help", vec![Value::from(roll)]);
        let catalogue = Catalogue::from_help(&answer, Secrets::Asked).unwrap();
        assert_eq!(catalogue.find("roll").map(Entry::usage).as_deref(), Some("/roll SIDES"));
        assert_eq!(catalogue.find("names"), None);
        let words = "help ignore ignored me msg quit r reconnect roll say unignore";
        assert_eq!(catalogue.words(true).join(" "), words);
    }

    #[test]
    fn a_flag_is_no_part_of_the_usage() {
        let argument = |name: &str, kind: &str| {
            Value::from(Dict::new().with("name", name).with("type", kind).with("required", false))
        };
        let arguments = vec![argument("text", "string"), argument("loud", "boolean")];
        let shout = Dict::new().with("request", "shout").with("arguments", arguments);
        let answer = Dict::new().with("help", vec![Value::from(shout.with("summary", "Shout."))]);
        let catalogue = Catalogue::from_help(&answer, Secrets::Asked).unwrap();
        let shout = catalogue.find("shout").unwrap();
        assert_eq!((shout.usage().as_str(), shout.arguments[0].rest), ("/shout [TEXT]", true));
    }

    #[test]
    fn a_command_with_control_characters_is_not_accepted() {
        let command = |request: &str| {
            let dict = Dict::new().with("request", request).with("summary", "a\u{1b}b");
            Value::from(dict.with("arguments", Value::Array(vec![])))
        };
        let answer = Dict::new().with("help", vec![command("ro\u{1b}ll"), command("roll")]);
        let catalogue = Catalogue::from_help(&answer, Secrets::Asked).unwrap();
        let words = "help ignore ignored me msg quit r reconnect roll say unignore";
        assert_eq!(catalogue.words(true).join(" "), words);
        assert!(!catalogue.help(true, None).concat().contains('\u{1b}'));
    }

    #[test]
    fn commands_that_are_too_long_or_too_many_are_left_out_and_counted() {
        let command = |request: &str, arguments: usize| {
            let argument = Value::from(Dict::new().with("name", "a").with("type", "text"));
            let dict = Dict::new().with("request", request).with("summary", "s".repeat(70_000));
            Value::from(dict.with("arguments", vec![argument; arguments]))
        };
        let mut commands = vec![command(&"w".repeat(70_000), 0), command("many", 21)];
        commands.extend((0..1003).map(|number| command(&format!("c{number}"), 1)));
        let answer = Dict::new().with("help", commands);
        let help = Catalogue::from_help(&answer, Secrets::Asked).unwrap().help(true, None);
        assert!(help.contains(&"(more commands that cannot be typed here: 5)".to_owned()));
        assert_eq!(help.iter().filter(|line| line.starts_with("/c")).count(), 1000);
        assert!(help.iter().all(|line| line.chars().count() < 300));
    }

    #[test]
    fn help_has_a_line_for_every_command() {
        let catalogue = Catalogue::built_in(Secrets::Asked);
        let help = catalogue.help(true, None).join("\n");
        for word in catalogue.words(true) {
            assert!(help.contains(&format!("/{word}")), "{word} is missing in\n{help}");
        }
        assert!(help.contains("/history [LIMIT] [BEFORE] [ROOM]  "), "{help}");
        let (people, administrators) = help.split_once("\nFor administrators:\n").unwrap();
        assert!(people.contains("/leave [ROOM] ") && people.contains("/join ROOM "), "{help}");
        assert!(administrators.starts_with("/connections [PATTERN] [SKIP]  "), "{help}");
        assert_eq!(catalogue.help(false, None).join("\n"), people);
        assert!(catalogue.words(true).contains(&"kick".to_owned()));
        assert!(!catalogue.words(false).contains(&"kick".to_owned()));
    }

    #[test]
    fn help_fits_80_columns() {
        for line in Catalogue::built_in(Secrets::Asked).help(true, Some(80)) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    #[test]
    fn a_hidden_argument_is_not_part_of_the_usage() {
        let usage = |secrets, name| Catalogue::built_in(secrets).find(name).map(Entry::usage);
        let asked = |name| usage(Secrets::Asked, name).unwrap();
        assert_eq!(
            (asked("login"), asked("register")),
            ("/login USERNAME".into(), "/register USERNAME".into())
        );
        let in_line = |name| usage(Secrets::InLine, name).unwrap();
        assert_eq!(in_line("login"), "/login USERNAME [PASSWORD]");
        assert_eq!(in_line("register"), "/register USERNAME PASSWORD");
        assert_eq!(
            (asked("passwd"), in_line("passwd")),
            ("/passwd".into(), "/passwd OLD PASSWORD".into())
        );
    }
}
