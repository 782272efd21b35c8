//! Patterns: what an administrator types to find connections, bans and mutes.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Refusal, Subject, span};

/// A pattern. A range of addresses matches addresses in it. A text with `*` matches a whole text, in
/// which each `*` stands for any characters. Another text matches every text that contains it. Case
/// does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// A range of addresses.
    Range(IpNet),
    /// The pieces between the asterisks, in lower case.
    Glob(Vec<String>),
    /// A piece, in lower case.
    Piece(String),
}

impl Pattern {
    /// Reads a pattern. The empty one matches everything.
    ///
    /// # Errors
    /// Returns [`Refusal::BadAddress`] if the text has a slash and is no range.
    pub(crate) fn read(text: &str) -> Result<Pattern, Refusal> {
        if text.contains('/') {
            return match Subject::read(text) {
                Some(Subject::Range(range)) => Ok(Pattern::Range(range)),
                _ => Err(Refusal::BadAddress(span::quote(text))),
            };
        }
        let text = text.to_ascii_lowercase();
        Ok(if text.contains('*') {
            Pattern::Glob(text.split('*').map(str::to_owned).collect())
        } else {
            Pattern::Piece(text)
        })
    }

    /// Whether the pattern matches a text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        match self {
            Pattern::Range(_) => false,
            Pattern::Piece(piece) => text.contains(piece),
            Pattern::Glob(pieces) => {
                let [first, middle @ .., last] = &**pieces else { return false };
                let rest = text.strip_prefix(&**first).and_then(|rest| rest.strip_suffix(&**last));
                let mut rest = rest;
                for piece in middle {
                    // The first place is the best one, because it leaves the most.
                    rest = rest.and_then(|rest| Some(rest.split_once(&**piece)?.1));
                }
                rest.is_some()
            }
        }
    }

    /// Whether the pattern is a range that contains this address.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        matches!(self, Pattern::Range(range) if range.contains(&address.to_canonical()))
    }

    /// Whether the pattern is a range that has addresses in common with this one.
    pub(crate) fn meets(&self, other: &IpNet) -> bool {
        matches!(self, Pattern::Range(range) if range.contains(other) || other.contains(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asterisk_stands_for_any_characters() {
        for (pattern, text, want) in [
            ("", "bob", true),
            ("OB", "bob", true),
            ("bo", "alice", false),
            ("b*", "bob", true),
            ("b*", "abob", false),
            ("*b", "bob", true),
            ("b*b", "b", false),
            ("b*b", "bb", true),
            ("*o*", "bob", true),
            ("a*b*c", "a--b--c", true),
            ("a*b*c", "a--c--b", false),
            ("a*b*b", "ab", false),
            ("*", "", true),
            ("10.0.0.0/8", "10.0.0.0/8", false),
        ] {
            assert_eq!(Pattern::read(pattern).unwrap().matches(text), want, "{pattern} {text}");
        }
    }

    #[test]
    fn a_range_contains_addresses() {
        let range = Pattern::read("10.0.0.0/8").unwrap();
        assert!(range.contains("10.9.9.9".parse().unwrap()));
        assert!(range.contains("::ffff:10.9.9.9".parse().unwrap()));
        assert!(!range.contains("11.0.0.0".parse().unwrap()));
        assert!(range.meets(&"10.0.0.0/24".parse().unwrap()));
        assert!(range.meets(&"8.0.0.0/5".parse().unwrap()));
        assert!(!range.meets(&"11.0.0.0/8".parse().unwrap()));
        assert!(!range.meets(&"2001:db8::/32".parse().unwrap()));
    }
}
