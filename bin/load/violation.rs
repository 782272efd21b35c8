//! The violations of a server, counted by kind, with examples.

use std::collections::BTreeMap;
use std::fmt;

/// The number of examples. A server that loses one message often loses thousands.
const EXAMPLES: usize = 10;

/// The kinds of violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A text never arrived.
    Missing,
    /// A text arrived after a later one of the same sender.
    OutOfOrder,
    /// A text arrived more than once.
    Repeated,
    /// A text differs from the sent one.
    Damaged,
    /// A text arrived that no client sent.
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

/// All violations of a run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Violations {
    counts: BTreeMap<Kind, u64>,
    examples: Vec<String>,
}

impl Violations {
    /// Adds `count` violations of one kind. The example names the client, the sender, the expected text
    /// and the received one.
    pub(crate) fn add(&mut self, kind: Kind, count: u64, example: impl FnOnce() -> String) {
        *self.counts.entry(kind).or_default() += count;
        if self.examples.len() < EXAMPLES {
            self.examples.push(format!("{kind}: {}", example()));
        }
    }

    /// The number of violations.
    pub(crate) fn count(&self) -> u64 {
        self.counts.values().sum()
    }

    /// The first violations as sentences.
    pub(crate) fn examples(&self) -> &[String] {
        &self.examples
    }

    /// The number of violations of each kind that occurred.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (Kind, u64)> + '_ {
        self.counts.iter().map(|(kind, count)| (*kind, *count))
    }

    /// Adds the violations of another run.
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
    fn violations_are_counted_by_kind_and_the_first_are_examples() {
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
