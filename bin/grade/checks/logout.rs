//! Logging out, and leaving in other ways.

use crate::check::{Check, Layer, Trial};
use crate::lag::Stopwatch;
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request, Response};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "LEAVE-1",
        layer: Layer::App,
        rationale: "A client that gets no answer does not know whether it is out.",
        hint: "Answer a logout like every other request, before anything else.",
        after: &["PARSE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            logs_out(scenario, ann)
        }),
    },
    Check {
        id: "LEAVE-2",
        layer: Layer::App,
        rationale: "Whoever is out speaks in nobody's name.",
        hint: "After a logout the connection has no name: take it out wherever you keep it. If ben heard the message, the server has not forgotten who ann is.",
        after: &["LEAVE-1", "MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            // Whether ben hears it shows what became of it.
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
        rationale: "Whoever has left should not be able to listen.",
        hint: "Is the connection still in the list that messages are sent to?",
        after: &["LEAVE-1", "MESSAGE-1", "MESSAGE-2", "MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
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
        rationale: "Whoever logs out wants to be able to come back.",
        hint: "Take the name out of the names that are taken when its owner logs out.",
        after: &["LEAVE-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
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
        rationale: "Clients send it twice, or too early.",
        hint: "A logout without a login fails in words of its own: `Not logged in!`.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            scenario.request(ann, Request::Logout)?;
            scenario.expect_error(ann, Some("Not logged in!"))
        }),
    },
    Check {
        id: "LEAVE-6",
        layer: Layer::Net,
        rationale: "Most people leave by closing the window.",
        hint: "A read that returns nothing means that the other side has hung up: do for it what a logout does.",
        after: &["LOGIN-9", "LEAVE-8"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.disconnect(ann);
            is_free(scenario)
        }),
    },
    Check {
        id: "LEAVE-7",
        layer: Layer::Net,
        rationale: "Laptops are closed, cables are pulled: then a read fails in place of returning nothing.",
        hint: "A read that fails (a reset) is the end of that connection, as an empty one is.",
        after: &["LEAVE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.reset_connection(ann);
            is_free(scenario)
        }),
    },
    Check {
        id: "LEAVE-8",
        layer: Layer::App,
        rationale: "One who is gone must not keep others out.",
        hint: "What fails at somebody who is gone (a write to it, say) must not fail the login of another.",
        after: &["CROWD-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.reset_connection(ann);
            // That somebody has vanished may be noticed a little later.
            scenario.log_in("ben")?;
            for number in 0..AFTERWARDS {
                scenario.pause();
                scenario.log_in(&format!("p{number}"))?;
            }
            Ok(())
        }),
    },
];

/// How many moments are waited for what somebody leaves behind.
pub(super) const AFTERWARDS: usize = 8;

/// Somebody logs out, and is told so.
pub(super) fn logs_out(scenario: &mut Scenario, who: PeerId) -> Result<(), Stop> {
    scenario.request(who, Request::Logout)?;
    scenario
        .expect(who, "the answer to the logout", |response| *response == Response::LoggedOut)
        .map(drop)
}

/// The name that ann had can be had again; not at once perhaps, but soon.
fn is_free(scenario: &mut Scenario) -> Result<(), Stop> {
    let name = scenario.name("ann");
    let ben = scenario.connect("ben")?;
    let began = Stopwatch::start();
    loop {
        scenario.request(ben, Request::Login(name.clone()))?;
        let response = scenario.next_response(ben, "logged in, since the name is free again")?;
        match response {
            Response::LoggedIn { .. } => return Ok(()),
            // Not at once perhaps.
            Response::Error(_) if began.elapsed() < scenario.patience => scenario.pause(),
            other => {
                let words =
                    format!("{}, {:.0} s later", other.words(), began.elapsed().as_secs_f64());
                return Err(scenario.differs(
                    ben,
                    "logged in, since the name is free again",
                    &words,
                ));
            }
        }
    }
}
