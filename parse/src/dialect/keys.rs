//! Keys in upper or lower case, for the JSON dialects of courses.
//!
//! The JSON library of Go writes `{"Request":"login"}` for a struct without tags, and ignores case
//! when it reads keys. So users of Go do not notice that the keys of a course are in lower case.

use crate::{Dict, ParseError, strict};

/// Reads a JSON object and converts its keys to lower case, but not the keys of nested objects.
///
/// # Errors
/// If [`strict::read`] refuses the bytes, or [`in_lower_case`] refuses the keys.
pub(super) fn read(bytes: &[u8], nesting: usize) -> Result<Dict, ParseError> {
    in_lower_case(strict::read(bytes, nesting)?)
}

/// Converts the keys of a dict to lower case. A key in lower case wins over other spellings of the
/// same key.
///
/// # Errors
/// If two keys differ only in case and neither is in lower case. As with equal keys, one reader may
/// take the first and another the last.
fn in_lower_case(dict: Dict) -> Result<Dict, ParseError> {
    let mut folded = Dict::new();
    for (key, value) in dict.iter() {
        let lower = key.to_ascii_lowercase();
        if lower == key || !dict.contains(&lower) {
            if folded.contains(&lower) {
                return Err(ParseError::NotAnObject { reason: format!("duplicate key {key:?}") });
            }
            folded.insert(&lower, value.clone());
        }
    }
    Ok(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_in_any_case_and_the_exact_one_wins() {
        for (text, want) in [
            (r#"{"Request":"msg","Content":"Hi"}"#, r#"{"request":"msg","content":"Hi"}"#),
            (r#"{"REQUEST":1,"request":2}"#, r#"{"request":2}"#),
            (r#"{"request":2,"Request":1,"REQUEST":1}"#, r#"{"request":2}"#),
            (r#"{"a":{"B":1,"b":2}}"#, r#"{"a":{"B":1,"b":2}}"#),
            (r#"{"É":1,"é":2}"#, r#"{"É":1,"é":2}"#),
        ] {
            assert_eq!(read(text.as_bytes(), 4).unwrap().to_string(), want, "{text}");
        }
    }

    #[test]
    fn two_spellings_are_refused_unless_one_is_exact() {
        let error = read(br#"{"Request":1,"REQUEST":2}"#, 4).unwrap_err().to_string();
        assert_eq!(error, r#"Not a JSON object: duplicate key "REQUEST""#);
    }
}
