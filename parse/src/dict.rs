//! JSON objects with typed getters.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Map;

use crate::{DictError, characters};

/// Any JSON value.
pub use serde_json::Value;

/// A JSON object. Keys are unique and keep the order in which they were added.
///
/// The getters are strict: a value of another type is an error, and so is `null`. The `optional_`
/// getters return `None` only if the key is missing.
///
/// ```
/// use parse::Dict;
///
/// let dict = Dict::new().with("message", "hi").with("id", 7);
/// assert_eq!(dict.string("message"), Ok("hi"));
/// let error = dict.string("id").unwrap_err();
/// assert_eq!(error.to_string(), "Wrong type for id: wanted string, got number");
/// assert_eq!(dict.optional_string("room"), Ok(None));
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Dict(Map<String, Value>);

/// The name of the type of strings in errors.
const STRING: &str = "string";
/// The name of the type of whole numbers in errors.
const WHOLE: &str = "whole number";
/// The name of the type of booleans in errors.
const BOOLEAN: &str = "boolean";
/// The name of the type of lists in errors.
const LIST: &str = "list";

impl Dict {
    /// Creates an empty dict.
    pub fn new() -> Dict {
        Dict::default()
    }

    /// Returns the dict with one more key. An existing key gets the new value.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Dict {
        self.insert(key, value);
        self
    }

    /// Adds a key. An existing key gets the new value.
    pub fn insert(&mut self, key: &str, value: impl Into<Value>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Removes a key. The other keys keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key)
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// Returns whether the dict has the key.
    pub fn contains(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// Returns all keys with their values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Returns the string of a key.
    ///
    /// # Errors
    /// If the key is missing, or its value is not a string.
    pub fn string(&self, key: &str) -> Result<&str, DictError> {
        self.optional_string(key)?.ok_or_else(|| missing(key))
    }

    /// Returns the string of a key, if the dict has the key.
    ///
    /// # Errors
    /// If the value is not a string.
    pub fn optional_string(&self, key: &str) -> Result<Option<&str>, DictError> {
        self.typed(key, STRING, Value::as_str)
    }

    /// Returns the whole number (0 to 2⁶⁴ - 1) of a key.
    ///
    /// # Errors
    /// If the key is missing, or its value is not a whole number.
    pub fn whole_number(&self, key: &str) -> Result<u64, DictError> {
        self.optional_whole_number(key)?.ok_or_else(|| missing(key))
    }

    /// Returns the whole number of a key, if the dict has the key.
    ///
    /// # Errors
    /// If the value is not a whole number.
    pub fn optional_whole_number(&self, key: &str) -> Result<Option<u64>, DictError> {
        self.typed(key, WHOLE, Value::as_u64)
    }

    /// Returns the boolean of a key, if the dict has the key.
    ///
    /// # Errors
    /// If the value is not a boolean.
    pub fn optional_boolean(&self, key: &str) -> Result<Option<bool>, DictError> {
        self.typed(key, BOOLEAN, Value::as_bool)
    }

    /// Returns the list of a key.
    ///
    /// # Errors
    /// If the key is missing, or its value is not a list.
    pub fn list(&self, key: &str) -> Result<&[Value], DictError> {
        let list = self.typed(key, LIST, |value| value.as_array().map(Vec::as_slice))?;
        list.ok_or_else(|| missing(key))
    }

    /// Returns the dicts in the list of a key.
    ///
    /// # Errors
    /// If the key is missing, or its value is not a list of dicts.
    pub fn dicts(&self, key: &str) -> Result<Vec<Dict>, DictError> {
        let elements = self.list(key)?.iter();
        let dict = |value: &Value| match value {
            Value::Object(map) => Ok(Dict(map.clone())),
            other => Err(wrong_type(key, "list of dicts", other)),
        };
        elements.map(dict).collect()
    }

    /// Returns the dict as JSON on one line. Inside strings every end of a line is escaped, including
    /// those of Unicode.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }

    /// Returns what `read` makes of the value of a key, or `None` if the dict does not have the key.
    /// `read` returns `None` if the value has another type. The value `null` is a value of another
    /// type, too: it does not stand for a missing key.
    ///
    /// # Errors
    /// If the dict has the key, and `read` returns `None`. `wanted` is the name of the expected type
    /// for [`wrong_type`].
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

/// Creates the error for a value that has another type than `wanted`.
fn wrong_type(key: &str, wanted: &'static str, got: &Value) -> DictError {
    // "wanted whole number, got number" would be true, but would not help.
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
        Value::Bool(_) => BOOLEAN,
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

/// Writes JSON on one line.
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
    fn a_getter_returns_the_value() {
        assert_eq!(dict().string("text"), Ok("hello"));
        assert_eq!(dict().whole_number("count"), Ok(3));
        assert_eq!(dict().list("list").map(<[Value]>::len), Ok(2));
        assert_eq!(dict().optional_string("absent"), Ok(None));
        assert_eq!(dict().optional_whole_number("absent"), Ok(None));
        assert_eq!(dict().optional_boolean("absent"), Ok(None));
        assert_eq!(dict().with("loud", true).optional_boolean("loud"), Ok(Some(true)));
    }

    #[test]
    fn an_error_names_the_key_the_expected_type_and_the_actual_type() {
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
            (
                says(dict().optional_boolean("text")),
                "Wrong type for text: wanted boolean, got string",
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
