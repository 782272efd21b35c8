//! What became of a check.

use std::time::Duration;

use crate::trace::Trace;

/// What became of one check, with everything that its report needs.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Which check it was (`LOGIN-3`).
    pub(crate) id: &'static str,
    pub(crate) verdict: Verdict,
    /// What happened; empty where it was skipped.
    pub(crate) trace: Trace,
    /// What the program printed, its end only where that is long.
    pub(crate) output: String,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Outcome {
    /// What became of a check in which nothing happened that could be told.
    pub(crate) fn without_trace(id: &'static str, verdict: Verdict) -> Outcome {
        let (trace, output, took) = (Trace::new(), String::new(), Duration::ZERO);
        Outcome { id, verdict, trace, output, took }
    }
}

/// How a check went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// The program does not do what it has to.
    Failed(Difference),
    /// A check that it depends on has not passed: so it would tell nothing.
    Skipped {
        after: &'static str,
    },
    /// It could not be found out, for a reason that is not the program's: never charged to it.
    Undecided {
        why: String,
    },
    /// There is no such thing in this dialect; it does not count.
    Absent,
}

/// The first difference between what had to be and what was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// At whom it showed: one of the people of the grader, or the program (`server`).
    pub(crate) who: String,
    pub(crate) expected: String,
    pub(crate) got: String,
    /// The hint that helps in place of the check's, where what went wrong is something else than what
    /// was checked: the program has ended, say, and would have in any case.
    pub(crate) instead: Option<&'static str>,
}

impl Verdict {
    /// One word for it.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed(_) => "failed",
            Verdict::Skipped { .. } => "skipped",
            Verdict::Undecided { .. } => "undecided",
            Verdict::Absent => "absent",
        }
    }
}
