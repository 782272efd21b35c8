//! A strict reader of JSON objects, which refuses input that two programs may read in two ways.
//!
//! An ordinary JSON parser silently takes the last of two equal keys; the next program may take the
//! first. Here a duplicate key is an error, at any depth. Nesting over the limit is an error, too, so
//! that no peer can exhaust the stack.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{Dict, ParseError};

/// Reads one JSON object with a nesting of at most `nesting`. An object without nesting has depth 1.
///
/// # Errors
/// If the bytes are not UTF-8 or not exactly one JSON object, or if the object has a duplicate key or
/// too much nesting. The error contains the reason and the place.
pub(crate) fn read(bytes: &[u8], nesting: usize) -> Result<Dict, ParseError> {
    read_bounded(bytes, nesting, usize::MAX)
}

/// Reads an object as [`read`] does, with at most this number of values. A value of two bytes on the
/// wire takes up to a kilobyte of memory, so a limit on bytes does not limit the memory.
///
/// # Errors
/// As for [`read`], and if the object has more values.
pub(crate) fn read_bounded(
    bytes: &[u8],
    nesting: usize,
    values: usize,
) -> Result<Dict, ParseError> {
    let text =
        text(bytes).map_err(|error| ParseError::NotAnObject { reason: error.to_string() })?;
    let budget = Budget { values, left: Cell::new(values) };
    let reason =
        |error: serde_json::Error| ParseError::NotAnObject { reason: shorten(&error.to_string()) };
    let map = only_object(text, Object { nesting, budget: &budget }).map_err(reason)?;
    Ok(Dict::from(map))
}

/// Reads a text that is one JSON object, with nothing but white space around it. `object` is the
/// visitor that reads the content of the object.
///
/// # Errors
/// If the text begins with something else than an object, if `object` returns an error, or if
/// anything but white space follows the object. A deserializer stops behind the value that it has
/// read and ignores the rest, unless it is asked to check for the end.
fn only_object(text: &str, object: Object<'_>) -> Result<Map<String, Value>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let map = deserializer.deserialize_map(object)?;
    deserializer.end()?;
    Ok(map)
}

/// Decodes UTF-8.
///
/// # Errors
/// If the bytes are not UTF-8. The error contains the place.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, ParseError> {
    std::str::from_utf8(bytes).map_err(|error| ParseError::NotUtf8 { at: error.valid_up_to() })
}

/// Maximum length of a reason in characters. A reason may quote the input, which may be long.
const REASON: usize = 200;

/// Cuts the middle out of a long text. The end stays, because it contains the place.
fn shorten(text: &str) -> String {
    let length = text.chars().count();
    if length <= REASON {
        return text.to_owned();
    }
    let begin: String = text.chars().take(REASON / 2).collect();
    let end: String = text.chars().skip(length - REASON / 2).collect();
    format!("{begin} … {end}")
}

/// The number of values that may still be read.
struct Budget {
    values: usize,
    left: Cell<usize>,
}

impl Budget {
    /// Takes one value from the budget.
    ///
    /// # Errors
    /// If the budget is used up.
    fn take<E: de::Error>(&self) -> Result<(), E> {
        let more = || E::custom(format_args!("more than {} values", self.values));
        self.left.set(self.left.get().checked_sub(1).ok_or_else(more)?);
        Ok(())
    }
}

/// A reader of an object with at most this nesting.
struct Object<'b> {
    nesting: usize,
    budget: &'b Budget,
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    /// Reads the keys and values of an object, in order. Each value takes one from the budget, and
    /// may have one level of nesting less than the object.
    ///
    /// # Errors
    /// If the object has a duplicate key (`duplicate key "a"`), too much nesting or too many values,
    /// or if its JSON is wrong. The place in the error is that of the deserializer. So a duplicate
    /// key and a value over the budget are reported before the value behind the key is read.
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let inside = deeper(self.nesting)?;
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(de::Error::custom(format_args!("duplicate key {key:?}")));
            }
            self.budget.take()?;
            let any = Any { nesting: inside, budget: self.budget };
            let value = access.next_value_seed(any)?;
            map.insert(key, value);
        }
        Ok(map)
    }
}

/// A reader of any value with at most this nesting.
#[derive(Clone, Copy)]
struct Any<'b> {
    nesting: usize,
    budget: &'b Budget,
}

