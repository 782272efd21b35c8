//! The choice of a pair for each student, and how much the exams of a class differ.

use std::collections::HashMap;

use super::draw::Draw;
use super::pool::Pair;

/// Number of students before one in the list with whom they share no mistake: they may sit side by side.
const NEIGHBOURS: usize = 2;

/// Chooses a pair for each student. A pair comes again only when all pairs have had their turn.
pub(super) fn assign(pairs: &[Pair], students: usize, draw: &mut Draw) -> Vec<Pair> {
    let mut chosen: Vec<Pair> = Vec::new();
    let mut left: Vec<Pair> = Vec::new();
    for _ in 0..students {
        if left.is_empty() {
            left = pairs.to_vec();
            draw.shuffle(&mut left);
        }
        let near = chosen.iter().rev().take(NEIGHBOURS);
        let is_free = |pair: &Pair| !near.clone().any(|other| overlap(pair, other));
        // The last pairs of a round may all share a mistake with a neighbour.
        let at = left.iter().position(is_free).unwrap_or(0);
        chosen.push(left.swap_remove(at));
    }
    chosen
}

/// Whether two exams have a mistake in common.
fn overlap(one: &Pair, other: &Pair) -> bool {
    one.iter().any(|mistake| other.contains(mistake))
}

/// How much the exams of a class differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distinctness {
    pub(super) students: usize,
    /// Number of different pairs of mistakes.
    pub(super) different: usize,
    /// Greatest number of students with the same pair.
    pub(super) same: usize,
    /// Number of students who share a mistake with the student before them in the list.
    pub(super) alike_neighbours: usize,
    /// Share of all couples of students who have a mistake in common.
    pub(super) overlap: f64,
}

impl Distinctness {
    /// Measures the exams of a class.
    pub(super) fn of(exams: &[Pair]) -> Distinctness {
        let mut counts: HashMap<[&str; 2], usize> = HashMap::new();
        let (mut couples, mut alike, mut alike_neighbours) = (0_u32, 0_u32, 0);
        for (number, one) in exams.iter().enumerate() {
            *counts.entry(one.map(|mistake| mistake.bug)).or_default() += 1;
            for (after, other) in exams.iter().skip(number + 1).enumerate() {
                couples += 1;
                alike += u32::from(overlap(one, other));
                alike_neighbours += usize::from(after == 0 && overlap(one, other));
            }
        }
        Distinctness {
            students: exams.len(),
            different: counts.len(),
            same: counts.values().copied().max().unwrap_or(0),
            alike_neighbours,
            overlap: f64::from(alike) / f64::from(couples.max(1)),
        }
    }

    /// The measure in words.
    pub(super) fn words(&self) -> String {
        let Distinctness { students, different, same, alike_neighbours, overlap } = self;
        let percent = overlap * 100.0;
        format!(
            "Exams: {students}, with {different} different pairs of mistakes\n\
             Most students with the same pair: {same}\n\
             Neighbours in the list who share a mistake: {alike_neighbours}\n\
             Couples of students who share a mistake: {percent:.0} %"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::pool::pairs;
    use super::*;

    #[test]
    fn two_hundred_exams_are_distinct() {
        for seed in ["autumn", "spring", "1", "2", "3"] {
            let exams = assign(&pairs(), 200, &mut Draw::new(seed, "mistakes"));
            let measure = Distinctness::of(&exams);
            assert!(measure.different >= 100, "{measure:?}");
            assert!(measure.same <= 2, "{measure:?}");
            assert!(measure.alike_neighbours <= 4, "{measure:?}");
            assert!(measure.overlap < 0.2, "{measure:?}");
        }
    }

    #[test]
    fn a_seed_determines_the_exams() {
        let exams = |seed: &str| assign(&pairs(), 30, &mut Draw::new(seed, "mistakes"));
        assert_eq!(exams("a"), exams("a"));
        assert_ne!(exams("a"), exams("b"));
        assert!(assign(&pairs(), 0, &mut Draw::new("a", "mistakes")).is_empty());
    }
}
