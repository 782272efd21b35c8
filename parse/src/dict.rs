//! A JSON object, asked for its keys by name and type.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Map;

use crate::{DictError, characters};

/// Any JSON value.
pub use serde_json::Value;

/// A JSON object. Keys are unique and keep the order in which they were added.
///
/// The getters are strict: a key that is there with a value of another type is an error that
/// says so, and so is a `null`. The `optional_` getters give `None` only when the key is absent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dict(Map<String, Value>);

/// Wanted a string.
const STRING: &str = "string";
/// Wanted a number that counts something.
const WHOLE: &str = "whole number";
/// Wanted a list.
const LIST: &str = "list";

impl Dict {
    /// An empty dict.
    pub fn new() -> Dict {
        Dict::default()
    }

    /// The dict with one more key; a key that is there already gets the new value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Dict {
        self.insert(key, value);
        self
    }

    /// Adds a key; a key that is there already gets the new value.
    pub fn insert(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Takes a key out, leaving the others in their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key)
    }

    /// The value under a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Whether the key is there.
    pub fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// All keys with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The string under a key.
    ///
    /// # Errors
    /// When the key is missing, or is no string.
    pub fn string(&self, key: &str) -> Result<&str, DictError> {
        self.optional_string(key)?.ok_or_else(|| missing(key))
    }

    /// The string under a key that may be absent.
    ///
    /// # Errors
    /// When the key is there and is no string.
    pub fn optional_string(&self, key: &str) -> Result<Option<&str>, DictError> {
        self.typed(key, STRING, Value::as_str)
    }

    /// The whole number (0 to 2⁶⁴ - 1) under a key.
    ///
    /// # Errors
    /// When the key is missing, or is no whole number.
    pub fn whole_number(&self, key: &str) -> Result<u64, DictError> {
        self.optional_whole_number(key)?.ok_or_else(|| missing(key))
    }

    /// The whole number under a key that may be absent.
    ///
    /// # Errors
    /// When the key is there and is no whole number.
    pub fn optional_whole_number(&self, key: &str) -> Result<Option<u64>, DictError> {
        self.typed(key, WHOLE, Value::as_u64)
    }

    /// The list under a key.
    ///
    /// # Errors
    /// When the key is missing, or is no list.
    pub fn list(&self, key: &str) -> Result<&[Value], DictError> {
        let list = self.typed(key, LIST, |value| value.as_array().map(Vec::as_slice))?;
        list.ok_or_else(|| missing(key))
    }

    /// The dicts in the list under a key.
    ///
    /// # Errors
    /// When the key is missing, is no list, or an element of it is no dict.
    pub fn dicts(&self, key: &str) -> Result<Vec<Dict>, DictError> {
        let elements = self.list(key)?.iter();
        let dict = |value: &Value| match value {
            Value::Object(map) => Ok(Dict(map.clone())),
            other => Err(wrong_type(key, "list of dicts", other)),
        };
        elements.map(dict).collect()
    }

    /// The dict as JSON, in which no reader finds the end of a line: outside of strings JSON has
    /// none, and inside of them it is escaped, also where that is so in Unicode only.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }

    fn typed<'a, T>(
        &'a self,
        key: &str,
        wanted: &'static str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, DictError> {
        match self.0.get(key) {
            None => Ok(None),
            Some(value) => match read(value) {
                Some(read) => Ok(Some(read)),
                None => Err(wrong_type(key, wanted, value)),
            },
        }
    }
}

fn missing(key: &str) -> DictError {
    DictError::Missing { key: key.to_owned() }
}

fn wrong_type(key: &str, wanted: &'static str, got: &Value) -> DictError {
    // Where a whole number is wanted, "got number" would be true and no help.
    let got = match got {
        Value::Number(number) if wanted == WHOLE && number.is_i64() => "negative number",
        Value::Number(_) if wanted == WHOLE => "fraction",
        other => kind(other),
    };
    DictError::WrongType { key: key.to_owned(), wanted, got }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => STRING,
        Value::Array(_) => LIST,
        Value::Object(_) => "dict",
    }
}

impl From<Dict> for Value {
    fn from(dict: Dict) -> Value {
        Value::Object(dict.0)
    }
}

impl From<Map<String, Value>> for Dict {
    fn from(map: Map<String, Value>) -> Dict {
        Dict(map)
    }
}

/// As JSON, on one line for every reader.
impl fmt::Display for Dict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A dict has string keys and finite numbers only: there is nothing that JSON lacks.
        f.write_str(&characters::escape(serde_json::to_string(self).map_err(|_| fmt::Error)?))
    }
}

impl Serialize for Dict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dict() -> Dict {
        Dict::new()
            .with("text", "hello")
            .with("count", 3)
            .with("debt", -3)
            .with("half", 0.5)
            .with("nothing", Value::Null)
            .with("list", vec![Value::from(Dict::new().with("a", 1)), Value::from(2)])
    }

    fn says<T: std::fmt::Debug>(result: Result<T, DictError>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_getter_gives_what_is_there() {
        assert_eq!(dict().string("text"), Ok("hello"));
        assert_eq!(dict().whole_number("count"), Ok(3));
        assert_eq!(dict().list("list").map(<[Value]>::len), Ok(2));
        assert_eq!(dict().optional_string("absent"), Ok(None));
        assert_eq!(dict().optional_whole_number("absent"), Ok(None));
    }

    #[test]
    fn an_error_names_the_key_what_was_wanted_and_what_was_there() {
        assert_eq!(says(dict().string("absent")), "Missing argument: absent");
        assert_eq!(says(dict().whole_number("absent")), "Missing argument: absent");
        assert_eq!(says(dict().list("absent")), "Missing argument: absent");
        for (got, want) in [
            (says(dict().string("count")), "Wrong type for count: wanted string, got number"),
            (says(dict().string("list")), "Wrong type for list: wanted string, got list"),
            (
                says(dict().optional_string("nothing")),
                "Wrong type for nothing: wanted string, got null",
            ),
            (
                says(dict().whole_number("text")),
                "Wrong type for text: wanted whole number, got string",
            ),
            (
                says(dict().whole_number("debt")),
                "Wrong type for debt: wanted whole number, got negative number",
            ),
            (
                says(dict().whole_number("half")),
                "Wrong type for half: wanted whole number, got fraction",
            ),
            (says(dict().dicts("list")), "Wrong type for list: wanted list of dicts, got number"),
        ] {
            assert_eq!(got, want);
        }
    }

    #[test]
    fn keys_keep_their_order() {
        let mut dict = dict();
        dict.remove("count");
        let keys: Vec<&str> = dict.iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["text", "debt", "half", "nothing", "list"]);
    }
}
