//! The outcome of a check.

use std::time::Duration;

use crate::trace::Trace;

/// The outcome of one check, with everything that its report needs.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    /// Id of the check (`LOGIN-3`).
    pub(crate) id: &'static str,
    pub(crate) verdict: Verdict,
    /// The steps of the check; empty if it was skipped.
    pub(crate) trace: Trace,
    /// What the program printed; only the end of a long output.
    pub(crate) output: String,
    /// Duration of the check.
    pub(crate) took: Duration,
}

impl Outcome {
    /// The outcome of a check that was not run.
    pub(crate) fn without_trace(id: &'static str, verdict: Verdict) -> Outcome {
        let (trace, output, took) = (Trace::new(), String::new(), Duration::ZERO);
        Outcome { id, verdict, trace, output, took }
    }
}

/// The verdict on a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// The program does not do what the check requires.
    Failed(Difference),
    /// A check that it depends on has not passed, so this one would mean nothing.
    Skipped {
        after: &'static str,
    },
    /// The check could not decide, for a reason that the program is not to blame for. It costs no
    /// points.
    Undecided {
        why: String,
    },
    /// The dialect or the program does not have this feature. The check does not count.
    Absent,
}

/// The first difference between the expected and the actual behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The participant who noticed it: a user whom the grader plays, or the program (`server`).
    pub(crate) who: String,
    pub(crate) expected: String,
    pub(crate) got: String,
    /// A hint that replaces the hint of the check, because the cause lies elsewhere. For example,
    /// the program has exited, which would make any check fail.
    pub(crate) instead: Option<&'static str>,
    /// The program has ended, or had to be killed.
    pub(crate) ended: bool,
}

impl Verdict {
    /// The verdict in one word.
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
