//! How a server lists the names of its users.

use serde_json::{Map, Value};

use super::shape::tokens;
use super::{Dialect, Frame, text, texts};

/// How a server lists names in a text: the words around them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listing {
    /// Words that are no names.
    frame: Vec<String>,
    /// The text contains numbers that are no names, such as a count.
    has_numbers: bool,
    /// The names come as a list and not as a text.
    is_list: bool,
    /// An example, for people.
    pub(crate) example: String,
}

impl Listing {
    /// Learns from what came after each request for the names. `names` are all users there were.
    pub(super) fn learn<'a>(
        dialect: Dialect,
        answers: impl Iterator<Item = &'a [Frame]>,
        names: &[String],
    ) -> Option<Listing> {
        let answers = answers.filter_map(|frames| {
            let objects = frames.iter().filter_map(Frame::object);
            let mut listings = objects.filter_map(|object| names_value(dialect, object));
            // Of several texts, the one with most names is the list, and the others are news.
            let count =
                |value: &&Value| words_of(value).iter().filter(|it| names.contains(it)).count();
            let first = listings.next()?;
            let best =
                listings.fold(first, |best, it| if count(&it) > count(&best) { it } else { best });
            (count(&best) > 0).then_some(best)
        });
        // The last one has the most users.
        let value = answers.last()?;
        let (mut frame, mut has_numbers) = (Vec::new(), false);
        for word in words_of(value) {
            if is_number(&word) {
                has_numbers = true;
            } else if !names.contains(&word) {
                frame.push(word);
            }
        }
        let example = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(Listing { frame, has_numbers, is_list: value.is_array(), example })
    }

    /// Whether the names come as a list and not as a text.
    pub(crate) fn is_list(&self) -> bool {
        self.is_list
    }

    /// Whether a text can be a list of names in which this name occurs.
    pub(super) fn matches(&self, value: &Value, me: Option<&str>) -> bool {
        let words = words_of(value);
        let has = |wanted: &str| words.iter().any(|word| word == wanted);
        self.frame.iter().all(|word| has(word)) && me.is_none_or(has)
    }

    /// The names in a text.
    pub(super) fn names(&self, value: &Value) -> Vec<String> {
        let mut frame: Vec<&String> = self.frame.iter().collect();
        let mut names = words_of(value);
        names.retain(|word| {
            if self.has_numbers && is_number(word) {
                return false;
            }
            // Each word of the frame occurs as often as it did when the grader learned it.
            match frame.iter().position(|other| *other == word) {
                Some(place) => {
                    frame.swap_remove(place);
                    false
                }
                None => true,
            }
        });
        names
    }

    /// The names in a text of a server whose form is unknown: all of its words.
    pub(super) fn unknown(value: &Value) -> Vec<String> {
        words_of(value)
    }
}

fn is_number(word: &str) -> bool {
    word.bytes().all(|letter| letter.is_ascii_digit())
}

/// The names in a list, or the words of a text.
fn words_of(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => {
            values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
        }
        Value::String(text) => tokens(text).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// The part of an answer that lists the names.
pub(super) fn names_value(dialect: Dialect, object: &Map<String, Value>) -> Option<&Value> {
    let keys: &[&str] = match dialect {
        Dialect::Json | Dialect::Ktn14 => &["names", "users"],
        Dialect::Ktn15 => match text(object, "response") {
            "error" | "history" | "message" => &[],
            _ => &["content"],
        },
    };
    keys.iter().find_map(|key| object.get(*key))
}

/// The names in an answer of a dialect that has a key for them.
pub(super) fn named(object: &Map<String, Value>) -> Option<Vec<String>> {
    let key = ["names", "users"].into_iter().find(|key| object.contains_key(*key))?;
    match object.get(key) {
        Some(Value::String(list)) => Some(tokens(list).map(str::to_owned).collect()),
        _ => Some(texts(object, key)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn learned(content: &Value) -> Listing {
        let names = ["ann".to_owned(), "ben".to_owned(), "cat".to_owned()];
        let frame = |content: &Value| {
            let value =
                json!({"timestamp": 1, "sender": "server", "response": "info", "content": content});
            Frame { bytes: value.to_string().into_bytes(), value: Some(value), has_end: true }
        };
        let news = frame(&json!("cat has joined"));
        let frames = [news, frame(content)];
        Listing::learn(Dialect::Ktn15, std::iter::once(&frames[..]), &names).unwrap()
    }

    #[test]
    fn names_are_found_in_every_form() {
        for (seen, next) in [
            (json!("ann, ben"), json!("ben, dan")),
            (json!("Online now: ann ben"), json!("Online now: dan ben")),
            (json!("Users:\n- ann\n- ben\n"), json!("Users:\n- dan\n- ben\n")),
            (json!("2 users: ann,ben"), json!("2 users: dan,ben")),
            (json!(["ann", "ben"]), json!(["dan", "ben"])),
            (json!("['ann', 'ben']"), json!("['dan', 'ben']")),
        ] {
            let listing = learned(&seen);
            let mut names = listing.names(&next);
            names.sort();
            assert_eq!(names, ["ben", "dan"], "{next}: {listing:?}");
            assert!(listing.matches(&next, Some("ben")), "{next}");
            assert!(!listing.matches(&json!("dan has left"), Some("ben")));
        }
    }
}
