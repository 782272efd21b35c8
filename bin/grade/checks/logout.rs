//! Logouts, and other ways to leave.

use crate::check::{Check, Function, Layer};
use crate::lag::Stopwatch;
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request, Response};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "LEAVE-1",
        layer: Layer::App,
        rationale: "Without an answer, a client does not know whether it is logged out.",
        hint: "Answer a logout like every other request, before you do anything else.",
        after: &["PARSE-6"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            logs_out(scenario, ann)
        }),
    },
    Check {
        id: "LEAVE-2",
        layer: Layer::App,
        rationale: "A user who has logged out must not be able to send messages.",
        hint: "After a logout the connection has no name: remove it everywhere you store it. If ben received the message, the server still knows ann's name.",
        after: &["LEAVE-1", "MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            // ben is there so that the trace shows whether the message was delivered.
            let (ann, _) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            logs_out(scenario, ann)?;
            let text = scenario.text();
            scenario.request(ann, Request::Say(text))?;
            scenario.expect_error(ann, Some("You are not logged in!"))
        }),
    },
    Check {
        id: "LEAVE-3",
        layer: Layer::App,
        rationale: "A user who has logged out must not receive messages.",
        hint: "Is the connection still in the list of connections to which you send messages?",
        after: &["LEAVE-1", "MESSAGE-1", "MESSAGE-2", "MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            logs_out(scenario, ben)?;
            let (name, text) = (scenario.name("ann"), scenario.text());
            scenario.request(ann, Request::Say(text.clone()))?;
            scenario.expect_message(ann, &name, &text)?;
            scenario.expect_nothing_more(ben)
        }),
    },
    Check {
        id: "LEAVE-4",
        layer: Layer::App,
        rationale: "A user who logs out wants to use the same name again later.",
        hint: "When a user logs out, remove the name from the names that are taken.",
        after: &["LEAVE-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            logs_out(scenario, ann)?;
            let name = scenario.name("ann");
            let ben = scenario.connect("ben")?;
            scenario.log_in_as(ben, &name).map(drop)
        }),
    },
    Check {
        id: "LEAVE-5",
        layer: Layer::App,
        rationale: "Clients send a logout twice, or before a login.",
        hint: "A logout without a login has its own error text: `Not logged in!`.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            scenario.request(ann, Request::Logout)?;
            scenario.expect_error(ann, Some("Not logged in!"))
        }),
    },
    Check {
        id: "LEAVE-6",
        layer: Layer::Net,
        rationale: "Most users leave by closing the window.",
        hint: "A read that returns no bytes means that the client has closed the connection. Do the same as for a logout.",
        after: &["LOGIN-9", "LEAVE-8"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.disconnect(ann);
            is_free(scenario)
        }),
    },
    Check {
        id: "LEAVE-7",
        layer: Layer::Net,
        rationale: "A laptop is closed or a cable is pulled: then a read fails instead of returning no bytes.",
        hint: "A read that fails (connection reset) is the end of that connection, just like a read that returns no bytes.",
        after: &["LEAVE-6"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.reset_connection(ann);
            is_free(scenario)
        }),
    },
    Check {
        id: "LEAVE-8",
        layer: Layer::App,
        rationale: "A user who has left must not keep others from logging in.",
        hint: "If a write to a dead connection fails, the login of another user must still succeed.",
        after: &["CROWD-4"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.reset_connection(ann);
            // The server may notice the reset only a little later.
            scenario.log_in("ben")?;
            for number in 0..AFTERWARDS {
                scenario.pause();
                scenario.log_in(&format!("p{number}"))?;
            }
            Ok(())
        }),
    },
];

/// Number of short pauses in which a server may still notice that a user is gone.
pub(super) const AFTERWARDS: usize = 8;

/// Logs a user out and expects the answer.
pub(super) fn logs_out(scenario: &mut Scenario, who: PeerId) -> Result<(), Stop> {
    scenario.request(who, Request::Logout)?;
    scenario
        .expect(who, "the answer to the logout", |response| *response == Response::LoggedOut)
        .map(drop)
}

/// Expects the name of ann to become free within the patience.
fn is_free(scenario: &mut Scenario) -> Result<(), Stop> {
    let name = scenario.name("ann");
    let ben = scenario.connect("ben")?;
    let began = Stopwatch::start();
    loop {
        scenario.request(ben, Request::Login(name.clone()))?;
        let response =
            scenario.next_response(ben, "a successful login, because the name is free again")?;
        match response {
            Response::LoggedIn { .. } => return Ok(()),
            // The server may not have noticed the end of the connection yet.
            Response::Error(_) if began.elapsed() < scenario.patience => scenario.pause(),
            other => {
                let words =
                    format!("{}, even after {:.0} s", other.words(), began.elapsed().as_secs_f64());
                return Err(scenario.differs(
                    ben,
                    "a successful login, because the name is free again",
                    &words,
                ));
            }
        }
    }
}
