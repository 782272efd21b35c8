//! A course: what its text demands of a server, and what it leaves open.
//!
//! Every course is a file. Those in `handout/courses/` are built in; a teacher writes others, which
//! usually extend one of them and contain only the lines that differ.

mod file;
mod sentences;

use std::path::Path;

use serde::{Deserialize, Deserializer};

use crate::wire::Dialect;

/// The longest name that a course can allow, in characters.
const LONGEST_NAME: usize = 1000;

/// What a course demands of a server. A program of another kind, a client, is checked without a course.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Course {
    /// The name for reports.
    pub(crate) title: String,
    /// The page that states the requirements, for people.
    #[cfg_attr(not(test), expect(dead_code, reason = "a test compares the page with the file"))]
    page: String,
    /// The dialect; any, if the course names none.
    dialect: Option<String>,
    /// The port on which every server of the course listens, if it is fixed.
    pub(crate) port: Option<u16>,
    /// Whether programs consist of the layers net, parse and app.
    pub(crate) layers: bool,
    /// Ids of the checks that the course does not demand.
    without: Vec<String>,
    pub(crate) names: Names,
    pub(crate) errors: Errors,
    pub(crate) logout: Logout,
    pub(crate) answers: Answers,
    /// Requirements in the words of this course, by the ids of their checks.
    #[serde(default)]
    sentences: std::collections::BTreeMap<String, String>,
}

/// The rule for names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Names {
    /// Characters that a name may contain besides ASCII letters and digits.
    pub(crate) also: String,
    /// Length of the longest name, in characters; `None` if the course sets no limit.
    #[serde(deserialize_with = "or_false")]
    pub(crate) longest: Option<usize>,
    /// Whether names that differ only in case are the same.
    ignore_case: bool,
}

/// The error texts that the course fixes; `None` where the words are free.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Errors {
    #[serde(deserialize_with = "or_false")]
    pub(crate) invalid_name: Option<String>,
    #[serde(deserialize_with = "or_false")]
    pub(crate) name_taken: Option<String>,
    #[serde(deserialize_with = "or_false")]
    pub(crate) already_logged_in: Option<String>,
    /// For a message from a client that is not logged in.
    #[serde(deserialize_with = "or_false")]
    pub(crate) not_logged_in: Option<String>,
    /// For a logout of a client that is not logged in.
    #[serde(deserialize_with = "or_false")]
    pub(crate) no_logout: Option<String>,
    #[serde(deserialize_with = "or_false")]
    pub(crate) unknown_request: Option<String>,
    #[serde(deserialize_with = "or_false")]
    pub(crate) empty_message: Option<String>,
}

/// What a server may do at a logout.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Logout {
    /// The server has to answer. Otherwise it may close the connection in place of an answer.
    pub(crate) answer: bool,
    /// The connection has to stay open.
    pub(crate) stays_open: bool,
}

/// Which answers the course demands.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Answers {
    /// A request that is unknown, incomplete or not JSON has to be answered with an error.
    pub(crate) to_wrong_requests: bool,
    /// The text of a message stands alone, if the dialect has a key for its sender.
    pub(crate) bare_messages: bool,
    /// Earlier messages may come as plain texts.
    pub(crate) plain_history: bool,
}

impl Course {
    /// Reads a course: a built-in one by its name, or else the file at this path.
    ///
    /// # Errors
    /// One line of text: the course does not exist, or its file is wrong.
    pub(crate) fn read(name: &str) -> Result<Course, String> {
        let (label, table) = file::table(name)?;
        let course: Course = table
            .try_into()
            .map_err(|error: toml::de::Error| format!("{label}: {}", one_line(error.message())))?;
        course.is_sound().map_err(|error| format!("{label}: {error}"))?;
        Ok(course)
    }

    /// The names of the built-in courses.
    #[cfg(test)]
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        file::BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// Checks what the types do not express.
    fn is_sound(&self) -> Result<(), String> {
        if let Some(name) = &self.dialect {
            Dialect::named(name)?;
        }
        let known = |id: &&String| sentences::is_known(id);
        let named = self.without.iter().chain(self.sentences.keys());
        if let Some(id) = named.into_iter().find(|id| !known(id)) {
            return Err(format!("there is no check {id}; see grade --list"));
        }
        if let Some(other) = self.names.also.chars().find(|other| other.is_ascii_alphanumeric()) {
            return Err(format!("names.also contains {other:?}, which every name may contain"));
        }
        match self.names.longest {
            Some(longest) if !(1..=LONGEST_NAME).contains(&longest) => {
                Err(format!("names.longest is {longest}; it must be 1 to {LONGEST_NAME}, or false"))
            }
            _ if self.port == Some(0) => Err("port is 0; it must be 1 to 65535".to_owned()),
            _ => Ok(()),
        }
    }

    /// The dialect of the course, if it names one.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        self.dialect.as_deref().and_then(Dialect::find)
    }

    /// Whether the course demands what the check with this id tests.
    pub(crate) fn demands(&self, id: &str) -> bool {
        let is_free = match id {
            "LOGIN-2" => !self.names.also.contains('_'),
            "LOGIN-10" => !self.names.ignore_case,
            "LOGIN-13" => self.names.longest.is_none(),
            _ => false,
        };
        !is_free && !self.without.iter().any(|other| other == id)
    }

    /// Whether a client can ask for the names of the users.
    pub(crate) fn has_names(&self) -> bool {
        !self.without.iter().any(|id| id == "NAMES-1")
    }

    /// The requirement behind a check, as this course states it.
    pub(crate) fn sentence(&self, id: &str) -> String {
        match self.sentences.get(id) {
            Some(sentence) => sentence.clone(),
            None => sentences::derive(self, id),
        }
    }
}

/// Reads a value, or `false` for none.
fn or_false<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected a value, or false")]
    enum Value<T> {
        Given(T),
        Free(bool),
    }
    match Value::deserialize(deserializer)? {
        Value::Given(value) => Ok(Some(value)),
        Value::Free(false) => Ok(None),
        Value::Free(true) => Err(serde::de::Error::custom("expected a value, or false; not true")),
    }
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Returns whether this is a path rather than the name of a built-in course.
pub(crate) fn is_path(name: &str) -> bool {
    name.contains('/') || Path::new(name).extension().is_some()
}

#[cfg(test)]
mod tests;
