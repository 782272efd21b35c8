//! Points: which checks count, and how much.

use super::{Entry, Graded};
use crate::verdict::Verdict;

/// The largest part of all points that one mistake costs, with everything that needs the failed check.
pub(crate) const MOST: f64 = 0.15;

/// Points of the smallest run with this rule. In a run of a few checks, each is worth a large part.
const SMALLEST: f64 = 20.0;

/// Checks without which nothing can be done with a program. Their failure costs everything that needs
/// them.
pub(crate) const FIRST: [&str; 4] = ["START-1", "LOGIN-1", "OPEN-1", "TYPE-1"];

/// Points earned, out of the points possible.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Points {
    pub(crate) earned: f64,
    pub(crate) possible: f64,
}

impl Points {
    /// The same points within their bounds: finite, not negative, and no more than possible.
    pub(super) fn sound(self) -> Points {
        let number = |points: f64| if points.is_finite() { points.max(0.0) } else { 0.0 };
        let possible = number(self.possible);
        Points { earned: number(self.earned).min(possible), possible }
    }

    /// In words: `2.5 of 3 points`.
    pub(crate) fn words(self) -> String {
        let Points { earned, possible } = self.sound();
        if possible == 0.0 {
            return "no points".to_owned();
        }
        format!("{} of {}", tidy(earned), amount(possible))
    }

    /// For a table column: `2.5 of 3`.
    pub(super) fn in_short(self) -> String {
        let Points { earned, possible } = self.sound();
        format!("{} of {}", tidy(earned), tidy(possible))
    }

    /// Points that were not earned.
    pub(super) fn lost(self) -> f64 {
        let Points { earned, possible } = self.sound();
        possible - earned
    }

    fn add(self, other: Points) -> Points {
        Points { earned: self.earned + other.earned, possible: self.possible + other.possible }
    }
}

/// An amount of points, in words.
pub(super) fn amount(points: f64) -> String {
    let points = tidy(points);
    let word = if points == "1" { "point" } else { "points" };
    format!("{points} {word}")
}

/// A number with two decimals at most and no trailing zeros.
pub(crate) fn tidy(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl Graded {
    /// The points of a check, or `None` if the check does not count: it is undecided, it does not exist
    /// in this dialect, or it was skipped because of a check that does not count.
    pub(crate) fn points(&self, entry: &Entry) -> Option<Points> {
        if matches!(self.root(entry).outcome.verdict, Verdict::Undecided { .. } | Verdict::Absent) {
            return None;
        }
        let points = entry.about.points.sound();
        Some(match entry.outcome.verdict {
            // A skipped check earns nothing, whatever its points say.
            Verdict::Skipped { .. } => {
                Points { earned: points.possible * (1.0 - self.charged(entry)), ..points }
            }
            _ => points,
        })
    }

    /// The part of its points that a skipped check costs. One mistake costs at most [`MOST`] of all
    /// points: if the failed check and all that were skipped because of it are worth more, the skipped
    /// ones cost only a part.
    fn charged(&self, skipped: &Entry) -> f64 {
        let root = self.root(skipped);
        if FIRST.contains(&root.id()) {
            return 1.0;
        }
        let counts = |entry: &&Entry| {
            let root = self.root(entry).verdict();
            !matches!(root, Verdict::Undecided { .. } | Verdict::Absent)
        };
        let possible = |entry: &Entry| entry.about.points.sound().possible;
        let all: f64 = self.results.iter().filter(counts).map(possible).sum();
        let is_like = |entry: &&Entry| {
            matches!(entry.verdict(), Verdict::Skipped { .. }) && self.root(entry).id() == root.id()
        };
        let consequences: f64 = self.results.iter().filter(is_like).map(possible).sum();
        let left = (all * MOST - root.about.points.sound().lost()).max(0.0);
        if all < SMALLEST || consequences <= left { 1.0 } else { left / consequences }
    }

    /// The check because of which this one was skipped; for any other check, the check itself.
    pub(super) fn root<'a>(&'a self, entry: &'a Entry) -> &'a Entry {
        let mut root = entry;
        // A chain of skipped checks cannot be longer than the list of checks.
        for _ in &self.results {
            let Verdict::Skipped { after } = root.outcome.verdict else { break };
            match self.results.iter().find(|other| other.outcome.id == after) {
                Some(other) => root = other,
                None => break,
            }
        }
        root
    }

    /// The sum of the points of these checks.
    pub(super) fn sum<'a>(&self, entries: impl IntoIterator<Item = &'a Entry>) -> Points {
        let counted = entries.into_iter().filter_map(|entry| self.points(entry));
        counted.fold(Points::default(), Points::add)
    }

    /// The points of all checks.
    pub(crate) fn total(&self) -> Points {
        self.sum(&self.results)
    }

    /// The number of checks with this verdict (see [`Verdict::name`]).
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
    use crate::verdict::Difference;

    fn of(earned: f64, possible: f64) -> Points {
        Points { earned, possible }
    }

    #[test]
    fn an_undecided_check_costs_no_points() {
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
    fn one_mistake_costs_at_most_its_part_of_all_points() {
        // A failed check, 19 that need it, and 80 others, each with one point.
        let cost_of = |root: &'static str| {
            let mut graded = samples::graded();
            let [who, expected, got] = ["ann", "a", "b"].map(str::to_owned);
            let difference = Difference { who, expected, got, instead: None, ended: false };
            let failed = samples::entry(root, Verdict::Failed(difference));
            let skipped = (0..19).map(|_| samples::entry("B-2", Verdict::Skipped { after: root }));
            graded.results = std::iter::once(failed).chain(skipped).collect();
            let others = (0..80).map(|_| samples::entry("A-1", Verdict::Passed));
            graded.results.extend(others);
            let of_the_mistake = graded.results.iter().take(20);
            of_the_mistake.filter_map(|it| graded.points(it)).map(Points::lost).sum::<f64>()
        };
        assert!((cost_of("B-1") - 15.0).abs() < 1e-9, "{}", cost_of("B-1"));
        assert!((cost_of("LOGIN-1") - 20.0).abs() < 1e-9, "{}", cost_of("LOGIN-1"));
    }

    #[test]
    fn a_circle_of_skipped_checks_ends() {
        let mut graded = samples::graded();
        for (id, after) in [("A-1", "A-2"), ("A-2", "A-1")] {
            graded.results.push(samples::entry(id, Verdict::Skipped { after }));
        }
        let last = graded.results.last().unwrap();
        assert_eq!(graded.points(last), Some(of(0.0, 1.0)));
    }

    #[test]
    fn points_stay_within_their_bounds() {
        assert_eq!(of(3.0, 2.0).sound(), of(2.0, 2.0));
        assert_eq!(of(f64::NAN, -1.0).sound(), of(0.0, 0.0));
        assert_eq!(of(-1.0, f64::INFINITY).sound(), of(0.0, 0.0));
    }

    #[test]
    fn points_have_no_trailing_zeros() {
        assert_eq!(of(2.5, 3.0).words(), "2.5 of 3 points");
        assert_eq!(of(0.1 + 0.2, 1.0).words(), "0.3 of 1 point");
        assert_eq!(of(0.0, 100.0).words(), "0 of 100 points");
        assert_eq!(of(f64::NAN, f64::INFINITY).words(), "no points");
    }
}
