//! Logging in: which names can be had, and by whom.

use crate::check::{Check, Layer, Stop, Trial};
use crate::stage::{Stage, Who};
use crate::wire::{Ask, Dialect};

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
        run: Trial::Server(|stage| stage.logs_in("ann").map(drop)),
    },
    Check {
        id: "LOGIN-2",
        layer: Layer::App,
        rationale: "A name may have letters of both cases, digits and underscores.",
        hint: "Look at the pattern for names: is it anchored, and does it have `A-Z`, `0-9` and `_`?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| is_accepted(stage, "_")),
    },
    Check {
        id: "LOGIN-3",
        layer: Layer::App,
        rationale: "Digits belong in a name; `bob2` is what people type when `bob` is taken.",
        hint: "Does the pattern for names have `0-9`?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| is_accepted(stage, "42")),
    },
    Check {
        id: "LOGIN-4",
        layer: Layer::App,
        rationale: "Names are written as people write them.",
        hint: "Does the pattern for names have `A-Z`? Or is the name made lower case before it is looked at?",
        after: &["LOGIN-1"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| is_accepted(stage, "XY")),
    },
    Check {
        id: "LOGIN-5",
        layer: Layer::App,
        rationale: "A name with other characters in it could be taken for something else.",
        hint: "A pattern has to match all of the name, not only its beginning (`fullmatch`, `^…$`).",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| are_refused(stage, &["al!ce", "a b", "a-b", "!", "a."])),
    },
    Check {
        id: "LOGIN-6",
        layer: Layer::App,
        rationale: "An empty name cannot be spoken to.",
        hint: "Use `+` in the pattern for names, not `*`.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| are_refused(stage, &[""])),
    },
    Check {
        id: "LOGIN-7",
        layer: Layer::App,
        rationale: "In many languages `$` also matches before a newline at the end.",
        hint: "Match to the very end of the name (`\\Z`, `fullmatch`), since `$` lets a newline through.",
        after: &["LOGIN-5"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| are_refused(stage, &["ann\n"])),
    },
    Check {
        id: "LOGIN-8",
        layer: Layer::App,
        rationale: "Letters of other alphabets look like those of this one, and are others.",
        hint: "`\\w` and `isalnum` accept letters of all alphabets; write `[A-Za-z0-9_]`.",
        after: &["LOGIN-5"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| are_refused(stage, &["åse", "аnn", "ann²"])),
    },
    Check {
        id: "LOGIN-9",
        layer: Layer::App,
        rationale: "Two people under one name cannot be told apart.",
        hint: "Look the name that is asked for up among those who are logged in, before you add it.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let name = stage.name("ann");
            stage.logs_in("ann")?;
            is_taken(stage, "ben", &name)
        }),
    },
    Check {
        id: "LOGIN-10",
        layer: Layer::App,
        rationale: "`Ann` and `ann` are the same person to everybody who reads it.",
        hint: "Keep the names in one case beside the one in which they are shown.",
        after: &["LOGIN-9", "LOGIN-4"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let name = stage.name("ann").to_ascii_uppercase();
            stage.logs_in("ann")?;
            is_taken(stage, "ben", &name)
        }),
    },
    Check {
        id: "LOGIN-11",
        layer: Layer::App,
        rationale: "Whoever may change its name at any time can speak as anybody.",
        hint: "A connection that has a name keeps it until it logs out.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.logs_in("ann")?;
            let other = stage.name("ben");
            stage.asks(ann, Ask::Login(other))?;
            stage.is_refused(ann, Some("Already logged in!"))
        }),
    },
    Check {
        id: "LOGIN-12",
        layer: Layer::App,
        rationale: "Whoever mistypes a name tries again.",
        hint: "A refusal must not change anything, and must not close the connection.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            stage.asks(ann, Ask::Login("!!".to_owned()))?;
            stage.is_refused(ann, None)?;
            let name = stage.name("ann");
            stage.is_let_in(ann, &name).map(drop)
        }),
    },
    Check {
        id: "LOGIN-13",
        layer: Layer::App,
        rationale: "A name that is as long as a book fills everybody's screen.",
        hint: "Count the characters of the name: 32 are the most.",
        after: &["LOGIN-1", "PARSE-2"],
        dialects: Dialect::ALL,
        run: Trial::Server(|stage| {
            let ann = stage.enters("ann")?;
            stage.is_let_in(ann, &"n".repeat(32))?;
            are_refused(stage, &[&"n".repeat(33)])
        }),
    },
];

/// A name that ends like this can be had.
fn is_accepted(stage: &mut Stage, end: &str) -> Result<(), Stop> {
    let name = stage.name("ann") + end;
    let ann = stage.enters("ann")?;
    stage.is_let_in(ann, &name).map(drop)
}

/// None of these names can be had.
fn are_refused(stage: &mut Stage, names: &[&str]) -> Result<(), Stop> {
    let ben = stage.enters("ben")?;
    for name in names {
        stage.asks(ben, Ask::Login((*name).to_owned()))?;
        stage.is_refused(ben, INVALID)?;
    }
    Ok(())
}

/// Somebody else cannot have this name.
fn is_taken(stage: &mut Stage, role: &str, name: &str) -> Result<(), Stop> {
    let other: Who = stage.enters(role)?;
    stage.asks(other, Ask::Login(name.to_owned()))?;
    stage.is_refused(other, TAKEN)
}
