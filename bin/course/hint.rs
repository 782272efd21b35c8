//! Hints, revealed one by one.

use crate::failure::Failure;
use crate::lab::{self, Lab};
use crate::place::Place;
use crate::progress::Progress;
use crate::screen::say;
use crate::status;

/// Reveals one more hint of a lab, and shows those before it.
pub(crate) fn show(place: &Place, labs: &[Lab], number: Option<u32>) -> Result<bool, Failure> {
    let mut progress = Progress::read(&place.root);
    let lab = match number {
        Some(number) => {
            let lab = lab::find(labs, number)?;
            if !status::open(place, labs).iter().any(|open| open.number == number) {
                return Err(Failure::Message(format!("this starter has no holes of lab {number}")));
            }
            lab
        }
        None => match status::current(&status::open(place, labs), &progress) {
            Some(lab) => lab,
            None => {
                say("All labs are done. `cargo course hint N` shows the hints of lab N.\n");
                return Ok(true);
            }
        },
    };
    let (revealed, is_new) = progress.reveal(lab);
    progress.write(&place.root)?;
    let all = lab.about.hints.len();
    say(&format!("Lab {}: {}\n", lab.number, lab.about.title));
    for (number, hint) in (1..).zip(lab.about.hints.iter().take(revealed)) {
        say(&format!("\nHint {number} of {all}: {}\n", hint.trim()));
    }
    if !is_new {
        say("\nThere are no more hints.\n");
    }
    Ok(true)
}
