//! Logging in: which names can be had, and by whom.

use crate::check::{Check, Layer, Trial};
use crate::scenario::{PeerId, Scenario};
use crate::stop::Stop;
use crate::wire::{Dialect, Request};

const INVALID: Option<&str> = Some("Invalid username!");
const TAKEN: Option<&str> = Some("Name already taken!");

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "LOGIN-1",
        layer: Layer::App,
        rationale: "Nothing else can be tried before somebody is in.",
        hint: "Start the server yourself, connect with `nc` and send the login by hand: what comes back?",
        after: &["START-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| scenario.log_in("ann").map(drop)),
    },
    Check {
        id: "LOGIN-2",
        layer: Layer::App,
        rationale: "A name may have letters of both cases, digits and underscores.",
        hint: "Look at the pattern for names: is it anchored, and does it have `A-Z`, `0-9` and `_`?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| is_accepted(scenario, "_")),
    },
    Check {
        id: "LOGIN-3",
        layer: Layer::App,
        rationale: "Digits belong in a name; `bob2` is what people type when `bob` is taken.",
        hint: "Does the pattern for names have `0-9`?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| is_accepted(scenario, "42")),
    },
    Check {
        id: "LOGIN-4",
        layer: Layer::App,
        rationale: "Names are written as people write them.",
        hint: "Does the pattern for names have `A-Z`? Or is the name made lower case before it is looked at?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| is_accepted(scenario, "XY")),
    },
    Check {
        id: "LOGIN-5",
        layer: Layer::App,
        rationale: "A name with other characters in it could be taken for something else.",
        hint: "A pattern has to match all of the name, not only its beginning (`fullmatch`, `^…$`).",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| are_refused(scenario, &["al!ce", "a b", "a-b", "!", "a."])),
    },
    Check {
        id: "LOGIN-6",
        layer: Layer::App,
        rationale: "An empty name cannot be spoken to.",
        hint: "Use `+` in the pattern for names, not `*`.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| are_refused(scenario, &[""])),
    },
    Check {
        id: "LOGIN-7",
        layer: Layer::App,
        rationale: "In many languages `$` also matches before a newline at the end.",
        hint: "Match to the very end of the name (`\\Z`, `fullmatch`), since `$` lets a newline through.",
        after: &["LOGIN-5"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| are_refused(scenario, &["ann\n"])),
    },
    Check {
        id: "LOGIN-8",
        layer: Layer::App,
        rationale: "Letters of other alphabets look like those of this one, and are others.",
        hint: "`\\w` and `isalnum` accept letters of all alphabets; write `[A-Za-z0-9_]`.",
        after: &["LOGIN-5"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| are_refused(scenario, &["åse", "аnn", "ann²"])),
    },
    Check {
        id: "LOGIN-9",
        layer: Layer::App,
        rationale: "Two people under one name cannot be told apart.",
        hint: "Look the name that is asked for up among those who are logged in, before you add it.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let name = scenario.name("ann");
            scenario.log_in("ann")?;
            is_taken(scenario, "ben", &name)
        }),
    },
    Check {
        id: "LOGIN-10",
        layer: Layer::App,
        rationale: "`Ann` and `ann` are the same person to everybody who reads it.",
        hint: "Keep the names in one case beside the one in which they are shown.",
        after: &["LOGIN-9", "LOGIN-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let name = scenario.name("ann").to_ascii_uppercase();
            scenario.log_in("ann")?;
            is_taken(scenario, "ben", &name)
        }),
    },
    Check {
        id: "LOGIN-11",
        layer: Layer::App,
        rationale: "Whoever may change its name at any time can speak as anybody.",
        hint: "A connection that has a name keeps it until it logs out.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.log_in("ann")?;
            let other = scenario.name("ben");
            scenario.request(ann, Request::Login(other))?;
            scenario.expect_error(ann, Some("Already logged in!"))
        }),
    },
    Check {
        id: "LOGIN-12",
        layer: Layer::App,
        rationale: "Whoever mistypes a name tries again.",
        hint: "A refusal must not change anything, and must not close the connection.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            scenario.request(ann, Request::Login("!!".to_owned()))?;
            scenario.expect_error(ann, None)?;
            let name = scenario.name("ann");
            scenario.log_in_as(ann, &name).map(drop)
        }),
    },
    Check {
        id: "LOGIN-13",
        layer: Layer::App,
        rationale: "A name that is as long as a book fills everybody's screen.",
        hint: "Count the characters of the name: 32 are the most.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|scenario| {
            let ann = scenario.connect("ann")?;
            scenario.log_in_as(ann, &"n".repeat(32))?;
            are_refused(scenario, &[&"n".repeat(33)])
        }),
    },
];

/// A name that ends like this can be had.
fn is_accepted(scenario: &mut Scenario, end: &str) -> Result<(), Stop> {
    let name = scenario.name("ann") + end;
    let ann = scenario.connect("ann")?;
    scenario.log_in_as(ann, &name).map(drop)
}

/// None of these names can be had.
fn are_refused(scenario: &mut Scenario, names: &[&str]) -> Result<(), Stop> {
    let ben = scenario.connect("ben")?;
    for name in names {
        scenario.request(ben, Request::Login((*name).to_owned()))?;
        scenario.expect_error(ben, INVALID)?;
    }
    Ok(())
}

/// Somebody else cannot have this name.
fn is_taken(scenario: &mut Scenario, role: &str, name: &str) -> Result<(), Stop> {
    let other: PeerId = scenario.connect(role)?;
    scenario.request(other, Request::Login(name.to_owned()))?;
    scenario.expect_error(other, TAKEN)
}
