//! Who is here.

use crate::check::{Check, Layer, Trial};
use crate::lag::Stopwatch;
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request, Response};

use super::logout::logs_out;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "NAMES-1",
        layer: Layer::App,
        rationale: "One wants to know whom one talks to.",
        hint: "List the names of all who are logged in, the asker too.",
        after: &["PARSE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.log_in("ben")?;
            are_here(scenario, ann, &["ann", "ben"])
        }),
    },
    Check {
        id: "NAMES-2",
        layer: Layer::App,
        rationale: "Somebody who has left does not answer.",
        hint: "A logout takes the name out of the list.",
        after: &["NAMES-1", "LEAVE-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            logs_out(scenario, ben)?;
            are_here(scenario, ann, &["ann"])
        }),
    },
    Check {
        id: "NAMES-3",
        layer: Layer::Net,
        rationale: "Most people leave without a logout.",
        hint: "Is the end of the connection noticed at all (a read that returns nothing)? If so, does that take the name out of the list, as a logout does?",
        after: &["NAMES-1", "CROWD-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            scenario.disconnect(ben);
            are_soon_here(scenario, ann, &["ann"])
        }),
    },
];

fn sorted(scenario: &mut Scenario, roles: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = roles.iter().map(|role| scenario.name(role)).collect();
    names.sort();
    names
}

/// What somebody is told who asks who is here, sorted.
fn told(scenario: &mut Scenario, who: PeerId) -> Result<Vec<String>, Stop> {
    scenario.request(who, Request::Names)?;
    let fits = |response: &Response| matches!(response, Response::Names(_));
    let Response::Names(mut names) =
        scenario.expect(who, "the names of those who are here", fits)?
    else {
        return Ok(Vec::new());
    };
    names.sort();
    Ok(names)
}

fn are_here(scenario: &mut Scenario, who: PeerId, roles: &[&str]) -> Result<(), Stop> {
    let (want, got) = (sorted(scenario, roles), told(scenario, who)?);
    is_same(scenario, who, &want, &got)
}

/// The same, within our patience: that somebody has hung up is not known at once.
fn are_soon_here(scenario: &mut Scenario, who: PeerId, roles: &[&str]) -> Result<(), Stop> {
    let want = sorted(scenario, roles);
    let began = Stopwatch::start();
    loop {
        let got = told(scenario, who)?;
        if got == want || began.elapsed() >= scenario.patience {
            return is_same(scenario, who, &want, &got);
        }
        scenario.pause();
    }
}

fn is_same(
    scenario: &mut Scenario,
    who: PeerId,
    want: &[String],
    got: &[String],
) -> Result<(), Stop> {
    if want == got {
        return Ok(());
    }
    let words = |names: &[String]| format!("the names: {}", names.join(", "));
    Err(scenario.differs(who, &words(want), &words(got)))
}
