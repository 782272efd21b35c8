//! Logging out, and leaving in other ways.

use crate::check::{Check, Layer, Stop, Trial};
use crate::pulse::Mark;
use crate::stage::{Stage, Who};
use crate::wire::{Ask, Dialect, Heard};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "LEAVE-1",
        layer: Layer::App,
        rationale: "A client that gets no answer does not know whether it is out.",
        hint: "Answer a logout like every other request, before anything else.",
        after: &["PARSE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            logs_out(stage, ann)
        }),
    },
    Check {
        id: "LEAVE-2",
        layer: Layer::App,
        rationale: "Whoever is out speaks in nobody's name.",
        hint: "After a logout the connection has no name: take it out wherever you keep it. If ben heard the message, the server has not forgotten who ann is.",
        after: &["LEAVE-1", "MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            // Whether ben hears it shows what became of it.
            let (ann, _) = (stage.logs_in("ann")?, stage.logs_in("ben")?);
            logs_out(stage, ann)?;
            let text = stage.text();
            stage.asks(ann, Ask::Say(text))?;
            stage.is_refused(ann, Some("You are not logged in!"))
        }),
    },
    Check {
        id: "LEAVE-3",
        layer: Layer::App,
        rationale: "Whoever has left should not be able to listen.",
        hint: "Is the connection still in the list that messages are sent to?",
        after: &["LEAVE-1", "MESSAGE-1", "MESSAGE-2", "MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let (ann, ben) = (stage.logs_in("ann")?, stage.logs_in("ben")?);
            logs_out(stage, ben)?;
            let (name, text) = (stage.name("ann"), stage.text());
            stage.asks(ann, Ask::Say(text.clone()))?;
            stage.hears_said(ann, &name, &text)?;
            stage.has_heard_everything(ben)
        }),
    },
    Check {
        id: "LEAVE-4",
        layer: Layer::App,
        rationale: "Whoever logs out wants to be able to come back.",
        hint: "Take the name out of the names that are taken when its owner logs out.",
        after: &["LEAVE-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            logs_out(stage, ann)?;
            let name = stage.name("ann");
            let ben = stage.enters("ben")?;
            stage.is_let_in(ben, &name).map(drop)
        }),
    },
    Check {
        id: "LEAVE-5",
        layer: Layer::App,
        rationale: "Clients send it twice, or too early.",
        hint: "A logout without a login fails in words of its own: `Not logged in!`.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            stage.asks(ann, Ask::Logout)?;
            stage.is_refused(ann, Some("Not logged in!"))
        }),
    },
    Check {
        id: "LEAVE-6",
        layer: Layer::Net,
        rationale: "Most people leave by closing the window.",
        hint: "A read that returns nothing means that the other side has hung up: do for it what a logout does.",
        after: &["LOGIN-9", "LEAVE-8"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            stage.hangs_up(ann);
            is_free(stage)
        }),
    },
    Check {
        id: "LEAVE-7",
        layer: Layer::Net,
        rationale: "Laptops are closed, cables are pulled: then a read fails in place of returning nothing.",
        hint: "A read that fails (a reset) is the end of that connection, as an empty one is.",
        after: &["LEAVE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            stage.vanishes(ann);
            is_free(stage)
        }),
    },
    Check {
        id: "LEAVE-8",
        layer: Layer::App,
        rationale: "One who is gone must not keep others out.",
        hint: "What fails at somebody who is gone (a write to it, say) must not fail the login of another.",
        after: &["CROWD-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            stage.vanishes(ann);
            // That somebody has vanished may be noticed a little later.
            stage.logs_in("ben")?;
            for number in 0..AFTERWARDS {
                stage.pauses();
                stage.logs_in(&format!("p{number}"))?;
            }
            Ok(())
        }),
    },
];

/// How many moments are waited for what somebody leaves behind.
pub(super) const AFTERWARDS: usize = 8;

/// Somebody logs out, and is told so.
pub(super) fn logs_out(stage: &mut Stage, who: Who) -> Result<(), Stop> {
    stage.asks(who, Ask::Logout)?;
    stage.hears(who, "the answer to the logout", |heard| *heard == Heard::Out).map(drop)
}

/// The name that ann had can be had again; not at once perhaps, but soon.
fn is_free(stage: &mut Stage) -> Result<(), Stop> {
    let name = stage.name("ann");
    let ben = stage.enters("ben")?;
    let began = Mark::now();
    loop {
        stage.asks(ben, Ask::Login(name.clone()))?;
        let heard = stage.next_but_news(ben, "logged in, since the name is free again")?;
        match heard {
            Heard::In { .. } => return Ok(()),
            // Not at once perhaps.
            Heard::Refused(_) if began.felt() < stage.patience => stage.pauses(),
            other => {
                let words = format!("{}, {:.0} s later", other.words(), began.felt().as_secs_f64());
                return Err(stage.differs(ben, "logged in, since the name is free again", &words));
            }
        }
    }
}
