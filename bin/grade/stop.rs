//! Why a check ends early.

use crate::lag::TooBusy;
use crate::program::Trouble;
use crate::verdict::Difference;

/// Why a check ends before its end.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The program does not do what the check requires.
    Failed(Difference),
    /// It cannot be found out, and the program is not to blame.
    Undecided(String),
    /// The program has nothing of the kind, as it says itself.
    Absent,
}

impl Stop {
    /// Something else was expected, at whoever is called so in the report.
    pub(crate) fn differs(who: &str, expected: &str, got: &str) -> Stop {
        let (who, expected, got) = (who.to_owned(), expected.to_owned(), got.to_owned());
        Stop::Failed(Difference { who, expected, got, instead: None })
    }

    /// The program is in trouble, which shows at whoever is called so.
    pub(crate) fn trouble(who: &str, expected: &str, trouble: &Trouble) -> Stop {
        let (who, expected, got) = (who.to_owned(), expected.to_owned(), trouble.to_string());
        Stop::Failed(Difference { who, expected, got, instead: trouble.hint() })
    }
}

impl From<TooBusy> for Stop {
    fn from(error: TooBusy) -> Stop {
        Stop::Undecided(error.to_string())
    }
}
