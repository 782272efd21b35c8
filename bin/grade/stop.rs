//! Why a check ends early.

use crate::patience::TooBusy;
use crate::program::Trouble;
use crate::verdict::Difference;

/// The reason why a check ends before its last step.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The program does not do what the check requires.
    Failed(Difference),
    /// The check could not decide, and the program is not to blame.
    Undecided(String),
    /// The program does not have the feature, as its profile says.
    Absent,
}

impl Stop {
    /// A failure at the participant `who`, who expected one thing and got another.
    pub(crate) fn differs(who: &str, expected: &str, got: &str) -> Stop {
        let (who, expected, got) = (who.to_owned(), expected.to_owned(), got.to_owned());
        Stop::Failed(Difference { who, expected, got, instead: None, ended: false })
    }

    /// A failure at the participant `who`, because the program ended or had to be killed.
    pub(crate) fn trouble(who: &str, expected: &str, trouble: &Trouble) -> Stop {
        let (who, expected, got) = (who.to_owned(), expected.to_owned(), trouble.to_string());
        Stop::Failed(Difference { who, expected, got, instead: trouble.hint(), ended: true })
    }
}

impl From<TooBusy> for Stop {
    fn from(error: TooBusy) -> Stop {
        Stop::Undecided(error.to_string())
    }
}
