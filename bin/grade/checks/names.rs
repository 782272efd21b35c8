//! The list of names.

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Awaited, Dialect, Request, Response};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "NAMES-1",
        layer: Layer::App,
        rationale: "A user wants to know who reads their messages.",
        hint: "List the names of all users who are logged in, including the user who asks.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.log_in("ben")?;
            are_here(scenario, ann, &["ann", "ben"])
        }),
    },
    Check {
        id: "NAMES-2",
        layer: Layer::App,
        rationale: "A user who has left does not answer.",
        hint: "A logout must remove the name from the list.",
        after: &["NAMES-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            scenario.log_out(ben)?;
            are_soon_here(scenario, ann, &["ann"])
        }),
    },
    Check {
        id: "NAMES-3",
        layer: Layer::NetOrApp,
        rationale: "Most users leave without a logout.",
        hint: "Does the server notice the end of the connection (a read that returns no bytes)? If so, does it then remove the name from the list, as for a logout?",
        after: &["NAMES-1", "CROWD-4"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let (ann, ben) = (scenario.log_in("ann")?, scenario.log_in("ben")?);
            scenario.disconnect(ben);
            are_soon_here(scenario, ann, &["ann"])
        }),
    },
    Check {
        id: "NAMES-4",
        layer: Layer::Parse,
        rationale: "The clients of the course show the content as it is, and expect a text.",
        hint: "Join the names to one string.",
        after: &["NAMES-1"],
        dialects: &[Dialect::Ktn15],
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            scenario.request(ann, Request::Names)?;
            let expected = "the names in a text";
            let (response, value) = scenario.next_answer(ann, expected)?;
            let content = value.as_ref().and_then(|value| value.get("content"));
            if content.is_some_and(serde_json::Value::is_string) {
                return Ok(());
            }
            let got = content.map_or_else(|| response.words(), |content| content.to_string());
            Err(scenario.differs(ann, expected, &got))
        }),
    },
];

fn sorted(scenario: &mut Scenario, roles: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = roles.iter().map(|role| scenario.name(role)).collect();
    names.sort();
    names
}

/// Requests the names and returns them sorted.
fn request_names(scenario: &mut Scenario, who: PeerId) -> Result<Vec<String>, Stop> {
    scenario.request(who, Request::Names)?;
    let fits = |response: &Response| matches!(response, Response::Names(_));
    let expected = "the names of the users who are logged in";
    let awaited = Awaited::Answer("names");
    let Response::Names(mut names) =
        scenario.awaiting(&awaited, |it| it.expect(who, expected, fits))?
    else {
        return Ok(Vec::new());
    };
    names.sort();
    Ok(names)
}

fn are_here(scenario: &mut Scenario, who: PeerId, roles: &[&str]) -> Result<(), Stop> {
    let (want, got) = (sorted(scenario, roles), request_names(scenario, who)?);
    is_same(scenario, who, &want, &got)
}

/// Same, but allows the patience: a server does not notice the end of a connection immediately.
fn are_soon_here(scenario: &mut Scenario, who: PeerId, roles: &[&str]) -> Result<(), Stop> {
    let want = sorted(scenario, roles);
    let mut time = scenario.free_time();
    loop {
        let got = request_names(scenario, who)?;
        if got == want || time.exceeds(scenario.patience, "the right names")? {
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