impl<'de> DeserializeSeed<'de> for Any<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let any = Any { nesting: deeper(self.nesting)?, budget: self.budget };
        let mut list = Vec::new();
        while let Some(value) = access.next_element_seed(any)? {
            self.budget.take()?;
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
        Object { nesting: self.nesting, budget: self.budget }.visit_map(access).map(Value::Object)
    }
}

/// Returns the maximum nesting one level deeper.
fn deeper<E: de::Error>(nesting: usize) -> Result<usize, E> {
    nesting.checked_sub(1).ok_or_else(|| E::custom("nested too deep"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reason(text: &[u8]) -> String {
        read(text, 4).unwrap_err().to_string()
    }

    #[test]
    fn an_object_is_read_unchanged() {
        let dict = read(br#" {"b":1,"a":[true,null,-2,0.5,"\u00e9"],"c":{"d":{}}} "#, 4).unwrap();
        let text = serde_json::to_string(&dict).unwrap();
        assert_eq!(text, r#"{"b":1,"a":[true,null,-2,0.5,"é"],"c":{"d":{}}}"#);
    }

    #[test]
    fn bytes_that_are_not_an_object_are_refused_with_reason_and_place() {
        for (text, want) in [
            (
                &b"null"[..],
                "Not a JSON object: invalid type: null, expected an object at line 1 column 4",
            ),
            (
                b"[]",
                "Not a JSON object: invalid type: sequence, expected an object at line 1 column 0",
            ),
            (
                b"12",
                "Not a JSON object: invalid type: integer `12`, expected an object at line 1 column 2",
            ),
            (b"hi", "Not a JSON object: expected value at line 1 column 1"),
            (b"", "Not a JSON object: EOF while parsing a value at line 1 column 0"),
            (b"{\"a\":", "Not a JSON object: EOF while parsing a value at line 1 column 5"),
            (b"{} {}", "Not a JSON object: trailing characters at line 1 column 4"),
            (b"{\"a\":1,}", "Not a JSON object: trailing comma at line 1 column 8"),
            (b"{\"a\":\"\xff\"}", "Not a JSON object: bad UTF-8 at byte 6"),
        ] {
            assert_eq!(reason(text), want);
        }
    }

    #[test]
    fn a_reason_quotes_only_a_little_of_the_input() {
        let long = format!("\"{}\"", "é".repeat(3000));
        let reason = reason(long.as_bytes());
        assert!(reason.starts_with("Not a JSON object: invalid type: string \"éé"), "{reason}");
        assert!(reason.ends_with("\", expected an object at line 1 column 6002"), "{reason}");
        assert!(reason.chars().count() < 250);
    }

    #[test]
    fn duplicate_keys_are_refused_at_any_depth() {
        let want = "Not a JSON object: duplicate key \"a\" at line 1 column 10";
        assert_eq!(reason(br#"{"a":1,"a":1}"#), want);
        assert!(reason(br#"{"x":[{"a":1,"b":2,"a":3}]}"#).contains("duplicate key \"a\""));
        // The same key, written with an escape.
        assert!(reason(br#"{"a":1,"\u0061":2}"#).contains("duplicate key \"a\""));
    }

    #[test]
    fn nesting_is_accepted_up_to_the_limit() {
        assert!(read(br#"{"a":{"a":{"a":{}}}}"#, 4).is_ok());
        assert!(read(br#"{"a":[[[1]]]}"#, 4).is_ok());
        assert!(reason(br#"{"a":{"a":{"a":{"a":{}}}}}"#).contains("nested too deep"));
        assert!(reason(br#"{"a":[[[[]]]]}"#).contains("nested too deep"));
        let bombs = [b"[".repeat(1_000_000), b"{\"a\":".repeat(200_000)];
        assert!(bombs.iter().all(|bomb| read(bomb, 32).is_err()));
    }

    #[test]
    fn values_are_accepted_up_to_the_limit() {
        let text = br#"{"a":[1,[2]],"b":{"c":null}}"#;
        assert!(read_bounded(text, 4, 6).is_ok());
        let error = read_bounded(text, 4, 5).unwrap_err().to_string();
        assert_eq!(error, "Not a JSON object: more than 5 values at line 1 column 21");
    }

    proptest! {
        #[test]
        fn no_input_makes_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes, 8);
        }

        #[test]
        fn strings_come_back_unchanged(key in ".{0,20}", text in ".{0,80}") {
            let dict = Dict::new().with(&key, text.as_str());
            let bytes = serde_json::to_vec(&dict).unwrap();
            prop_assert_eq!(read(&bytes, 2).unwrap(), dict);
        }
    }
}
