//! The requests that the client sends when the user types.

use crate::check::{Check, Function, Layer};
use crate::client::ClientScenario;
use crate::stop::Stop;
use crate::wire::{Dialect, ReceivedRequest, Request};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "TYPE-1",
        layer: Layer::App,
        rationale: "Nothing else works before the login.",
        hint: "Send the request `login` with the name exactly as the user typed it, with upper-case letters.",
        after: &["OPEN-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.connect()?;
            scenario.expect_login_request().map(drop)
        }),
    },
    Check {
        id: "TYPE-2",
        layer: Layer::App,
        rationale: "Sending messages is the purpose of a chat.",
        hint: "The text is the whole line, not its first word.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            let text = format!("{}, {}", scenario.words.text(), scenario.words.text());
            scenario.type_message(&text)?;
            scenario.expect_request(&Request::Say(text)).map(drop)
        }),
    },
    Check {
        id: "TYPE-3",
        layer: Layer::App,
        rationale: "Users want to know who is logged in before they write.",
        hint: "The request contains the dialect's word for it, and nothing else.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            scenario.type_lines(|profile| profile.names.as_ref(), "")?;
            scenario.expect_request(&Request::Names).map(drop)
        }),
    },
    Check {
        id: "TYPE-4",
        layer: Layer::App,
        rationale: "A user who is logged out only in the client still receives everything, and their name stays taken.",
        hint: "Only the server can log a user out: send it the request.",
        after: &["TYPE-1"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            scenario.type_lines(|profile| profile.logout.as_ref(), "")?;
            scenario.expect_request(&Request::Logout).map(drop)
        }),
    },
    Check {
        id: "TYPE-5",
        layer: Layer::Parse,
        rationale: "People type quotes, and many write letters outside ASCII.",
        hint: "Let a JSON library encode the request. A text that you put between quotes yourself breaks the JSON.",
        after: &["TYPE-2"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
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
        rationale: "Users paste several lines, and scripts do not wait between two lines.",
        hint: "One read of the input may return several lines. Send one request for each of them.",
        after: &["TYPE-2"],
        dialects: Dialect::ALL,
        run: Function::Client(|scenario| {
            scenario.log_in()?;
            let texts: Vec<String> = (0..4).map(|_| scenario.words.text()).collect();
            let pasted: String = texts.iter().map(|text| scenario.keys_to_say(text)).collect();
            scenario.type_keys(&pasted)?;
            let mut unanswered = Vec::new();
            texts.into_iter().try_for_each(|text| says(scenario, text, &mut unanswered))
        }),
    },
];

/// Expects the client to send this message. The server answers only later, because output may
/// disturb the user's line, which another check tests. A client that waits for the earlier answers
/// first gets them.
fn says(
    scenario: &mut ClientScenario,
    text: String,
    unanswered: &mut Vec<ReceivedRequest>,
) -> Result<(), Stop> {
    if !scenario.has_request_soon() {
        for received in unanswered.drain(..) {
            scenario.broadcast(&received)?;
        }
    }
    unanswered.push(scenario.expect_request(&Request::Say(text))?);
    Ok(())
}
