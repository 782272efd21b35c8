//! The usage of one command: what `/help COMMAND` shows, and the hint behind a command that is being
//! typed.

use std::num::IntErrorKind;

use rustyline::hint::Hint;

use crate::catalogue::{Argument, Catalogue, Entry};
use crate::columns::lay_out;
use crate::protocol::{JOIN, LIMIT};
use crate::sanitize::is_word;

/// What `/help KEYS` explains, if the server has no command of this name.
pub(crate) const KEYS: &str = "keys";
/// The keys and their effects.
const KEY_ROWS: [(&str, &str); 11] = [
    ("Enter", "sends the line"),
    ("Alt-Enter", "begins another line of the message; so does Enter after a backslash"),
    ("Tab", "completes commands, names and rooms"),
    ("Right", "completes a command that is shown in grey"),
    ("Up, Down", "show the lines of before"),
    ("Ctrl-R", "searches the lines of before; new messages are shown after the search"),
    ("Ctrl-U, Ctrl-W", "delete the line, or a word, before the cursor"),
    ("Ctrl-L", "clears the window; the lines of before stay above it"),
    ("Ctrl-C", "clears the line; on an empty line, twice within 2 s leaves"),
    ("Ctrl-D", "leaves, on an empty line"),
    ("Ctrl-Z", "stops the client; fg in the shell continues it"),
];

/// The rest of a usage, which the editor shows behind the cursor.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    /// The text to show.
    shown: String,
    /// The number of its first bytes that the key Right inserts: the rest of the command's name, and a space if
    /// arguments follow.
    name: usize,
}

impl Hint for Rest {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.shown.get(..self.name).filter(|name| !name.is_empty())
    }
}

/// The lines that explain the keys.
pub(crate) fn keys(width: Option<usize>) -> Vec<String> {
    let rows = KEY_ROWS.map(|(key, effect)| (key.to_owned(), effect.to_owned()));
    lay_out(&rows, width)
}

impl Catalogue {
    /// The lines that explain a command, which may have its slash; `None` if there is no such command.
    pub(crate) fn explain(&self, command: &str, width: Option<usize>) -> Option<Vec<String>> {
        let name = &*self.command(command.trim_start_matches('/'));
        let Some((usage, summary)) = self.row(name) else {
            return (name == KEYS).then(|| keys(width));
        };
        let mut rows = vec![(usage, summary)];
        if let Some(entry) = self.find(name) {
            let about_current = |argument| entry.is_about_current(argument);
            let arguments = entry.arguments.iter();
            rows.extend(arguments.map(|argument| typed(argument, about_current(argument))));
            rows.extend(entry.secrets.iter().map(asked));
        }
        Some(lay_out(&rows, width))
    }

    /// The hint for a line that begins with a command: the arguments that are missing, and the rest of the
    /// name if no other command begins in the same way. With `admin`, it may be one of administrators.
    pub(crate) fn hint(&self, line: &str, admin: bool) -> Option<Rest> {
        let typed = line.strip_prefix('/')?;
        let mut words = typed.split_whitespace();
        let begun = words.next().filter(|_| !typed.starts_with(char::is_whitespace))?;
        let is_finished = typed.len() > begun.len();
        // More letters may follow, so a word of another client counts when it is finished.
        let begun = &*if is_finished { self.command(begun) } else { self.word(begun) };
        let usable = self.words(admin);
        let name = match self.row(begun) {
            Some(_) if !usable.iter().any(|word| word == begun) => return None,
            Some(_) => begun.to_owned(),
            None if is_finished => return None,
            None => {
                let fits = |word: &String| {
                    word.get(..begun.len()).is_some_and(|it| it.eq_ignore_ascii_case(begun))
                };
                let mut fitting = usable.into_iter().filter(fits);
                fitting.next().filter(|_| fitting.next().is_none())?
            }
        };
        let (usage, _) = self.row(&name)?;
        let rest = name.get(begun.len()..)?;
        let typed_ones = self
            .find(&name)
            .map_or_else(|| words.clone().count(), |entry| entry.begun(words.clone()));
        let missing: Vec<&str> = usage.split(' ').skip(1 + typed_ones).collect();
        let gap = if missing.is_empty() || typed.ends_with(char::is_whitespace) { "" } else { " " };
        let shown = format!("{rest}{gap}{}", missing.join(" "));
        let name = rest.len() + gap.len();
        (!shown.is_empty()).then_some(Rest { shown, name })
    }

