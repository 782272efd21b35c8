//! What counts, and how much.

use super::{Entry, Graded};
use crate::verdict::Verdict;

/// So many of so many points.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Points {
    pub(crate) earned: f64,
    pub(crate) possible: f64,
}

impl Points {
    /// The same, made to be what points are: numbers from nothing up, and no more than possible.
    fn sound(self) -> Points {
        let number = |points: f64| if points.is_finite() { points.max(0.0) } else { 0.0 };
        let possible = number(self.possible);
        Points { earned: number(self.earned).min(possible), possible }
    }

    /// For a person: `2.5 of 3 points`.
    pub(crate) fn words(self) -> String {
        let Points { earned, possible } = self.sound();
        if possible == 0.0 {
            return "no points".to_owned();
        }
        format!("{} of {}", tidy(earned), amount(possible))
    }

    /// The same in a column of points.
    pub(super) fn in_short(self) -> String {
        let Points { earned, possible } = self.sound();
        format!("{} of {}", tidy(earned), tidy(possible))
    }

    /// How many were not earned.
    pub(super) fn lost(self) -> f64 {
        let Points { earned, possible } = self.sound();
        possible - earned
    }

    fn add(self, other: Points) -> Points {
        Points { earned: self.earned + other.earned, possible: self.possible + other.possible }
    }
}

/// So many points, in words.
pub(super) fn amount(points: f64) -> String {
    let points = tidy(points);
    let word = if points == "1" { "point" } else { "points" };
    format!("{points} {word}")
}

/// A number with two decimals at most, and none that says nothing.
pub(crate) fn tidy(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Graded {
    /// The points of a check; `None` where it does not count: where it could not be decided, where
    /// there is no such thing, and where it was skipped because of a check that does not count.
    pub(crate) fn points(&self, entry: &Entry) -> Option<Points> {
        if matches!(self.root(entry).outcome.verdict, Verdict::Undecided { .. } | Verdict::Absent) {
            return None;
        }
        let points = entry.about.points.sound();
        Some(match entry.outcome.verdict {
            // Whatever it is said to have earned, it was not done.
            Verdict::Skipped { .. } => Points { earned: 0.0, ..points },
            _ => points,
        })
    }

    /// The check because of which one was skipped; any other itself.
    pub(super) fn root<'a>(&'a self, entry: &'a Entry) -> &'a Entry {
        let mut root = entry;
        // No chain of skipped ones is longer than there are checks.
        for _ in &self.results {
            let Verdict::Skipped { after } = root.outcome.verdict else { break };
            match self.results.iter().find(|other| other.outcome.id == after) {
                Some(other) => root = other,
                None => break,
            }
        }
        root
    }

    /// The points of these together.
    pub(super) fn sum<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) -> Points {
        let counted = entries.into_iter().filter_map(|entry| self.points(entry));
        counted.fold(Points::default(), Points::add)
    }

    /// The points of all.
    pub(crate) fn total(&self) -> Points {
        self.sum(&self.results)
    }

    /// How many of these went like that (see [`Verdict::name`]).
    pub(super) fn count<'a>(
        entries: impl IntoIterator<Item = &'a Entry>,
        name: &'static str,
    ) -> usize {
        entries.into_iter().filter(|entry| entry.outcome.verdict.name() == name).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    fn of(earned: f64, possible: f64) -> Points {
        Points { earned, possible }
    }

    #[test]
    fn what_could_not_be_decided_is_not_charged() {
        let graded = samples::graded();
        let counted: Vec<(&str, Option<Points>)> =
            graded.results.iter().map(|entry| (entry.outcome.id, graded.points(entry))).collect();
        assert_eq!(
            counted,
            [
                ("LOGIN-1", Some(of(2.0, 2.0))),
                ("LOGIN-3", Some(of(0.5, 2.0))),
                ("LOGIN-4", Some(of(0.0, 1.0))),
                ("ROOM-1", None),
                ("ROOM-2", None),
                ("FRAME-1", None),
            ]
        );
        assert_eq!(graded.total(), of(2.5, 5.0));
    }

    #[test]
    fn a_chain_of_skipped_ones_ends() {
        let mut graded = samples::graded();
        for (id, after) in [("A-1", "A-2"), ("A-2", "A-1")] {
            graded.results.push(samples::entry(id, Verdict::Skipped { after }));
        }
        let last = graded.results.last().unwrap();
        assert_eq!(graded.points(last), Some(of(0.0, 1.0)));
    }

    #[test]
    fn points_are_never_absurd() {
        assert_eq!(of(3.0, 2.0).sound(), of(2.0, 2.0));
        assert_eq!(of(f64::NAN, -1.0).sound(), of(0.0, 0.0));
        assert_eq!(of(-1.0, f64::INFINITY).sound(), of(0.0, 0.0));
    }

    #[test]
    fn points_are_told_without_noise() {
        assert_eq!(of(2.5, 3.0).words(), "2.5 of 3 points");
        assert_eq!(of(0.1 + 0.2, 1.0).words(), "0.3 of 1 point");
        assert_eq!(of(0.0, 100.0).words(), "0 of 100 points");
        assert_eq!(of(f64::NAN, f64::INFINITY).words(), "no points");
    }
}
