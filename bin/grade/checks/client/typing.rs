//! What becomes of what somebody types.

use crate::check::{Check, Layer, Trial};
use crate::client::ClientScenario;
use crate::stop::Stop;
use crate::wire::{Dialect, ReceivedRequest, Request};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "TYPE-1",
        layer: Layer::App,
        rationale: "Before the login nothing else works.",
        hint: "Send the request `login` with the name exactly as it was typed, upper case and all.",
        after: &["OPEN-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.connect()?;
            scenario.expect_login_request().map(drop)
        }),
    },
    Check {
        id: "TYPE-2",
        layer: Layer::App,
        rationale: "This is what a chat is for.",
        hint: "The whole line is the text, not its first word.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.log_in()?;
            let text = format!("{}, {}", scenario.words.text(), scenario.words.text());
            scenario.type_message(&text)?;
            scenario.expect_request(&Request::Say(text)).map(drop)
        }),
    },
    Check {
        id: "TYPE-3",
        layer: Layer::App,
        rationale: "People want to know who is there before they speak.",
        hint: "The request has the word that the dialect has for it, and nothing else is needed.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.log_in()?;
            scenario.type_lines(|profile| profile.names.as_ref(), "")?;
            scenario.expect_request(&Request::Names).map(drop)
        }),
    },
    Check {
        id: "TYPE-4",
        layer: Layer::App,
        rationale: "Who only looks logged out still hears everything, and keeps the name.",
        hint: "It is the server that logs somebody out: send it the request.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.log_in()?;
            scenario.type_lines(|profile| profile.logout.as_ref(), "")?;
            scenario.expect_request(&Request::Logout).map(drop)
        }),
    },
    Check {
        id: "TYPE-5",
        layer: Layer::Parse,
        rationale: "People type quotes, and not everybody writes in ASCII.",
        hint: "Let a JSON library write the request; text that is put between quotes by hand breaks.",
        after: &["TYPE-2"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.log_in()?;
            let mut unanswered = Vec::new();
            for odd in ["\"{}\" it's", "[a] \\ b", "null", "}{", "blåbær 你好 🙂"] {
                let text = format!("{} {odd} {}", scenario.words.word(), scenario.words.word());
                scenario.type_message(&text)?;
                says(scenario, text, &mut unanswered)?;
            }
            Ok(())
        }),
    },
    Check {
        id: "TYPE-6",
        layer: Layer::App,
        rationale: "People paste, and scripts do not wait between two lines.",
        hint: "One read of the input may return several lines: send them all, one request for each.",
        after: &["TYPE-2"],
        dialects: Dialect::ALL,
        run: Trial::Client(|scenario| {
            scenario.log_in()?;
            let texts: Vec<String> = (0..4).map(|_| scenario.words.text()).collect();
            let pasted: String = texts.iter().map(|text| scenario.keys_to_say(text)).collect();
            scenario.type_keys(&pasted)?;
            let mut unanswered = Vec::new();
            texts.into_iter().try_for_each(|text| says(scenario, text, &mut unanswered))
        }),
    },
];

/// The client says this. It is not answered at once, since what comes may disturb who types, which has a
/// check of its own; but a client may wait for the answers to what it said before.
fn says(
    scenario: &mut ClientScenario,
    text: String,
    unanswered: &mut Vec<ReceivedRequest>,
) -> Result<(), Stop> {
    if !scenario.has_request_soon() {
        for asked in unanswered.drain(..) {
            scenario.broadcast(&asked)?;
        }
    }
    unanswered.push(scenario.expect_request(&Request::Say(text))?);
    Ok(())
}
