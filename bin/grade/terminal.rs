//! The terminal that all of this is read on, where there is one.

use std::io;

use rustix::termios::{isatty, tcgetwinsize};

/// Narrower, a report would be all breaks; wider, its lines would be hard to follow.
const NARROWEST: usize = 40;
const WIDEST: usize = 120;

/// What is taken for the width of a terminal that does not tell.
const USUAL: usize = 80;

/// How many characters fit in a line of the terminal that standard output is; `None` where it is none.
pub(crate) fn width() -> Option<usize> {
    let out = io::stdout();
    if !isatty(&out) {
        return None;
    }
    let told = tcgetwinsize(&out).map_or(0, |size| usize::from(size.ws_col));
    Some(fitting(told))
}

fn fitting(told: usize) -> usize {
    if told == 0 { USUAL } else { told.clamp(NARROWEST, WIDEST) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_width_is_one_that_can_be_read() {
        assert_eq!([0, 1, 40, 97, 120, 5000].map(fitting), [80, 40, 40, 97, 120, 120]);
    }
}
