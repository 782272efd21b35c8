//! Logins: valid names, and names that are taken.

use crate::check::{Check, Function, Layer};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "LOGIN-1",
        layer: Layer::App,
        rationale: "No other check can run before a client can log in.",
        hint: "Start the server yourself, connect with `nc` and send a login by hand. What does the server answer?",
        after: &[],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| scenario.log_in("ann").map(drop)),
    },
    Check {
        id: "LOGIN-2",
        layer: Layer::App,
        rationale: "A name may contain letters of both cases, digits and underscores.",
        hint: "Look at the pattern for names. Is it anchored at both ends, and does it contain `A-Z`, `0-9` and `_`?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| is_accepted(scenario, "_")),
    },
    Check {
        id: "LOGIN-3",
        layer: Layer::App,
        rationale: "Digits belong in a name: people type `bob2` when `bob` is taken.",
        hint: "Does the pattern for names contain `0-9`?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| is_accepted(scenario, "42")),
    },
    Check {
        id: "LOGIN-4",
        layer: Layer::App,
        rationale: "People write names with upper-case letters.",
        hint: "Does the pattern for names contain `A-Z`? Or does the server lower the case of the name before it compares or shows it?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| is_accepted(scenario, "XY")),
    },
    Check {
        id: "LOGIN-5",
        layer: Layer::App,
        rationale: "Other users could mistake a name with special characters for something else.",
        hint: "The pattern must match the whole name, not only its beginning (`fullmatch`, `^…$`).",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            // A course may allow some of these characters.
            let also = scenario.course.names.also.clone();
            let mut names = vec!["al!ce", "a b", "a-b", "!", "a.", "a_b", "a[b", "a^b"];
            names.retain(|name| !name.chars().any(|letter| also.contains(letter)));
            are_refused(scenario, &names)
        }),
    },
    Check {
        id: "LOGIN-6",
        layer: Layer::App,
        rationale: "Other users cannot address a user without a name.",
        hint: "Use `+` in the pattern for names, not `*`.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| are_refused(scenario, &[""])),
    },
    Check {
        id: "LOGIN-7",
        layer: Layer::App,
        rationale: "In many languages `$` also matches before a newline at the end of the name.",
        hint: "`$` accepts a newline at the end. Match up to the very end of the name (`\\Z`, `fullmatch`).",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| are_refused(scenario, &["ann\n"])),
    },
    Check {
        id: "LOGIN-8",
        layer: Layer::App,
        rationale: "Letters of other alphabets can look exactly like ASCII letters, so one user could pose as another.",
        hint: "`\\w` and `isalnum` accept letters of all alphabets; write `[A-Za-z0-9_]`.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| are_refused(scenario, &["åse", "аnn", "ann²"])),
    },
    Check {
        id: "LOGIN-9",
        layer: Layer::App,
        rationale: "Users cannot tell two people with the same name apart.",
        hint: "Before you add the name, look for it among the users who are logged in.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let name = scenario.name("ann");
            scenario.log_in("ann")?;
            let ben = is_taken(scenario, "ben", &name)?;
            // The client that was refused leaves, and the name still belongs to the other one.
            scenario.disconnect(ben);
            scenario.settle()?;
            is_taken(scenario, "cat", &name).map(drop)
        }),
    },
    Check {
        id: "LOGIN-10",
        layer: Layer::App,
        rationale: "Readers take `Ann` and `ann` for the same person.",
        hint: "Store each name twice: in lower case to compare it, and as it was typed to show it.",
        after: &["LOGIN-9", "LOGIN-4"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let name = scenario.name("ann").to_ascii_uppercase();
            scenario.log_in("ann")?;
            is_taken(scenario, "ben", &name).map(drop)
        }),
    },
    Check {
        id: "LOGIN-11",
        layer: Layer::App,
        rationale: "A user who can change their name at any time can speak in the name of others.",
        hint: "A connection that has a name keeps it until it logs out.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let other = scenario.name("ben");
            scenario.request(ann, Request::Login(other))?;
            let text = scenario.course.errors.already_logged_in.clone();
            scenario.expect_error(ann, text.as_deref())
        }),
    },
    Check {
        id: "LOGIN-12",
        layer: Layer::App,
        rationale: "A user whose name is taken tries another one.",
        hint: "A failed login must not change the state of the server, and must not close the connection.",
        after: &["LOGIN-9"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            let name = scenario.name("ann");
            scenario.log_in("ann")?;
            let ben = scenario.connect("ben")?;
            scenario.request(ben, Request::Login(name))?;
            scenario.expect_error(ben, None)?;
            // A server may say more about the refusal.
            scenario.settle()?;
            scenario.skip_answers(ben)?;
            let name = scenario.name("ben");
            scenario.log_in_as(ben, &name).map(drop)
        }),
    },
    Check {
        id: "LOGIN-13",
        layer: Layer::App,
        rationale: "A very long name fills the screen of every user.",
        hint: "Count the characters of the name before you accept it.",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Function::Server(|scenario| {
            // A course without a longest name does not demand this check.
            let Some(longest) = scenario.course.names.longest else { return Err(Stop::Absent) };
            let ann = scenario.connect("ann")?;
            scenario.log_in_as(ann, &"n".repeat(longest))?;
            are_refused(scenario, &[&"n".repeat(longest + 1)])
        }),
    },
];

/// Expects a login to succeed with a name that ends with these characters.
fn is_accepted(scenario: &mut Scenario, end: &str) -> Result<(), Stop> {
    // Short enough for every course.
    let name: String = scenario.name("ann").chars().take(6).chain(end.chars()).collect();
    let ann = scenario.connect("ann")?;
    scenario.log_in_as(ann, &name).map(drop)
}

/// Expects logins with these names to fail.
fn are_refused(scenario: &mut Scenario, names: &[&str]) -> Result<(), Stop> {
    let text = scenario.course.errors.invalid_name.clone();
    for name in names {
        // On a connection of its own, because a server may end it with the refusal.
        let ben = scenario.connect("ben")?;
        scenario.request(ben, Request::Login((*name).to_owned()))?;
        scenario.expect_error(ben, text.as_deref())?;
    }
    Ok(())
}

/// Expects the login of another user with this name to fail.
fn is_taken(scenario: &mut Scenario, role: &str, name: &str) -> Result<PeerId, Stop> {
    let other: PeerId = scenario.connect(role)?;
    scenario.request(other, Request::Login(name.to_owned()))?;
    let text = scenario.course.errors.name_taken.clone();
    scenario.expect_error(other, text.as_deref())?;
    Ok(other)
}
