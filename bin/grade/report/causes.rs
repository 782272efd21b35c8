//! What costs points: each check that failed, with those that were skipped because of it, and what
//! probably has the same reason.

use super::{Entry, Graded, fold, points};
use crate::verdict::{Difference, Verdict};

/// A check that failed, and what follows from that.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cause {
    pub(super) id: &'static str,
    /// Those that were skipped, since they come after it.
    pub(super) skipped: Vec<&'static str>,
    /// The points of all of them that were not earned.
    lost: f64,
    /// One before it that failed in the same way.
    pub(super) like: Option<&'static str>,
}

impl Cause {
    /// How much it costs, and why, in words.
    pub(super) fn words(&self) -> String {
        let lost = points::amount(self.lost);
        let like = self.like.map(|id| format!(", probably for the same reason as {id}"));
        let skipped = match self.skipped.len() {
            0 => String::new(),
            1 => ", with a check skipped after it".to_owned(),
            count => format!(", with {count} checks skipped after it"),
        };
        lost + &like.unwrap_or_default() + &skipped
    }
}

impl Graded {
    /// What costs points, in the order of the checks.
    pub(super) fn causes(&self) -> Vec<Cause> {
        let mut failed: Vec<(&Entry, &Difference)> = Vec::new();
        let mut causes = Vec::new();
        for entry in &self.results {
            let Verdict::Failed(difference) = &entry.outcome.verdict else { continue };
            let follows = |other: &&Entry| {
                matches!(other.outcome.verdict, Verdict::Skipped { .. })
                    && self.root(other).outcome.id == entry.outcome.id
            };
            let skipped: Vec<&Entry> = self.results.iter().filter(follows).collect();
            let like =
                failed.iter().find(|(other, before)| is_like((other, before), (entry, difference)));
            causes.push(Cause {
                id: entry.outcome.id,
                skipped: skipped.iter().map(|other| other.outcome.id).collect(),
                lost: entry.about.points.lost() + self.sum(skipped.iter().copied()).lost(),
                like: like.map(|(other, _)| other.outcome.id),
            });
            failed.push((entry, difference));
        }
        causes
    }
}

/// Whether two checks probably failed for the same reason: the program got in the same trouble, or did
/// not answer the same thing, and said the same of it. Answers that are wrong in the same words are
/// wrong for many reasons.
fn is_like(one: (&Entry, &Difference), other: (&Entry, &Difference)) -> bool {
    let same = |of: fn(&Difference) -> &str| fold::shape(of(one.1)) == fold::shape(of(other.1));
    let silent = |(entry, difference): (&Entry, &Difference)| {
        fold::cause(&entry.outcome.trace, difference).is_none()
    };
    let last_words = |(entry, _): (&Entry, &Difference)| {
        entry.outcome.output.lines().next_back().map(fold::shape)
    };
    if !same(|difference| &difference.got) {
        return false;
    }
    if one.1.instead.is_some() && other.1.instead.is_some() {
        return true;
    }
    silent(one)
        && silent(other)
        && same(|difference| &difference.expected)
        && last_words(one) == last_words(other)
}

/// The ids of checks, with only the first and the last of those that follow each other.
pub(super) fn ids(ids: &[&str]) -> String {
    let taken = |id: &&str| -> Option<(String, u32)> {
        let (area, number) = id.rsplit_once('-')?;
        Some((area.to_owned(), number.parse().ok()?))
    };
    let follow = |one: &&str, other: &&str| match (taken(one), taken(other)) {
        (Some((area, number)), Some(next)) => {
            number.checked_add(1).is_some_and(|number| next == (area, number))
        }
        _ => false,
    };
    let runs = ids.chunk_by(|one, other| follow(one, other));
    let words = |run: &[&str]| match (run, run.last().and_then(taken)) {
        ([first, _, _, ..], Some((_, last))) => format!("{first} to {last}"),
        _ => run.join(", "),
    };
    runs.map(words).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples::{self, difference};

    fn failed(expected: &str, got: &str) -> Verdict {
        Verdict::Failed(difference("ann", expected, got))
    }

    /// The first that each of these is like.
    fn likes(verdicts: Vec<(Verdict, &str)>) -> Vec<Option<&'static str>> {
        let ids = ["A-1", "B-1", "C-1", "D-1"];
        let mut graded = samples::graded();
        graded.results.clear();
        for (id, (verdict, printed)) in ids.into_iter().zip(verdicts) {
            let mut entry = samples::entry(id, verdict);
            entry.outcome.output = printed.to_owned();
            graded.results.push(entry);
        }
        graded.causes().iter().map(|cause| cause.like).collect()
    }

    #[test]
    fn what_follows_from_a_failure_is_charged_to_it() {
        let causes = samples::graded().causes();
        assert_eq!(causes.len(), 1);
        assert_eq!((causes[0].id, causes[0].skipped.as_slice()), ("LOGIN-3", &["LOGIN-4"][..]));
        // Of 2 points 0.5 were earned, and of 1 none.
        assert_eq!(causes[0].words(), "2.5 points, with a check skipped after it");
        let like = Cause { like: Some("LOGIN-1"), skipped: vec!["A", "B"], ..causes[0].clone() };
        let words =
            "2.5 points, probably for the same reason as LOGIN-1, with 2 checks skipped after it";
        assert_eq!(like.words(), words);
    }

    #[test]
    fn the_same_silence_has_the_same_reason() {
        let silent = || failed("an answer", "nothing, for 3 s");
        let others = vec![
            (silent(), "listening on 4711"),
            (silent(), "listening on 4712"),
            (failed("a refusal", "nothing, for 3 s"), "listening on 4711"),
            (silent(), "KeyError: None"),
        ];
        assert_eq!(likes(others), [None, Some("A-1"), None, None]);
    }

    #[test]
    fn the_same_end_has_the_same_reason_whatever_was_checked() {
        let ends = |expected: &str, code: i32| {
            let got = format!("the program ended with exit code 1; KeyError: {code}");
            let difference = difference("ann", expected, &got);
            Verdict::Failed(Difference { instead: Some("look there"), ..difference })
        };
        let all = vec![(ends("a", 7), ""), (ends("b", 8), "x"), (failed("a", "ended"), "")];
        assert_eq!(likes(all), [None, Some("A-1"), None]);
    }

    #[test]
    fn wrong_answers_may_be_wrong_for_many_reasons() {
        let mut graded = samples::graded();
        graded.results.clear();
        for id in ["A-1", "B-1"] {
            let mut entry = samples::entry(id, failed("refused", "logged in"));
            let what = crate::trace::What::Received { words: String::new(), bytes: Vec::new() };
            entry.outcome.trace.record("ann", what);
            graded.results.push(entry);
        }
        assert!(graded.causes().iter().all(|cause| cause.like.is_none()));
    }

    #[test]
    fn many_ids_are_told_in_short() {
        let all = ["A-1", "A-2", "A-4", "A-5", "A-6", "B-7", "B-8", "B-9", "B-10", "C", "B-12"];
        assert_eq!(ids(&all), "A-1, A-2, A-4 to 6, B-7 to 10, C, B-12");
        assert_eq!(ids(&["A-4294967295", "A-0"]), "A-4294967295, A-0");
        assert_eq!(ids(&[]), "");
    }
}
