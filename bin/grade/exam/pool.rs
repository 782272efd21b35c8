//! The mistakes of an exam, and the pairs of them that one server can have.
//!
//! A mistake is a bug of the built-in server that a short transcript shows every time, in the dialect `json`.
//! Left out are bugs that every transcript meets (`greets`, `newline-missing`), that need a crowd or a
//! slow reader, and `error-on-success`, because a transcript cannot say that a key is absent.

/// A mistake that a student can be asked to find.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The name of the bug.
    pub(super) bug: &'static str,
    pub(super) area: Area,
    /// How hard it is to find, from 1 to 3.
    pub(super) level: u8,
}

/// The part of a server that has the mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    Framing,
    Disconnects,
    Login,
    Names,
    Messages,
    Delays,
    Answers,
}

/// Two mistakes of one server.
pub(super) type Pair = [&'static Mistake; 2];

/// The sum of the levels of a pair, so that no exam is much harder than another.
const LEVELS: u8 = 4;

const fn mistake(bug: &'static str, area: Area, level: u8) -> Mistake {
    Mistake { bug, area, level }
}

/// All mistakes. Level 1: the first use of a request shows it. Level 2: it needs an unusual frame, or a
/// second person. Level 3: it needs several people, or an order of steps that few think of.
pub(super) const MISTAKES: &[Mistake] = &[
    mistake("recv-is-message", Area::Framing, 2),
    mistake("split-refused", Area::Framing, 2),
    mistake("corrupts-quotes", Area::Framing, 2),
    mistake("name-not-freed", Area::Disconnects, 2),
    mistake("dead-user-blocks-login", Area::Disconnects, 3),
    mistake("leaver-crashes", Area::Disconnects, 2),
    mistake("names-lists-gone", Area::Disconnects, 2),
    mistake("stops-at-dead-socket", Area::Disconnects, 3),
    mistake("removes-sender", Area::Disconnects, 3),
    mistake("tells-strangers", Area::Login, 2),
    mistake("logout-keeps-login", Area::Login, 3),
    mistake("logout-keeps-receiving", Area::Login, 2),
    mistake("logout-unanswered", Area::Login, 1),
    mistake("second-login-takes-over", Area::Login, 1),
    mistake("stranger-dropped", Area::Login, 1),
    mistake("not-unique", Area::Names, 1),
    mistake("case-sensitive", Area::Names, 2),
    mistake("prefix-match", Area::Names, 2),
    mistake("trailing-newline", Area::Names, 3),
    mistake("digits-refused", Area::Names, 1),
    mistake("upper-case-refused", Area::Names, 1),
    mistake("empty-name-accepted", Area::Names, 1),
    mistake("non-ascii-accepted", Area::Names, 2),
    mistake("no-echo", Area::Messages, 1),
    mistake("sender-is-receiver", Area::Messages, 1),
    mistake("order-lost", Area::Messages, 3),
    mistake("backlog-per-receiver", Area::Messages, 3),
    mistake("backlog-encoded-twice", Area::Messages, 2),
    mistake("backlog-missing-when-empty", Area::Messages, 2),
    mistake("silent-stalls-all", Area::Delays, 3),
    mistake("missing-argument-closes", Area::Answers, 2),
    mistake("unknown-ignored", Area::Answers, 1),
    mistake("error-missing", Area::Answers, 1),
    mistake("wrong-name-in-answer", Area::Answers, 1),
    mistake("tag-dropped", Area::Answers, 2),
];

/// Pairs in which one mistake hides the other: no transcript shows that one alone. Tests find them.
const HIDDEN: &[[&str; 2]] = &[["trailing-newline", "error-missing"]];

/// The mistake with this name.
pub(super) fn find(bug: &str) -> Option<&'static Mistake> {
    MISTAKES.iter().find(|mistake| mistake.bug == bug)
}

/// All pairs that a server of an exam can have: of two areas, equally hard together, and none hidden.
pub(super) fn pairs() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (number, first) in MISTAKES.iter().enumerate() {
        for second in MISTAKES.iter().skip(number + 1) {
            let is_hidden = HIDDEN.contains(&[first.bug, second.bug]);
            if first.area != second.area && first.level + second.level == LEVELS && !is_hidden {
                pairs.push([first, second]);
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_many_and_each_mistake_has_some() {
        let pairs = pairs();
        assert!(pairs.len() >= 100, "{}", pairs.len());
        for mistake in MISTAKES {
            assert!(pairs.iter().any(|pair| pair.contains(&mistake)), "{}", mistake.bug);
            assert_eq!(find(mistake.bug), Some(mistake));
        }
    }

    #[cfg(feature = "mutants")]
    #[test]
    fn the_built_in_server_has_every_mistake() {
        let all = crate::built_in::mutants(crate::wire::Dialect::Json);
        for mistake in MISTAKES {
            assert!(all.iter().any(|mutant| mutant.name == mistake.bug), "{}", mistake.bug);
        }
    }

    #[test]
    fn hidden_pairs_are_in_the_order_of_the_table() {
        let place = |bug: &str| MISTAKES.iter().position(|it| it.bug == bug).unwrap();
        for [first, second] in HIDDEN {
            assert!(place(first) < place(second), "{first} {second}");
        }
    }
}
