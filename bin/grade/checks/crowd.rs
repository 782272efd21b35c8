//! Many at once, and some of them behave badly: nobody else may notice.

use crate::check::{Check, Layer, Stop, Trial};
use crate::stage::{Stage, Who};
use crate::wire::{Ask, Dialect};

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
        run: Trial::Server(|stage| {
            let silent = stage.enters("ben")?;
            stage.sends(silent, "half a request", b"{\"request\":\"lo")?;
            let ann = stage.logs_in("ann")?;
            says(stage, ann, "ann").map(drop)
        }),
    },
    Check {
        id: "CROWD-2",
        layer: Layer::Net,
        rationale: "One who does not read must not keep the others from reading.",
        hint: "A write waits when the other side does not read: let it wait in a thread of its own, with a bounded queue.",
        after: &["MESSAGE-2", "LEAVE-8", "CROWD-3"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let sleeper = stage.enters_and_never_reads("ben")?;
            let name = stage.name("ben");
            stage.is_let_in(sleeper, &name)?;
            let ann = stage.logs_in("ann")?;
            let name = stage.name("ann");
            // More than the systems on both sides keep for this one. What the server itself keeps may
            // be more, but where there is a gap between messages as many would take half a minute.
            let many = if stage.dialect == Dialect::Json { 1200 } else { 45 };
            for number in 0..many {
                let text = format!("{number} {}", "x".repeat(4000));
                stage.asks(ann, Ask::Say(text.clone()))?;
                stage.hears_said(ann, &name, &text)?;
                stage.forgets_steps();
            }
            stage.logs_in("cat").map(drop)
        }),
    },
    Check {
        id: "CROWD-3",
        layer: Layer::Net,
        rationale: "People vanish while others talk.",
        hint: "When a write to somebody fails, does the loop go on to the next person? If not, those who came before the dead one hear what is said, and those who came after it do not. And is it the dead one that is taken out, and not while the list is walked through?",
        after: &["MESSAGE-1", "MESSAGE-2", "CROWD-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            let gone = stage.logs_in("ben")?;
            let also = stage.logs_in("cat")?;
            let dan = stage.logs_in("dan")?;
            let name = stage.name("ann");
            stage.vanishes(gone);
            stage.vanishes(also);
            // The first may be lost in the moment in which they vanish; each has to come.
            for _ in 0..4 {
                let text = says(stage, ann, "ann")?;
                stage.hears_said(dan, &name, &text)?;
            }
            says(stage, dan, "dan").map(drop)
        }),
    },
    Check {
        id: "CROWD-4",
        layer: Layer::Net,
        rationale: "A server that one client can end is ended every day.",
        hint: "The end of a connection, with an error or without, must end that connection only: look for an exit, or for an error that is passed up to the top.",
        after: &["MESSAGE-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let people = [stage.logs_in("ann")?, stage.logs_in("ben")?, stage.logs_in("cat")?];
            for (number, who) in people.into_iter().enumerate() {
                if number == 1 {
                    stage.vanishes(who)
                } else {
                    stage.hangs_up(who)
                }
                // It need not be let in, only served; who is here may be told to anybody.
                let moments = if number == 2 { AFTERWARDS / 2 } else { AFTERWARDS / 4 };
                for _ in 0..moments {
                    let dan = stage.enters("dan")?;
                    stage.asks(dan, Ask::Names)?;
                    let expected = "any answer at all: the server is still there";
                    stage.next_but_news(dan, expected)?;
                    stage.pauses();
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

fn fifty_come_and_go(stage: &mut Stage) -> Result<(), Stop> {
    let mut people = Vec::new();
    for number in 0..50 {
        people.push(stage.logs_in(&format!("p{number}"))?);
    }
    let others = people.split_off(25);
    go(stage, people);
    // Who is here hears of all that come and go; where there is a gap between messages that takes long.
    let ann = stage.logs_in("ann")?;
    go(stage, others);
    says(stage, ann, "ann")?;
    stage.logs_in("ben").map(drop)
}

/// All of these leave, each in another way than the one before.
fn go(stage: &mut Stage, people: Vec<Who>) {
    for (number, who) in people.into_iter().enumerate() {
        if number % 2 == 0 { stage.vanishes(who) } else { stage.hangs_up(who) }
    }
}

fn five_hundred_at_once(stage: &mut Stage) -> Result<(), Stop> {
    let mut people = Vec::new();
    for number in 0..RUSH {
        people.push(stage.enters(&format!("p{number}"))?);
        stage.forgets_steps();
    }
    // All of them are served; none logs in, since then each would hear of all the others.
    for who in people {
        stage.asks(who, Ask::Names)?;
        stage.next_but_news(who, "any answer at all")?;
        stage.forgets_steps();
    }
    Ok(())
}
