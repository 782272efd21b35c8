//! Keys without regard to case, for the dialects of the courses that send JSON.
//!
//! The JSON library of Go writes `{"Request":"login"}` for a struct without tags, and matches keys
//! without regard to case when it reads. So its users never see that the keys of a course are in
//! lower case.

use crate::{Dict, ParseError, strict};

/// Reads the one JSON object that `bytes` hold, with its own keys (not those of objects inside it)
/// in lower case.
///
/// # Errors
/// When [`strict::read`] refuses the bytes, or [`in_lower_case`] the keys.
pub(super) fn read(bytes: &[u8], nesting: usize) -> Result<Dict, ParseError> {
    in_lower_case(strict::read(bytes, nesting)?)
}

/// The dict with its keys in lower case. A key that is in lower case already wins over other
/// spellings of it, whichever stands first.
///
/// # Errors
/// When two keys differ in case only and neither is in lower case: one reader may take the first of
/// them and another the last, as with keys that are equal.
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
    fn two_spellings_of_which_none_is_exact_are_refused() {
        let error = read(br#"{"Request":1,"REQUEST":2}"#, 4).unwrap_err().to_string();
        assert_eq!(error, r#"Not a JSON object: duplicate key "REQUEST""#);
    }
}
