//! The shape of a frame: what stays the same in every frame of its kind.
//!
//! The same sentence about another user, or with other numbers, has the same shape. So the grader
//! recognises an answer that it has seen once.

use serde_json::{Map, Value};

use super::{Dialect, text};

/// The shape of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape {
    /// The value of `response`.
    pub(super) response: String,
    keys: Vec<String>,
    /// The text for people, with placeholders; only where the other keys do not say what the frame is.
    pub(super) words: Option<String>,
}

/// The users whose names may occur in a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct People<'a> {
    /// The login name of the user who receives the text.
    pub(crate) me: Option<&'a str>,
    /// The names of all users.
    pub(crate) everyone: &'a [String],
}

impl Shape {
    pub(super) fn of(object: &Map<String, Value>, dialect: Dialect, people: People<'_>) -> Shape {
        let response = text(object, "response");
        let words = match (dialect, response) {
            (Dialect::Ktn15, "history") => None,
            (Dialect::Ktn15, _) => Some(text(object, "content")),
            // A refusal without a mark differs from an answer in the name alone.
            (Dialect::Json | Dialect::Ktn14, "logout") => Some(text(object, "username")),
            (Dialect::Json | Dialect::Ktn14, "login") => None,
            (Dialect::Json | Dialect::Ktn14, _) => Some(text(object, "message")),
        };
        let words = words.filter(|words| !words.is_empty());
        // A tag comes back where the request had one.
        let keys = object.keys().filter(|key| *key != "tag");
        let mut keys: Vec<String> = keys.cloned().collect();
        keys.sort_unstable();
        let words = words.map(|words| masked(words, people));
        Shape { response: response.to_owned(), keys, words }
    }

    /// Describes the shape: its response, and the text with its placeholders.
    pub(crate) fn words(&self) -> String {
        match &self.words {
            Some(words) => format!("`{}` {words:?}", self.response),
            None => format!("`{}`", self.response),
        }
    }
}

/// The words of a text: its longest runs of letters, digits and underscores.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !is_of_word(letter)).filter(|token| !token.is_empty())
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The text with `{me}` and `{someone}` in place of names, and `#` in place of numbers.
fn masked(text: &str, people: People<'_>) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = is_of_word(first);
        let end = rest.find(|letter| is_of_word(letter) != is_word).unwrap_or(rest.len());
        let (token, after) = rest.split_at(end);
        rest = after;
        if is_word && people.me == Some(token) {
            masked.push_str("{me}");
        } else if is_word && people.everyone.iter().any(|name| name == token) {
            masked.push_str("{someone}");
        } else {
            push_without_numbers(&mut masked, token);
        }
    }
    masked
}

fn push_without_numbers(masked: &mut String, token: &str) {
    let mut in_number = false;
    for letter in token.chars() {
        let is_digit = letter.is_ascii_digit();
        if !is_digit {
            masked.push(letter);
        } else if !in_number {
            masked.push('#');
        }
        in_number = is_digit;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_have_placeholders() {
        let everyone = ["ann".to_owned(), "ben".to_owned()];
        let people = People { me: Some("ann"), everyone: &everyone };
        for (text, want) in [
            ("Welcome, ann! 12 are here", "Welcome, {me}! # are here"),
            ("ben joined at 09:41", "{someone} joined at #:#"),
            ("anna bent 2017-03-01T12:00Z", "anna bent #-#-#T#:#Z"),
            ("", ""),
        ] {
            assert_eq!(masked(text, people), want);
        }
        assert_eq!(
            tokens("Online: ann,ben\n (2)").collect::<Vec<_>>(),
            ["Online", "ann", "ben", "2"]
        );
    }
}
