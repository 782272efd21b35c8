//! What somebody sees.

use crate::check::{Check, Layer, Trial};
use crate::client::ClientScenario;
use crate::stop::Stop;
use crate::wire::{Dialect, Message, Request, Response};

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
        run: Trial::Client(|scenario| {
            scenario.log_in()?;
            scenario.expect_still_working()
        }),
    },
    Check {
        id: "SHOW-2",
        layer: Layer::Net,
        rationale: "Whoever thinks about an answer wants to see what others say meanwhile.",
        hint: "Waiting for a line and waiting for the server are two things: they need two threads, or `select`.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| hears_while_typing(scenario).map(drop)),
    },
    Check {
        id: "SHOW-3",
        layer: Layer::App,
        rationale: "Nobody wants to begin a sentence anew whenever somebody else speaks.",
        hint: "What was typed belongs to the one who types: printing a message must not touch it.",
        after: &["SHOW-2"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            let (rest, text) = hears_while_typing(scenario)?;
            scenario.type_keys(&rest)?;
            scenario.expect_request(&Request::Say(text)).map(drop)
        }),
    },
    Check {
        id: "SHOW-4",
        layer: Layer::App,
        rationale: "Who asks wants to see the answer.",
        hint: "Print every name of the list in the answer.",
        after: &["TYPE-3"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            let others =
                [scenario.message_from_other().sender, scenario.message_from_other().sender];
            scenario.others = others.to_vec();
            let [ben, cat] = &others;
            scenario.log_in()?;
            // Whenever it asks: it may want to know of itself, too.
            scenario.type_lines(|profile| profile.names.as_ref(), "")?;
            scenario.expect_shown(&format!("the names of {ben} and {cat}"), &[ben, cat])
        }),
    },
    Check {
        id: "SHOW-5",
        layer: Layer::App,
        rationale: "Whoever comes in wants to know what the others talk about.",
        hint: "It comes with the answer to the login, or right after it: print it like what is said later.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.connect()?;
            scenario.mark_seen();
            let asked = scenario.expect_login_request()?;
            // Three, so that the first and the last can be told from the others.
            let backlog: Vec<Message> = (0..3).map(|_| scenario.message_from_other()).collect();
            let response = Response::LoggedIn { backlog: backlog.clone() };
            scenario.answer(&asked, &response)?;
            let wanted: Vec<&str> = backlog
                .iter()
                .flat_map(|line| [line.sender.as_str(), line.text.as_str()])
                .collect();
            let expected = "all that was said before, with the names";
            scenario.expect_shown_eventually(expected, &wanted)
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
        run: Trial::Client(|scenario| {
            scenario.require_login_lines()?;
            is_refused(scenario)?;
            scenario.change_name();
            let asked = scenario.expect_login_request()?;
            scenario.answer(&asked, &Response::LoggedIn { backlog: Vec::new() })?;
            // It may have been about to end when it sent that.
            scenario.expect_still_working()
        }),
    },
];

/// Half a line is typed when somebody else says something, which is shown; gives the other half of the
/// line, and what all of it says.
fn hears_while_typing(scenario: &mut ClientScenario) -> Result<(String, String), Stop> {
    scenario.log_in()?;
    let text = format!("{}, {}", scenario.words.text(), scenario.words.text());
    let (half, rest) = scenario.halves(&text);
    scenario.type_keys(&half)?;
    let line = scenario.message_from_other();
    scenario.announce(&Response::Message(line.clone()))?;
    scenario.expect_shown(
        &format!("{}, while a line is being typed", line.words()),
        &[&line.sender, &line.text],
    )?;
    Ok((rest, text))
}

/// A login is refused, and that is shown.
fn is_refused(scenario: &mut ClientScenario) -> Result<(), Stop> {
    scenario.connect()?;
    scenario.mark_seen();
    let asked = scenario.expect_login_request()?;
    scenario.answer(&asked, &Response::Error(TAKEN.to_owned()))?;
    scenario.expect_shown(&format!("the error: {TAKEN:?}"), &[TAKEN])
}