    /// Whether a command of this name needs no argument.
    pub(crate) fn runs_alone(&self, word: &str) -> bool {
        let row = self.row(&self.word(word)).filter(|_| is_word(word));
        row.is_some_and(|(usage, _)| usage.split(' ').skip(1).all(|it| it.starts_with('[')))
    }

    /// The usage and the summary of a command.
    fn row(&self, name: &str) -> Option<(String, String)> {
        let is_of = |usage: &str| {
            usage.split(' ').next().and_then(|word| word.strip_prefix('/')) == Some(name)
        };
        self.rows(true).into_iter().find(|(usage, _)| is_of(usage))
    }
}

impl Entry {
    /// The number of arguments up to the one of the last word. A word that is no number passes over numbers that may
    /// be left out.
    fn begun<'w>(&self, words: impl Iterator<Item = &'w str>) -> usize {
        let mut count = 0;
        for word in words {
            let passes = |argument: &Argument| {
                argument.number && !argument.required && word.parse::<u64>().is_err()
            };
            while self.arguments.get(count).is_some_and(passes) {
                count += 1;
            }
            count += 1;
        }
        count
    }

    /// The summary. Of `/join`, also how to switch between rooms.
    pub(crate) fn described(&self) -> String {
        let summary = &self.summary;
        if self.request == JOIN {
            format!("{summary} In a room that you joined, switch to it: /join lobby.")
        } else {
            summary.clone()
        }
    }
}

impl Argument {
    /// Reads a number that the person typed.
    ///
    /// # Errors
    /// Why it is none, or cannot be this argument.
    pub(crate) fn number_in(&self, word: &str) -> Result<u64, String> {
        match word.parse::<u64>() {
            // An answer without messages would look like an empty history.
            Ok(0) if self.name == LIMIT => Err("a limit is at least 1".to_owned()),
            Ok(number) => Ok(number),
            Err(error) if *error.kind() == IntErrorKind::PosOverflow => {
                Err(format!("{word:?} is too large a number"))
            }
            Err(_) => Err(format!("{word:?} is no whole number")),
        }
    }
}

/// The row for an argument that the person types.
fn typed(argument: &Argument, about_current: bool) -> (String, String) {
    let kind = match (argument.number, argument.flag) {
        (true, _) => "a whole number",
        (_, true) => "this word",
        (false, false) => "a text",
    };
    let need = match (about_current, argument.required, argument.rest) {
        (true, ..) => "; without it, your room",
        (false, false, false) if !argument.number && !argument.flag => {
            "; may be left out, if no other follows"
        }
        (false, false, _) => "; may be left out",
        (false, true, true) => "; the rest of the line",
        (false, true, false) => "",
    };
    (format!("  {}", argument.name.to_uppercase()), format!("{kind}{need}"))
}

/// The row for an argument that the client asks for.
fn asked(argument: &Argument) -> (String, String) {
    let need = if argument.required { "" } else { ", if it is needed" };
    let how = format!("The client asks for it{need}, and hides it.");
    (format!("  {}", argument.label().to_uppercase()), how)
}

#[cfg(test)]
mod tests {
    use parse::{Dict, Value};

    use super::*;
    use crate::catalogue::Secrets;

    fn hint(line: &str) -> Option<(String, Option<String>)> {
        let rest = Catalogue::built_in(Secrets::Asked).hint(line, true)?;
        Some((rest.display().to_owned(), rest.completion().map(str::to_owned)))
    }

