//! What somebody sees.

use crate::check::{Check, Layer, Stop, Trial};
use crate::client::Sitting;
use crate::wire::{Ask, Dialect, Heard, Line};

/// Why a login is refused.
const TAKEN: &str = "Name already taken!";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "SHOW-1",
        layer: Layer::App,
        rationale: "A message without its sender is half a message.",
        hint: "Print both, in one line: the name, and what was said.",
        after: &["TYPE-2"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.logs_in()?;
            sitting.still_shows()
        }),
    },
    Check {
        id: "SHOW-2",
        layer: Layer::Net,
        rationale: "Whoever thinks about an answer wants to see what others say meanwhile.",
        hint: "Waiting for a line and waiting for the server are two things: they need two threads, or `select`.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| hears_while_typing(sitting).map(drop)),
    },
    Check {
        id: "SHOW-3",
        layer: Layer::App,
        rationale: "Nobody wants to begin a sentence anew whenever somebody else speaks.",
        hint: "What was typed belongs to the one who types: printing a message must not touch it.",
        after: &["SHOW-2"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            let (rest, text) = hears_while_typing(sitting)?;
            sitting.types(&rest)?;
            sitting.asks(&Ask::Say(text)).map(drop)
        }),
    },
    Check {
        id: "SHOW-4",
        layer: Layer::App,
        rationale: "Who asks wants to see the answer.",
        hint: "Print every name of the list in the answer.",
        after: &["TYPE-3"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            let others = [sitting.somebody_else().by, sitting.somebody_else().by];
            sitting.others = others.to_vec();
            let [ben, cat] = &others;
            sitting.logs_in()?;
            // Whenever it asks: it may want to know of itself, too.
            sitting.types_lines(|profile| profile.names.as_ref(), "")?;
            sitting.sees(&format!("the names of {ben} and {cat}"), &[ben, cat])
        }),
    },
    Check {
        id: "SHOW-5",
        layer: Layer::App,
        rationale: "Whoever comes in wants to know what the others talk about.",
        hint: "It comes with the answer to the login, or right after it: print it like what is said later.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.connects()?;
            sitting.looks_away();
            let asked = sitting.asks_for_login()?;
            // Three, so that the first and the last can be told from the others.
            let backlog: Vec<Line> = (0..3).map(|_| sitting.somebody_else()).collect();
            let heard = Heard::In { backlog: backlog.clone() };
            sitting.answers(&asked, &heard)?;
            let wanted: Vec<&str> =
                backlog.iter().flat_map(|line| [line.by.as_str(), line.text.as_str()]).collect();
            let expected = "all that was said before, with the names";
            sitting.sees_sooner_or_later(expected, &wanted)
        }),
    },
    Check {
        id: "SHOW-6",
        layer: Layer::App,
        rationale: "Whoever is refused wants to know why.",
        hint: "Look for the error first in every answer, and print it as the server has it.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(is_refused),
    },
    Check {
        id: "SHOW-7",
        layer: Layer::App,
        rationale: "A name that is taken is no reason to go home.",
        hint: "After a refusal everything is as before it: let somebody type again.",
        after: &["SHOW-1", "SHOW-6"],
        dialects: Dialect::ALL,
        run: Trial::Client(|sitting| {
            sitting.can_log_in_again()?;
            is_refused(sitting)?;
            sitting.has_another_name();
            let asked = sitting.asks_for_login()?;
            sitting.answers(&asked, &Heard::In { backlog: Vec::new() })?;
            // It may have been about to end when it sent that.
            sitting.still_shows()
        }),
    },
];

/// Half a line is typed when somebody else says something, which is shown; gives the other half of the
/// line, and what all of it says.
fn hears_while_typing(sitting: &mut Sitting) -> Result<(String, String), Stop> {
    sitting.logs_in()?;
    let text = format!("{}, {}", sitting.words.text(), sitting.words.text());
    let (half, rest) = sitting.halves(&text);
    sitting.types(&half)?;
    let line = sitting.somebody_else();
    sitting.tells(&Heard::Said(line.clone()))?;
    sitting
        .sees(&format!("{}, while a line is being typed", line.words()), &[&line.by, &line.text])?;
    Ok((rest, text))
}

/// A login is refused, and that is shown.
fn is_refused(sitting: &mut Sitting) -> Result<(), Stop> {
    sitting.connects()?;
    sitting.looks_away();
    let asked = sitting.asks_for_login()?;
    sitting.answers(&asked, &Heard::Refused(TAKEN.to_owned()))?;
    sitting.sees(&format!("the error: {TAKEN:?}"), &[TAKEN])
}
