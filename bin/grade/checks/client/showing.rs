//! What the client shows to its user.

use crate::check::{Check, Function, Layer};
use crate::client::ClientScenario;
use crate::stop::Stop;
use crate::wire::{Dialect, Message, Request, Response};

/// The error in a failed login.
const TAKEN: &str = "Name already taken!";

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "SHOW-1",
        layer: Layer::App,
        rationale: "A message without its sender is hard to understand.",
        hint: "Print both on one line: the name and the text.",
        after: &["TYPE-2"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            scenario.expect_still_working()
        }),
    },
    Check {
        id: "SHOW-2",
        layer: Layer::Net,
        rationale: "A user who is still typing wants to see new messages.",
        hint: "The client waits for the keyboard and for the server at the same time. Use two threads, or `select`.",
        after: &["SHOW-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| hears_while_typing(scenario).map(drop)),
    },
    Check {
        id: "SHOW-3",
        layer: Layer::App,
        rationale: "A user does not want to type a line again whenever a message arrives.",
        hint: "Printing a message must not discard the text that the user has typed so far.",
        after: &["SHOW-2"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            let (rest, text) = hears_while_typing(scenario)?;
            scenario.type_keys(&rest)?;
            scenario.expect_request(&Request::Say(text)).map(drop)
        }),
    },
    Check {
        id: "SHOW-4",
        layer: Layer::App,
        rationale: "A user who asks for the names wants to see them.",
        hint: "Print every name in the list of the answer.",
        after: &["TYPE-3"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            let others =
                [scenario.message_from_other().sender, scenario.message_from_other().sender];
            scenario.others = others.to_vec();
            let [ben, cat] = &others;
            scenario.log_in()?;
            // The check does not wait for the request: the client may have sent it on its own.
            scenario.type_lines(|profile| profile.names.as_ref(), "")?;
            scenario.expect_shown(&format!("the names of {ben} and {cat}"), &[ben, cat])
        }),
    },
    Check {
        id: "SHOW-5",
        layer: Layer::App,
        rationale: "A user who has just logged in wants to know what the others talk about.",
        hint: "The earlier messages come with the answer to the login, or right after it. Print them like new messages.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.connect()?;
            scenario.mark_seen();
            let received = scenario.expect_login_request()?;
            // Three messages, so that a client that shows only the first or the last one fails.
            let backlog: Vec<Message> = (0..3).map(|_| scenario.message_from_other()).collect();
            let response = Response::LoggedIn { backlog: backlog.clone() };
            scenario.answer(&received, &response)?;
            let wanted: Vec<&str> = backlog
                .iter()
                .flat_map(|line| [line.sender.as_str(), line.text.as_str()])
                .collect();
            let expected = "all earlier messages, with the names of the senders";
            scenario.expect_shown_eventually(expected, &wanted)
        }),
    },
    Check {
        id: "SHOW-6",
        layer: Layer::App,
        rationale: "A user whose login fails needs to know why.",
        hint: "In every answer, look for the error first, and print it as the server sent it.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Function::Client(is_refused),
    },
    Check {
        id: "SHOW-7",
        layer: Layer::App,
        rationale: "After a failed login, the user wants to try another name.",
        hint: "A failed login changes nothing: let the user type again.",
        after: &["SHOW-1", "SHOW-6"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.require_login_lines()?;
            is_refused(scenario)?;
            scenario.change_name();
            let received = scenario.expect_login_request()?;
            scenario.answer(&received, &Response::LoggedIn { backlog: Vec::new() })?;
            // After the failed login the client may already have been about to exit.
            scenario.expect_still_working()
        }),
    },
];

/// The user types half a line, another user sends a message, and the client shows it. Returns the
/// other half of the line, and the text of the whole line.
fn hears_while_typing(scenario: &mut ClientScenario) -> Result<(String, String), Stop> {
    scenario.log_in()?;
    let text = format!("{}, {}", scenario.words.text(), scenario.words.text());
    let (half, rest) = scenario.halves(&text);
    scenario.type_keys(&half)?;
    let line = scenario.message_from_other();
    scenario.announce(&Response::Message(line.clone()))?;
    scenario.expect_shown(
        &format!("{}, while the user is typing a line", line.words()),
        &[&line.sender, &line.text],
    )?;
    Ok((rest, text))
}

/// Refuses a login and expects the client to show the error.
fn is_refused(scenario: &mut ClientScenario) -> Result<(), Stop> {
    scenario.connect()?;
    scenario.mark_seen();
    let received = scenario.expect_login_request()?;
    scenario.answer(&received, &Response::Error(TAKEN.to_owned()))?;
    scenario.expect_shown(&format!("the error: {TAKEN:?}"), &[TAKEN])
}
