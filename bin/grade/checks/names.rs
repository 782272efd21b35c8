//! Who is here.

use crate::check::{Check, Layer, Stop, Trial};
use crate::pulse::Mark;
use crate::stage::{Stage, Who};
use crate::wire::{Ask, Dialect, Heard};

use super::logout::logs_out;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "NAMES-1",
        layer: Layer::App,
        rationale: "One wants to know whom one talks to.",
        hint: "List the names of all who are logged in, the asker too.",
        after: &["PARSE-6"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            stage.logs_in("ben")?;
            are_here(stage, ann, &["ann", "ben"])
        }),
    },
    Check {
        id: "NAMES-2",
        layer: Layer::App,
        rationale: "Somebody who has left does not answer.",
        hint: "A logout takes the name out of the list.",
        after: &["NAMES-1", "LEAVE-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let (ann, ben) = (stage.logs_in("ann")?, stage.logs_in("ben")?);
            logs_out(stage, ben)?;
            are_here(stage, ann, &["ann"])
        }),
    },
    Check {
        id: "NAMES-3",
        layer: Layer::Net,
        rationale: "Most people leave without a logout.",
        hint: "Is the end of the connection noticed at all (a read that returns nothing)? If so, does that take the name out of the list, as a logout does?",
        after: &["NAMES-1", "CROWD-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let (ann, ben) = (stage.logs_in("ann")?, stage.logs_in("ben")?);
            stage.hangs_up(ben);
            are_soon_here(stage, ann, &["ann"])
        }),
    },
];

fn sorted(stage: &mut Stage, roles: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = roles.iter().map(|role| stage.name(role)).collect();
    names.sort();
    names
}

/// What somebody is told who asks who is here, sorted.
fn told(stage: &mut Stage, who: Who) -> Result<Vec<String>, Stop> {
    stage.asks(who, Ask::Names)?;
    let fits = |heard: &Heard| matches!(heard, Heard::Names(_));
    let Heard::Names(mut names) = stage.hears(who, "the names of those who are here", fits)? else {
        return Ok(Vec::new());
    };
    names.sort();
    Ok(names)
}

fn are_here(stage: &mut Stage, who: Who, roles: &[&str]) -> Result<(), Stop> {
    let (want, got) = (sorted(stage, roles), told(stage, who)?);
    is_same(stage, who, &want, &got)
}

/// The same, within our patience: that somebody has hung up is not known at once.
fn are_soon_here(stage: &mut Stage, who: Who, roles: &[&str]) -> Result<(), Stop> {
    let want = sorted(stage, roles);
    let began = Mark::now();
    loop {
        let got = told(stage, who)?;
        if got == want || began.felt() >= stage.patience {
            return is_same(stage, who, &want, &got);
        }
        stage.pauses();
    }
}

fn is_same(stage: &mut Stage, who: Who, want: &[String], got: &[String]) -> Result<(), Stop> {
    if want == got {
        return Ok(());
    }
    let words = |names: &[String]| format!("the names: {}", names.join(", "));
    Err(stage.differs(who, &words(want), &words(got)))
}
