//! The table of dialects: names, summaries and options.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{DIALECTS, Dialect};
use crate::{Limits, is_word};

/// A row of the table.
pub struct Entry {
    /// The name for `--listen`.
    pub name: &'static str,
    /// A description in one line.
    pub summary: &'static str,
    /// The options.
    pub choices: &'static [Choice],
    /// Creates the dialect from its limits and chosen options.
    pub make: fn(&Limits, &Choices) -> Arc<dyn Dialect>,
}

/// An option of a dialect.
pub struct Choice {
    /// The name.
    pub name: &'static str,
    /// The possible values, the default first. If the list is empty, any name is possible, and the
    /// option has no default.
    pub values: &'static [&'static str],
    /// A description in one line.
    pub summary: &'static str,
}

/// The chosen values of the options of a dialect.
#[derive(Debug, Default)]
pub struct Choices(BTreeMap<&'static str, String>);

impl Choice {
    fn can_be(&self, value: &str) -> bool {
        if self.values.is_empty() { is_word(value) } else { self.values.contains(&value) }
    }
}

impl Choices {
    /// Returns the chosen value or the default of an option.
    pub fn get(&self, choice: &str) -> Option<&str> {
        self.0.get(choice).map(String::as_str)
    }
}

/// The reason why a dialect was not found.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownDialect {
    /// No dialect has that name.
    #[error("no dialect is called {name:?}; there is: {}", names().join(", "))]
    Name {
        /// The name.
        name: String,
    },
    /// The dialect does not have the option.
    #[error("{dialect} has no option {text:?}; it has: {there}")]
    Choice {
        /// The dialect.
        dialect: &'static str,
        /// The text.
        text: String,
        /// The possible ones.
        there: String,
    },
    /// The option cannot have this value.
    #[error("{option} of {dialect} cannot be {value:?}; it can be: {there}")]
    Value {
        /// The dialect.
        dialect: &'static str,
        /// The option.
        option: &'static str,
        /// The value.
        value: String,
        /// The possible ones.
        there: String,
    },
}

fn names() -> Vec<&'static str> {
    DIALECTS.iter().map(|entry| entry.name).collect()
}

/// Creates a dialect from `DIALECT` or `DIALECT:OPTION=VALUE,…`.
///
/// ```
/// use parse::{Limits, dialect};
///
/// let dialect = dialect::find("plain:colour=off", &Limits::default())?;
/// assert_eq!(dialect.name(), "plain");
/// # Ok::<(), dialect::UnknownDialect>(())
/// ```
///
/// # Errors
/// If the dialect, the option or the value does not exist. The error names the possible ones.
pub fn find(text: &str, limits: &Limits) -> Result<Arc<dyn Dialect>, UnknownDialect> {
    let (name, options) = match text.split_once(':') {
        Some((name, options)) => (name, Some(options)),
        None => (text, None),
    };
    let entry = DIALECTS.iter().find(|entry| entry.name == name);
    let entry = entry.ok_or_else(|| UnknownDialect::Name { name: name.to_owned() })?;
    let mut chosen = Choices::default();
    for choice in entry.choices {
        chosen.0.extend(choice.values.first().map(|default| (choice.name, (*default).to_owned())));
    }
    for option in options.into_iter().flat_map(|options| options.split(',')) {
        let choice = entry.choices.iter().find_map(|choice| {
            Some((choice, option.strip_prefix(choice.name)?.strip_prefix('=')?))
        });
        let (choice, value) = choice.ok_or_else(|| entry.no_choice(option))?;
        if !choice.can_be(value) {
            return Err(entry.no_value(choice, value));
        }
        chosen.0.insert(choice.name, value.to_owned());
    }
    Ok((entry.make)(limits, &chosen))
}

impl Entry {
    /// Returns each option with its values, for the help.
    pub fn options(&self) -> impl Iterator<Item = String> {
        self.choices.iter().map(|choice| match choice.values {
            [] => format!("{}={}", choice.name, choice.name.to_ascii_uppercase()),
            values => format!("{}={}", choice.name, values.join("|")),
        })
    }

    fn no_value(&self, choice: &Choice, value: &str) -> UnknownDialect {
        let there = match choice.values {
            [] => "a name".to_owned(),
            values => values.join(", "),
        };
        let (dialect, option, value) = (self.name, choice.name, value.to_owned());
        UnknownDialect::Value { dialect, option, value, there }
    }

    fn no_choice(&self, text: &str) -> UnknownDialect {
        let there: Vec<String> = self.options().collect();
        let there = if there.is_empty() { "none".to_owned() } else { there.join(", ") };
        UnknownDialect::Choice { dialect: self.name, text: text.to_owned(), there }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        match find(text, &Limits::default()) {
            Ok(dialect) => format!("it is {}", dialect.name()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn every_dialect_is_found_by_its_name_once() {
        for (index, entry) in DIALECTS.iter().enumerate() {
            assert_eq!(names().iter().position(|name| *name == entry.name), Some(index));
            assert_eq!(error(entry.name), format!("it is {}", entry.name));
            assert!(!entry.summary.is_empty() && !entry.summary.contains('\n'));
            for choice in entry.choices {
                for value in choice.values {
                    let text = format!("{}:{}={value}", entry.name, choice.name);
                    assert_eq!(error(&text), format!("it is {}", entry.name));
                }
            }
        }
    }

    #[test]
    fn an_error_names_the_possible_dialects_options_and_values() {
        assert!(
            error("klingon").starts_with(r#"no dialect is called "klingon"; there is: auto, "#)
        );
        let options = "history=messages|objects|strings";
        for bad in ["", "history", "colour=off"] {
            let want = format!("ktn15 has no option {bad:?}; it has: {options}");
            assert_eq!(error(&format!("ktn15:{bad}")), want);
        }
        let want = r#"history of ktn15 cannot be "often"; it can be: messages, objects, strings"#;
        assert_eq!(error("ktn15:history=often"), want);
        for bad in ["", "a b"] {
            let want = format!("admin of menu cannot be {bad:?}; it can be: a name");
            assert_eq!(error(&format!("menu:admin={bad}")), want);
        }
        assert_eq!(error("json:a=b"), r#"json has no option "a=b"; it has: none"#);
    }
}
