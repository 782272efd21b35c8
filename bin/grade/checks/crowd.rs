//! Many users at the same time, some of whom misbehave: the others must not notice.

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request, Response};

use super::logout::AFTERWARDS;
use super::messages::says;

/// The check with the most clients, and their number.
pub(super) const RUSHED: &str = "CROWD-6";
pub(super) const RUSH: u64 = 500;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "CROWD-1",
        layer: Layer::Net,
        rationale: "In practice, some client always keeps a connection open and sends nothing.",
        hint: "Does one connection wait for another? A blocking read needs a thread for each connection, and that thread must not hold a lock while it reads.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            scenario.connect("ben")?;
            let (ann, cat) = (scenario.log_in("ann")?, scenario.log_in("cat")?);
            says(scenario, ann)?;
            scenario.sync_except(cat, |response| matches!(response, Response::Message(_)))
        }),
    },
    Check {
        id: "CROWD-2",
        layer: Layer::Net,
        rationale: "A client that does not read must not delay the others.",
        hint: "A write blocks while the other side does not read. Let a separate thread for each client do the writing, with a bounded queue.",
        after: &["MESSAGE-2"],
        dialects: Dialect::ALL,
        run: Function::Server(a_sleeper_delays_nobody),
    },
    Check {
        id: "CROWD-3",
        layer: Layer::Net,
        rationale: "Users disappear while others are talking.",
        hint: "When a write to one user fails, does the loop go on to the next user? If it stops, the users before the dead connection get the message and those after it do not. Also check that you remove the dead connection and no other, and not while you iterate over the list.",
        after: &["MESSAGE-1", "CROWD-4"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let gone = scenario.log_in("ben")?;
            let also = scenario.log_in("cat")?;
            let dan = scenario.log_in("dan")?;
            scenario.reset_connection(gone);
            scenario.reset_connection(also);
            // The first message may get lost while the connections are being reset. The later ones
            // must arrive.
            for _ in 0..4 {
                let text = says(scenario, ann)?;
                scenario.expect_text(dan, &text)?;
            }
            says(scenario, dan).map(drop)
        }),
    },
    Check {
        id: "CROWD-4",
        layer: Layer::Net,
        rationale: "If one client can crash the server, some client will.",
        hint: "The end of a connection, with or without an error, must end that connection only. Look for an exit, or for an error that reaches the top level.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let people =
                [scenario.log_in("ann")?, scenario.log_in("ben")?, scenario.log_in("cat")?];
            for (number, who) in people.into_iter().enumerate() {
                if number == 1 {
                    scenario.reset_connection(who)
                } else {
                    scenario.disconnect(who)
                }
                let moments = if number == 2 { AFTERWARDS / 2 } else { AFTERWARDS / 4 };
                for _ in 0..moments {
                    let dan = scenario.connect("dan")?;
                    scenario.is_served(dan)?;
                    scenario.pause();
                }
            }
            Ok(())
        }),
    },
    Check {
        id: "CROWD-5",
        layer: Layer::App,
        rationale: "A class has fifty people, who all join and leave.",
        hint: "What does the server keep of a user who has left? Look for lists that only grow and threads that only wait.",
        after: &["CROWD-4", "LEAVE-8", "CROWD-3", "END-1"],
        dialects: Dialect::ALL,
        run: Function::Server(fifty_come_and_go),
    },
    Check {
        id: RUSHED,
        layer: Layer::Net,
        rationale: "When the lecture begins, the whole class connects within a second.",
        hint: "How many connections may wait to be accepted (the backlog of `listen`), and how many open files may the process have? Does the server itself close connections when there are many?",
        after: &["LOGIN-1", "CROWD-1"],
        dialects: Dialect::ALL,
        run: Function::Server(five_hundred_at_once),
    },
];

/// One user does not read, while another one says more than the systems on both sides buffer.
fn a_sleeper_delays_nobody(scenario: &mut Scenario) -> Result<(), Stop> {
    let sleeper = scenario.connect_without_reading("ben")?;
    let name = scenario.name("ben");
    scenario.log_in_as(sleeper, &name)?;
    match says_much(scenario) {
        // The server has ended the connection of the sleeper, and others have noticed. Other checks
        // test what happens after a connection has ended.
        Err(Stop::Failed(_)) if scenario.ends_after_reading(sleeper)? && scenario.is_alive() => {
            Ok(())
        }
        ended => ended,
    }
}

fn says_much(scenario: &mut Scenario) -> Result<(), Stop> {
    let ann = scenario.log_in("ann")?;
    let hearer = scenario.hearer(ann)?;
    // The server itself may buffer more. In dialects with a pause between messages, the larger number
    // would take half a minute. There a message fits into a small read: another check sends long ones.
    let json = scenario.dialect == Dialect::Json;
    let (many, length) = if json { (1200, 4000) } else { (220, 850) };
    for number in 0..many {
        let text = format!("{number} {}", "x".repeat(length));
        scenario.request(ann, Request::Say(text.clone()))?;
        scenario.expect_text(hearer, &text)?;
        scenario.shorten_trace();
    }
    scenario.log_in("cat").map(drop)
}

fn fifty_come_and_go(scenario: &mut Scenario) -> Result<(), Stop> {
    let mut people = Vec::new();
    for number in 0..50 {
        people.push(scenario.log_in(&format!("p{number}"))?);
    }
    let others = people.split_off(25);
    go(scenario, people);
    // Users who are logged in receive a notice for each user who joins or leaves. With a pause
    // between messages that takes long, so half of them leave first.
    let ann = scenario.log_in("ann")?;
    go(scenario, others);
    says(scenario, ann)?;
    scenario.log_in("ben").map(drop)
}

/// Disconnects these users, alternately with and without a reset.
fn go(scenario: &mut Scenario, people: Vec<PeerId>) {
    for (number, who) in people.into_iter().enumerate() {
        if number % 2 == 0 { scenario.reset_connection(who) } else { scenario.disconnect(who) }
    }
}

/// Connects as fast as the server accepts. A connection that finds the listen queue full would be tried
/// again by the system only after a second, and then after ever longer times.
fn five_hundred_at_once(scenario: &mut Scenario) -> Result<(), Stop> {
    let mut people = Vec::new();
    for number in 0..RUSH {
        scenario.wait_for_room()?;
        people.push(scenario.connect(&format!("p{number}"))?);
        scenario.shorten_trace();
    }
    // Every client is served. None logs in, because all others would then receive a notice.
    for who in people {
        scenario.is_served(who)?;
        scenario.shorten_trace();
    }
    Ok(())
}
