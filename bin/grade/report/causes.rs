//! What costs points: each failed check, the checks skipped because of it, and an earlier check that
//! probably failed for the same reason.

use super::{Entry, Graded, fold, points};
use crate::verdict::{Difference, Verdict};

/// A failed check and its consequences.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cause {
    pub(super) id: &'static str,
    /// Checks that were skipped because they depend on this one.
    pub(super) skipped: Vec<&'static str>,
    /// Points lost by this check and the skipped ones together.
    lost: f64,
    /// An earlier check that failed in the same way.
    pub(super) like: Option<&'static str>,
}

impl Cause {
    /// The cost and the probable reason, in words.
    pub(super) fn words(&self) -> String {
        let lost = points::amount(self.lost);
        let like = self.like.map(|id| format!(", probably for the same reason as {id}"));
        let skipped = match self.skipped.len() {
            0 => String::new(),
            1 => ", including a skipped check".to_owned(),
            count => format!(", including {count} skipped checks"),
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

/// Returns whether two checks probably failed for the same reason. Either the program got into the same
/// trouble in both, or it left the same thing unanswered in both and last printed the same line. Two
/// answers that are wrong in the same words do not count: they may have many reasons.
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

/// The ids of the checks; of a run of consecutive ids, only the first and the last.
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

    /// For each check, the first earlier check that failed like it.
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
    fn a_failure_is_charged_for_the_checks_skipped_after_it() {
        let causes = samples::graded().causes();
        assert_eq!(causes.len(), 1);
        assert_eq!((causes[0].id, causes[0].skipped.as_slice()), ("LOGIN-3", &["LOGIN-4"][..]));
        // LOGIN-1 earned 0.5 of 2 points; the skipped check earned 0 of 1.
        assert_eq!(causes[0].words(), "2.5 points, including a skipped check");
        let like = Cause { like: Some("LOGIN-1"), skipped: vec!["A", "B"], ..causes[0].clone() };
        let words =
            "2.5 points, probably for the same reason as LOGIN-1, including 2 skipped checks";
        assert_eq!(like.words(), words);
    }

    #[test]
    fn the_same_missing_answer_has_the_same_reason() {
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
    fn the_same_crash_has_the_same_reason_in_every_check() {
        let ends = |expected: &str, code: i32| {
            let got = format!("the program ended with exit code 1; KeyError: {code}");
            let difference = difference("ann", expected, &got);
            Verdict::Failed(Difference { instead: Some("look there"), ..difference })
        };
        let all = vec![(ends("a", 7), ""), (ends("b", 8), "x"), (failed("a", "ended"), "")];
        assert_eq!(likes(all), [None, Some("A-1"), None]);
    }

    #[test]
    fn equal_wrong_answers_are_not_taken_for_one_cause() {
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
    fn consecutive_ids_are_shortened() {
        let all = ["A-1", "A-2", "A-4", "A-5", "A-6", "B-7", "B-8", "B-9", "B-10", "C", "B-12"];
        assert_eq!(ids(&all), "A-1, A-2, A-4 to 6, B-7 to 10, C, B-12");
        assert_eq!(ids(&["A-4294967295", "A-0"]), "A-4294967295, A-0");
        assert_eq!(ids(&[]), "");
    }
}
