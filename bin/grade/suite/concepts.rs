//! What a suite has to catch first, and the areas of the mutants.

/// A mistake about a concept, with the mutant that makes it.
pub(super) struct Concept {
    /// The concept, as a sentence that the mutant breaks.
    pub(super) says: &'static str,
    /// The name of the mutant.
    pub(super) mutant: &'static str,
}

/// The concepts, in the order of the course.
pub(super) const CONCEPTS: [Concept; 8] = [
    Concept { says: "one read is not one request", mutant: "recv-is-message" },
    Concept { says: "a message reaches its sender, too", mutant: "no-echo" },
    Concept { says: "a message reaches only people who are logged in", mutant: "tells-strangers" },
    Concept { says: "two people cannot have the same name", mutant: "not-unique" },
    Concept { says: "a logout takes effect", mutant: "logout-keeps-login" },
    Concept { says: "a name is free after its person left", mutant: "name-not-freed" },
    Concept { says: "a failed request says so", mutant: "error-missing" },
    Concept { says: "a newcomer gets each earlier message once", mutant: "backlog-per-receiver" },
];

/// The areas, each with the names of its mutants.
const AREAS: [(&str, &[&str]); 7] = [
    (
        "streams of bytes",
        &[
            "recv-is-message",
            "split-refused",
            "dies-over-read-size",
            "coalesces",
            "corrupts-quotes",
            "newline-missing",
        ],
    ),
    (
        "people who leave",
        &[
            "spins-at-end",
            "name-not-freed",
            "stops-at-dead-socket",
            "removes-sender",
            "dead-user-blocks-login",
            "leaver-crashes",
            "names-lists-gone",
        ],
    ),
    (
        "who is logged in",
        &[
            "tells-strangers",
            "tells-strangers-late",
            "greets",
            "logout-keeps-login",
            "logout-keeps-receiving",
            "logout-unanswered",
            "second-login-takes-over",
            "stranger-dropped",
        ],
    ),
    (
        "names",
        &[
            "not-unique",
            "case-sensitive",
            "prefix-match",
            "trailing-newline",
            "digits-refused",
            "upper-case-refused",
            "empty-name-accepted",
            "non-ascii-accepted",
        ],
    ),
    (
        "messages and the backlog",
        &[
            "no-echo",
            "sender-is-receiver",
            "order-lost",
            "loses-under-load",
            "backlog-per-receiver",
            "backlog-encoded-twice",
            "backlog-missing-when-empty",
        ],
    ),
    ("many people", &["silent-stalls-all", "slow-reader-stalls-all", "rush-refused"]),
    (
        "answers",
        &[
            "missing-argument-closes",
            "unknown-ignored",
            "error-on-success",
            "error-missing",
            "wrong-name-in-answer",
            "tag-dropped",
            "answers-as-user",
        ],
    ),
];

/// The mutants that no valid transcript can catch, each with the reason.
///
/// They never count.
pub(super) const INVISIBLE: [(&str, &str); 3] = [
    ("coalesces", "a transcript does not say how many frames one read returns"),
    ("slow-reader-stalls-all", "a transcript receives for every person"),
    (
        "error-on-success",
        "a right server may add keys, and a transcript cannot forbid a single one",
    ),
];

/// The areas, in the order of the course.
pub(super) fn areas() -> impl Iterator<Item = &'static str> {
    AREAS.iter().map(|(area, _)| *area)
}

/// The area of a mutant.
pub(super) fn area(mutant: &str) -> &'static str {
    let area = AREAS.iter().find(|(_, mutants)| mutants.contains(&mutant));
    area.map_or("other", |(area, _)| area)
}

/// Whether a valid transcript can catch the mutant.
pub(super) fn is_visible(mutant: &str) -> bool {
    INVISIBLE.iter().all(|(name, _)| *name != mutant)
}

#[cfg(all(test, feature = "mutants"))]
mod tests {
    use super::*;
    use crate::built_in;
    use crate::wire::Dialect;

    #[test]
    fn every_mutant_has_one_area_and_every_name_is_a_mutant() {
        let all: Vec<&str> = mutants::mutants().iter().map(|mutant| mutant.name).collect();
        for name in &all {
            let areas = AREAS.iter().filter(|(_, mutants)| mutants.contains(name)).count();
            assert_eq!(areas, 1, "{name}");
        }
        let named = AREAS.iter().flat_map(|(_, mutants)| mutants.iter());
        let invisible = INVISIBLE.iter().map(|(name, _)| name);
        for name in named.chain(invisible) {
            assert!(all.contains(name), "{name} is no mutant");
        }
    }

    #[test]
    fn every_dialect_has_every_concept() {
        for dialect in [Dialect::Json, Dialect::Ktn14, Dialect::Ktn15] {
            let mutants = built_in::mutants(dialect);
            for Concept { mutant, .. } in CONCEPTS {
                assert!(
                    mutants.iter().any(|it| it.name == mutant) && is_visible(mutant),
                    "{mutant}"
                );
            }
        }
    }

    #[test]
    fn the_page_has_every_concept() {
        let page = include_str!("../../../handout/transcripts.md");
        for Concept { says, .. } in CONCEPTS {
            assert!(page.contains(&format!("\n| {says} |")), "{says}");
        }
    }
}