    #[test]
    fn a_hint_is_the_rest_of_the_usage() {
        let shown = |line| hint(line).unwrap_or_default().0;
        assert_eq!(shown("/msg"), " NAME TEXT");
        assert_eq!(shown("/msg "), "NAME TEXT");
        assert_eq!(shown("/msg bob"), " TEXT");
        assert_eq!(shown("/msg bob "), "TEXT");
        assert_eq!(shown("/history 20"), " [BEFORE] [ROOM]");
        assert_eq!(shown("/history 20 "), "[BEFORE] [ROOM]");
        // A room may stand where a number may.
        for line in ["/history 3 #", "/history #te", "/history 3 7 tea", "/history tea "] {
            assert_eq!(shown(line), "", "{line}");
        }
        assert_eq!(shown("/help "), "[COMMAND]");
    }

    #[test]
    fn a_name_is_completed_if_only_one_command_begins_so() {
        assert_eq!(
            hint("/his"),
            Some(("tory [LIMIT] [BEFORE] [ROOM]".into(), Some("tory ".into())))
        );
        assert_eq!(hint("/kic"), Some(("k USERNAME [REASON]".into(), Some("k ".into()))));
        assert_eq!(hint("/HIS"), hint("/his"));
        assert_eq!(hint("/Kick "), hint("/kick "));
        assert_eq!(hint("/log"), None);
        for line in ["/kic", "/kick", "/kick "] {
            assert_eq!(Catalogue::built_in(Secrets::Asked).hint(line, false), None, "{line}");
        }
    }

    #[test]
    fn a_finished_line_and_a_text_have_no_hint() {
        for line in
            ["", "msg", "/", "//msg", "/ msg", "/his 1", "/fly", "/msg bob hi", "/names tea"]
        {
            assert_eq!(hint(line), None, "{line:?}");
        }
    }

    #[test]
    fn the_keys_are_explained_unless_the_server_has_such_a_command() {
        let catalogue = Catalogue::built_in(Secrets::Asked);
        let lines = catalogue.explain("keys", Some(60)).unwrap();
        assert!(lines.iter().any(|line| line.starts_with("Ctrl-R")), "{lines:?}");
        assert!(lines.iter().all(|line| line.chars().count() <= 60), "{lines:?}");
        let keys = Dict::new().with("request", "keys").with("summary", "Mine.");
        let keys = Value::from(keys.with("arguments", Value::Array(vec![])));
        let answer = Dict::new().with("help", vec![keys]);
        let catalogue = Catalogue::from_help(&answer, Secrets::Asked).unwrap();
        assert_eq!(catalogue.explain("keys", None).unwrap(), ["/keys  Mine."]);
    }

    fn explained(command: &str, secrets: Secrets) -> String {
        Catalogue::built_in(secrets).explain(command, Some(80)).unwrap().join("\n")
    }

    #[test]
    fn every_command_is_explained() {
        let catalogue = Catalogue::built_in(Secrets::Asked);
        for word in catalogue.words(true) {
            let first = catalogue.explain(&word, None).unwrap().remove(0);
            assert!(first.starts_with(&format!("/{word}")) && first.ends_with('.'), "{first}");
            let lines = catalogue.explain(&word, Some(80)).unwrap();
            assert!(lines.iter().all(|line| line.chars().count() <= 80), "{lines:?}");
        }
        assert_eq!(catalogue.explain("fly", None), None);
        assert_eq!(catalogue.explain("/MSG", None), catalogue.explain("msg", None));
        assert_eq!(catalogue.explain("KEYS", None), catalogue.explain("keys", None));
    }

    #[test]
    fn an_explanation_names_the_arguments() {
        assert_eq!(
            explained("/history", Secrets::Asked),
            "/history [LIMIT] [BEFORE] [ROOM]  Get earlier messages, or those before an id.\n  \
               LIMIT                           a whole number; may be left out\n  \
               BEFORE                          a whole number; may be left out\n  \
               ROOM                            a text; without it, your room"
        );
        let last = |secrets| {
            explained("login", secrets)
                .split("  PASSWORD ")
                .nth(1)
                .map(str::trim)
                .map(str::to_owned)
        };
        let asked = "The client asks for it, if it is needed, and hides it.";
        assert_eq!(last(Secrets::Asked).as_deref(), Some(asked));
        assert_eq!(last(Secrets::InLine).as_deref(), Some("a text; may be left out"));
    }
}
