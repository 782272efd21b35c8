//! One try of a check, and its verdict.

use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use crate::program::Trouble;
use crate::stop::Stop;
use crate::trace::Trace;
use crate::verdict::Verdict;

/// The part of the patience that a program has to wait for a processor before a failure may be due to it.
const HINDERED: u32 = 4;

/// The result of one try.
pub(super) struct Attempt {
    pub(super) verdict: Verdict,
    pub(super) trace: Trace,
    /// What the program printed.
    pub(super) output: String,
    /// The server exited right after its start: another process may have taken the port that was
    /// free before.
    pub(super) port_taken: bool,
    /// Why the program ended or was killed.
    pub(super) trouble: Option<Trouble>,
    /// The longest time that a thread of the program has waited for a processor.
    pub(super) waited: Duration,
}

impl Attempt {
    pub(super) fn undecided(why: String) -> Attempt {
        let verdict = Verdict::Undecided { why };
        let (trace, output) = (Trace::new(), String::new());
        let waited = Duration::ZERO;
        Attempt { verdict, trace, output, port_taken: false, trouble: None, waited }
    }

    /// Whether a shortage of the machine can be the cause of the verdict. It cannot if the check
    /// passed, or if the program itself exceeded a limit.
    pub(super) fn may_lack_resources(&self) -> bool {
        matches!(self.verdict, Verdict::Failed(_) | Verdict::Undecided { .. })
            && !self.trouble.as_ref().is_some_and(Trouble::is_greed)
    }

    /// Whether a busy machine can be the cause of a failure, although every wait of the check was long
    /// enough: the program may have waited, too, and have given up. `lag` is how long the machine kept the
    /// grader from running.
    pub(super) fn may_have_given_up(&self, lag: Duration, patience: Duration) -> bool {
        self.may_lack_resources() && lag.max(self.waited) >= patience / HINDERED
    }

    pub(super) fn is_undecided(&self) -> bool {
        matches!(self.verdict, Verdict::Undecided { .. })
    }
}

/// Makes one try. A panic in the grader becomes an undecided verdict: without a verdict, the checks that
/// depend on this one would wait forever.
pub(super) fn attempt(attempt_once: impl Fn() -> Attempt) -> Attempt {
    let attempt = panic::catch_unwind(AssertUnwindSafe(attempt_once));
    attempt
        .unwrap_or_else(|_| Attempt::undecided("a bug in the grader ended this check".to_owned()))
}

impl Verdict {
    /// This verdict; but a program that has exceeded its own limits has failed. It may be the reason why
    /// the machine was too busy for a verdict, and must not run again.
    pub(super) fn or_greed(self, who: &str, trouble: Option<&Trouble>) -> Verdict {
        match trouble.filter(|trouble| trouble.is_greed()) {
            Some(trouble) if matches!(self, Verdict::Undecided { .. }) => {
                verdict(Err(Stop::trouble(who, "the program keeps to its limits", trouble)))
            }
            _ => self,
        }
    }
}

pub(super) fn verdict(found: Result<(), Stop>) -> Verdict {
    match found {
        Ok(()) => Verdict::Passed,
        Err(Stop::Failed(difference)) => Verdict::Failed(difference),
        Err(Stop::Undecided(why)) => Verdict::Undecided { why },
        Err(Stop::Absent) => Verdict::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::SERVER;

    #[test]
    fn a_shortage_may_be_the_cause_of_whatever_did_not_pass() {
        let undecided = Attempt::undecided("the machine was too busy".to_owned());
        assert!(undecided.may_lack_resources() && undecided.is_undecided());
        let failed = Attempt { verdict: verdict(Err(Stop::differs("a", "b", "c"))), ..undecided };
        assert!(failed.may_lack_resources() && !failed.is_undecided());
        let greed = Some(Trouble::TooManyProcesses { limit: 64, found: 300 });
        let failed = Attempt { trouble: greed, ..failed };
        assert!(!failed.may_lack_resources());
        assert!(!Attempt { verdict: Verdict::Passed, ..failed }.may_lack_resources());
    }

    #[test]
    fn only_a_failure_on_a_busy_machine_may_be_due_to_it() {
        let second = Duration::from_secs(1);
        let verdict = verdict(Err(Stop::differs("a", "b", "c")));
        let failed = Attempt { verdict, ..Attempt::undecided(String::new()) };
        assert!(!failed.may_have_given_up(second / 2, second * 4));
        assert!(failed.may_have_given_up(second, second * 4));
        let waited = Attempt { waited: second, ..failed };
        assert!(waited.may_have_given_up(Duration::ZERO, second * 4));
        let passed = Attempt { verdict: Verdict::Passed, ..waited };
        assert!(!passed.may_have_given_up(second, second));
    }

    #[test]
    fn a_program_that_exceeds_its_limits_is_not_undecided() {
        let busy = || Verdict::Undecided { why: "the machine was too busy".to_owned() };
        let greed = Trouble::TooManyProcesses { limit: 64, found: 300 };
        assert!(matches!(busy().or_greed(SERVER, Some(&greed)), Verdict::Failed(_)));
        assert_eq!(busy().or_greed(SERVER, None), busy());
        let late = Trouble::TooLong { limit: Duration::from_secs(120) };
        assert_eq!(busy().or_greed(SERVER, Some(&late)), busy());
        assert_eq!(Verdict::Passed.or_greed(SERVER, Some(&greed)), Verdict::Passed);
    }
}
