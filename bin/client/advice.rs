//! Advice for a person whose request was refused, by the code of the refusal.
//!
//! Some texts of errors are fixed by courses, so the server cannot explain more in them.

use app::Refusal;

/// Returns what the person should know, or `None` if the text of the error says it.
pub(crate) fn advice(code: &str) -> Option<&'static str> {
    let rule = "a name has 1 to 32 characters: letters A to Z, digits and underscores";
    let rules = [(Refusal::InvalidUsername, rule), (Refusal::InvalidRoom, rule)];
    rules.into_iter().find(|(refusal, _)| refusal.code() == code).map(|(_, rule)| rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_name_is_explained_and_a_taken_one_needs_no_words() {
        assert!(advice("invalid-username").is_some_and(|rule| rule.contains("underscores")));
        assert!(advice("invalid-room").is_some());
        assert_eq!(advice("name-taken"), None);
    }
}
