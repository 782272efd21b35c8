//! What a server can get wrong, counted by kind and told by example.

use std::collections::BTreeMap;
use std::fmt;

/// How many violations are told in full. A server that loses one message often loses thousands.
const EXAMPLES: usize = 10;

/// The kinds of violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// It never came.
    Missing,
    /// It came after a later one of the same sender.
    OutOfOrder,
    /// It came more than once.
    Repeated,
    /// It is not as it was sent.
    Damaged,
    /// Nobody of ours sent it.
    Unsent,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Missing => "missing",
            Kind::OutOfOrder => "out of order",
            Kind::Repeated => "repeated",
            Kind::Damaged => "damaged",
            Kind::Unsent => "unsent",
        })
    }
}

/// All that was found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Violations {
    counts: BTreeMap<Kind, u64>,
    examples: Vec<String>,
}

impl Violations {
    /// Counts `count` deliveries of one kind of wrong. The example says which client, which
    /// sender, what was expected and what came.
    pub(crate) fn add(&mut self, kind: Kind, count: u64, example: impl FnOnce() -> String) {
        *self.counts.entry(kind).or_default() += count;
        if self.examples.len() < EXAMPLES {
            self.examples.push(format!("{kind}: {}", example()));
        }
    }

    /// How many there are in all.
    pub(crate) fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The first few, in words.
    pub(crate) fn examples(&self) -> &[String] {
        &self.examples
    }

    /// How many there are of each kind that there is.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (Kind, u64)> + '_ {
        self.counts.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Takes in what another run has found.
    pub(crate) fn merge(&mut self, other: &Violations) {
        for (kind, count) in other.counts() {
            *self.counts.entry(kind).or_default() += count;
        }
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(other.examples.iter().take(room).cloned());
    }
}

impl fmt::Display for Violations {
    /// `none`, or `3 missing, 1 repeated`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts.is_empty() {
            return f.write_str("none");
        }
        for (index, (kind, count)) in self.counts.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{count} {kind}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_counted_by_kind_and_few_are_told() {
        let mut violations = Violations::default();
        assert_eq!(violations.to_string(), "none");
        violations.add(Kind::Repeated, 1, || "l1".to_owned());
        for _ in 0..20 {
            violations.add(Kind::Missing, 2, || "l2".to_owned());
        }
        assert_eq!(violations.to_string(), "40 missing, 1 repeated");
        assert_eq!((violations.count(), violations.examples().len()), (41, EXAMPLES));
        assert_eq!(violations.examples()[0], "repeated: l1");
    }
}
