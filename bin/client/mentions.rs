//! Recognizes messages that speak to the person.

use parse::{Dict, DictError};

use crate::protocol::{MESSAGE, TO, USERNAME};

/// Whether the message is a call: another person whispers to `me`, or mentions `me`.
///
/// # Errors
/// When the message lacks a part.
pub(crate) fn is_call(message: &Dict, me: Option<&str>) -> Result<bool, DictError> {
    let Some(me) = me else { return Ok(false) };
    let is_me = |name: &str| name.eq_ignore_ascii_case(me);
    let to_me = message.optional_string(TO)?.is_some_and(is_me);
    let mentions_me = mentions(message.string(MESSAGE)?, me);
    Ok(!is_me(message.string(USERNAME)?) && (to_me || mentions_me))
}

/// Whether the text contains the name as a word, in any letter case. A longer name that contains it
/// does not count, and an address such as `https://example.org/alice` speaks to nobody.
fn mentions(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let stands_alone = |word: &str, (start, found): (usize, &str)| {
        let (before, from) = word.split_at(start);
        let after = from.strip_prefix(found).unwrap_or_default();
        !before.ends_with(is_word) && !after.starts_with(is_word)
    };
    let mut words = text.split_whitespace().filter(|word| !word.contains("://"));
    !name.is_empty()
        && words.any(|word| word.match_indices(&name).any(|found| stands_alone(word, found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_mentioned_as_a_word_in_any_letter_case() {
        for text in ["alice", "ALICE: hi", "hi @Alice!", "is malice alice's?", "(alice)", "é alice"]
        {
            assert!(mentions(text, "Alice"), "{text:?}");
        }
        for text in ["", "malice", "alice2", "alice_b", "_alice", "aliceé", "al ice", "alices"] {
            assert!(!mentions(text, "Alice"), "{text:?}");
        }
        assert!(!mentions("see https://example.org/alice", "alice"));
        assert!(mentions("alice: see https://example.org/alice", "alice"));
        assert!(!mentions("anything", ""));
        assert!(mentions("hallo ZOË", "Zoë"));
    }
}
