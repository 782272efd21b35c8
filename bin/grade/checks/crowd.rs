//! Many at once, and some of them behave badly: nobody else may notice.

use crate::check::{Check, Layer, Trial};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request};

use super::logout::AFTERWARDS;
use super::messages::says;

/// The check with the most clients, and how many it has.
pub(super) const RUSHED: &str = "CROWD-6";
pub(super) const RUSH: u64 = 500;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "CROWD-1",
        layer: Layer::Net,
        rationale: "Somebody always leaves a connection open and says nothing.",
        hint: "Does one connection wait for another? A read that waits needs a thread of its own, and holds no lock.",
        after: &["MESSAGE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let silent = scenario.connect("ben")?;
            scenario.send(silent, "half a request", b"{\"request\":\"lo")?;
            let ann = scenario.log_in("ann")?;
            says(scenario, ann, "ann").map(drop)
        }),
    },
    Check {
        id: "CROWD-2",
        layer: Layer::Net,
        rationale: "One who does not read must not keep the others from reading.",
        hint: "A write waits when the other side does not read: let it wait in a thread of its own, with a bounded queue.",
        after: &["MESSAGE-2", "LEAVE-8", "CROWD-3"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let sleeper = scenario.connect_without_reading("ben")?;
            let name = scenario.name("ben");
            scenario.log_in_as(sleeper, &name)?;
            let ann = scenario.log_in("ann")?;
            let name = scenario.name("ann");
            // More than the systems on both sides keep for this one. What the server itself keeps may
            // be more, but where there is a gap between messages as many would take half a minute.
            let many = if scenario.dialect == Dialect::Json { 1200 } else { 45 };
            for number in 0..many {
                let text = format!("{number} {}", "x".repeat(4000));
                scenario.request(ann, Request::Say(text.clone()))?;
                scenario.expect_message(ann, &name, &text)?;
                scenario.shorten_trace();
            }
            scenario.log_in("cat").map(drop)
        }),
    },
    Check {
        id: "CROWD-3",
        layer: Layer::Net,
        rationale: "People vanish while others talk.",
        hint: "When a write to somebody fails, does the loop go on to the next person? If not, those who came before the dead one hear what is said, and those who came after it do not. And is it the dead one that is taken out, and not while the list is walked through?",
        after: &["MESSAGE-1", "MESSAGE-2", "CROWD-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let gone = scenario.log_in("ben")?;
            let also = scenario.log_in("cat")?;
            let dan = scenario.log_in("dan")?;
            let name = scenario.name("ann");
            scenario.reset_connection(gone);
            scenario.reset_connection(also);
            // The first may be lost in the moment in which they vanish; each has to come.
            for _ in 0..4 {
                let text = says(scenario, ann, "ann")?;
                scenario.expect_message(dan, &name, &text)?;
            }
            says(scenario, dan, "dan").map(drop)
        }),
    },
    Check {
        id: "CROWD-4",
        layer: Layer::Net,
        rationale: "A server that one client can end is ended every day.",
        hint: "The end of a connection, with an error or without, must end that connection only: look for an exit, or for an error that is passed up to the top.",
        after: &["MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let people =
                [scenario.log_in("ann")?, scenario.log_in("ben")?, scenario.log_in("cat")?];
            for (number, who) in people.into_iter().enumerate() {
                if number == 1 {
                    scenario.reset_connection(who)
                } else {
                    scenario.disconnect(who)
                }
                // It need not be let in, only served; who is here may be told to anybody.
                let moments = if number == 2 { AFTERWARDS / 2 } else { AFTERWARDS / 4 };
                for _ in 0..moments {
                    let dan = scenario.connect("dan")?;
                    scenario.request(dan, Request::Names)?;
                    let expected = "any answer at all: the server is still there";
                    scenario.next_response(dan, expected)?;
                    scenario.pause();
                }
            }
            Ok(())
        }),
    },
    Check {
        id: "CROWD-5",
        layer: Layer::App,
        rationale: "A class has fifty people in it, who all come and go.",
        hint: "What is left behind of somebody who has gone? Lists that only grow, threads that only wait?",
        after: &["LEAVE-6", "MESSAGE-2", "CROWD-3"],
        dialects: Dialect::ALL,
        run: Trial::Server(fifty_come_and_go),
    },
    Check {
        id: RUSHED,
        layer: Layer::Net,
        rationale: "When the lecture begins everybody connects at once.",
        hint: "How many connections may wait to be accepted (`listen`), and how many descriptors may the process have? Does the server itself hang up when there are many?",
        after: &["MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(five_hundred_at_once),
    },
];

fn fifty_come_and_go(scenario: &mut Scenario) -> Result<(), Stop> {
    let mut people = Vec::new();
    for number in 0..50 {
        people.push(scenario.log_in(&format!("p{number}"))?);
    }
    let others = people.split_off(25);
    go(scenario, people);
    // Who is here hears of all that come and go; where there is a gap between messages that takes long.
    let ann = scenario.log_in("ann")?;
    go(scenario, others);
    says(scenario, ann, "ann")?;
    scenario.log_in("ben").map(drop)
}

/// All of these leave, each in another way than the one before.
fn go(scenario: &mut Scenario, people: Vec<PeerId>) {
    for (number, who) in people.into_iter().enumerate() {
        if number % 2 == 0 { scenario.reset_connection(who) } else { scenario.disconnect(who) }
    }
}

fn five_hundred_at_once(scenario: &mut Scenario) -> Result<(), Stop> {
    let mut people = Vec::new();
    for number in 0..RUSH {
        people.push(scenario.connect(&format!("p{number}"))?);
        scenario.shorten_trace();
    }
    // All of them are served; none logs in, since then each would hear of all the others.
    for who in people {
        scenario.request(who, Request::Names)?;
        scenario.next_response(who, "any answer at all")?;
        scenario.shorten_trace();
    }
    Ok(())
}
