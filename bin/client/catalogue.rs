//! Which commands there are, as the server tells it.
//!
//! The client need not be told of a command in order to type it. It starts with the table
//! that it was built with and takes the server's instead as soon as that has answered `help`: so
//! a command that a student added to the server can be typed, completed and helped with here,
//! without a change to the client.

use app::commands::{COMMANDS, Kind};
use parse::{Dict, DictError};

use crate::show::clean;

/// What plain text is for, so it is not offered as a command.
const SPEAKING: &str = "message";

/// Whether a server's word can be put into the line that is being typed.
pub(crate) fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| character.is_alphanumeric() || character == '_')
}

/// Every command of a server.
#[derive(Debug)]
pub(crate) struct Catalogue(Vec<Entry>);

/// A command of a server.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) request: String,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) summary: String,
}

/// An argument of a command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) name: String,
    /// It is a number; else a text.
    pub(crate) number: bool,
    pub(crate) required: bool,
}

impl Catalogue {
    /// The commands that this client was built with.
    pub(crate) fn built_in() -> Catalogue {
        let argument = |argument: &app::commands::Argument| Argument {
            name: argument.name.to_owned(),
            number: argument.kind == Kind::Number,
            required: argument.required,
        };
        let entry = |command: &app::commands::Command| Entry {
            request: command.name.to_owned(),
            arguments: command.arguments.iter().map(argument).collect(),
            summary: command.summary.to_owned(),
        };
        Catalogue(COMMANDS.iter().map(entry).collect())
    }

    /// The commands in a server's answer to `help`.
    ///
    /// # Errors
    /// When it is not the list that the protocol promises.
    pub(crate) fn from_help(answer: &Dict) -> Result<Catalogue, DictError> {
        let argument = |dict: &Dict| {
            let number = dict.string("type")? == Kind::Number.name();
            // A server that does not say so wants it: then we say what is missing, not it.
            let required = dict.get("required").and_then(|value| value.as_bool()).unwrap_or(true);
            Ok(Argument { name: dict.string("name")?.to_owned(), number, required })
        };
        let entry = |dict: &Dict| {
            let arguments = dict.dicts("arguments")?.iter().map(argument).collect::<Result<_, _>>();
            Ok(Entry {
                request: dict.string("request")?.to_owned(),
                arguments: arguments?,
                summary: clean(dict.string("summary")?),
            })
        };
        let entries = answer.dicts("help")?;
        let mut entries: Vec<Entry> =
            entries.iter().map(entry).collect::<Result<_, DictError>>()?;
        // What is completed is typed, and what is typed is obeyed: plain words only.
        entries.retain(|entry| {
            let mut names = entry.arguments.iter().map(|argument| &argument.name);
            is_word(&entry.request) && names.all(|name| is_word(name))
        });
        Ok(Catalogue(entries))
    }

    /// The command of this name.
    pub(crate) fn find(&self, request: &str) -> Option<&Entry> {
        self.offered().find(|entry| entry.request == request)
    }

    /// Everything that can be typed, without the slash.
    pub(crate) fn words(&self) -> Vec<String> {
        let own = ["msg", "quit"].map(str::to_owned);
        let mut words: Vec<String> = self.offered().map(|entry| entry.request.clone()).collect();
        words.extend(own);
        words.sort();
        words
    }

    /// What `/help` shows, a line each.
    pub(crate) fn help(&self) -> Vec<String> {
        let own = [
            ("text", "Say it to everybody."),
            ("//text", "Say it with one slash before it."),
            ("/msg NAME TEXT", "Say something to one person only."),
        ];
        let own = own.map(|(usage, summary)| (usage.to_owned(), summary.to_owned()));
        let offered = self.offered().map(|entry| (entry.usage(), entry.summary.clone()));
        let quit = ("/quit".to_owned(), "Leave. So does Ctrl-D.".to_owned());
        let lines: Vec<_> = own.into_iter().chain(offered).chain([quit]).collect();
        let width = lines.iter().map(|(usage, _)| usage.chars().count()).max().unwrap_or(0);
        lines.iter().map(|(usage, summary)| format!("{usage:width$}  {summary}")).collect()
    }

    fn offered(&self) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(|entry| entry.request != SPEAKING)
    }
}

impl Entry {
    /// How it is typed: `/login USERNAME`, `/history [LIMIT] [BEFORE]`.
    pub(crate) fn usage(&self) -> String {
        self.arguments.iter().fold(format!("/{}", self.request), |usage, argument| {
            let name = argument.name.to_uppercase();
            if argument.required { format!("{usage} {name}") } else { format!("{usage} [{name}]") }
        })
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
        let catalogue = Catalogue::from_help(&answer).unwrap();
        assert_eq!(catalogue.find("roll").map(Entry::usage).as_deref(), Some("/roll SIDES"));
        assert_eq!(catalogue.find("names"), None);
        assert_eq!(catalogue.words(), ["msg", "quit", "roll"]);
    }

    #[test]
    fn what_a_terminal_would_obey_is_not_taken_over() {
        let command = |request: &str| {
            let dict = Dict::new().with("request", request).with("summary", "a\u{1b}b");
            Value::from(dict.with("arguments", Value::Array(vec![])))
        };
        let answer = Dict::new().with("help", vec![command("ro\u{1b}ll"), command("roll")]);
        let catalogue = Catalogue::from_help(&answer).unwrap();
        assert_eq!(catalogue.words(), ["msg", "quit", "roll"]);
        assert!(!catalogue.help().concat().contains('\u{1b}'));
    }

    #[test]
    fn help_has_a_line_for_everything_that_can_be_typed() {
        let catalogue = Catalogue::built_in();
        let help = catalogue.help().join("\n");
        for word in catalogue.words() {
            assert!(help.contains(&format!("/{word}")), "{word} is missing in\n{help}");
        }
        assert!(help.contains("/history [LIMIT] [BEFORE]"), "{help}");
    }
}
