//! Sample results for the tests of the reports: ordinary ones and hostile ones.

use std::time::Duration;

use super::{About, Entry, Graded, Points, Submission, Visibility};
use crate::trace::{Step, Trace, What};
use crate::verdict::{Difference, Outcome, Verdict};

fn step(at: u64, who: &str, what: What) -> Step {
    Step { at: Duration::from_millis(at), who: who.to_owned(), what, is_unseen: false }
}

pub(super) fn did(at: u64, who: &str, words: &str) -> Step {
    step(at, who, What::Did { words: words.to_owned() })
}

pub(super) fn sent(at: u64, who: &str, words: &str, bytes: &[u8]) -> Step {
    step(at, who, What::Sent { words: words.to_owned(), bytes: bytes.to_owned() })
}

pub(super) fn heard(at: u64, who: &str, words: &str, bytes: &[u8]) -> Step {
    step(at, who, What::Received { words: words.to_owned(), bytes: bytes.to_owned() })
}

pub(super) fn difference(who: &str, expected: &str, got: &str) -> Difference {
    Difference {
        who: who.to_owned(),
        expected: expected.to_owned(),
        got: got.to_owned(),
        instead: None,
        ended: false,
    }
}

pub(super) fn outcome(id: &'static str, verdict: Verdict, steps: Vec<Step>) -> Outcome {
    let mut trace = Trace::new();
    trace.steps = steps;
    Outcome { id, verdict, trace, output: String::new(), took: Duration::from_millis(1234) }
}

pub(super) fn about(points: Points) -> About {
    About {
        program: "server",
        requirement:
            "A login with a name that another user has is refused with an error, and that \
                      user hears nothing of it."
                .to_owned(),
        layer: Some("app"),
        rationale: "Nobody can tell two users with the same name apart.",
        hint: "Look at the list of names in use: is it asked before a name is given away, and do \
               all connections share it?",
        points,
        visibility: Visibility::Visible,
        stage: "login".to_owned(),
        replay: "grade --server 'python3 server.py' --check LOGIN-3 --seed 7f3a".to_owned(),
        recording: None,
    }
}

/// A server accepts the second login with a name that is taken.
pub(super) fn failed() -> Outcome {
    let verdict = Verdict::Failed(difference(
        "bob",
        "an answer to the login with an error",
        "an answer to the login without an error, so ann is logged in twice",
    ));
    let login = b"{\"request\":\"login\",\"username\":\"ann\"}\n";
    let done = b"{\"response\":\"login\",\"username\":\"ann\",\"messages\":[]}\n";
    let steps = vec![
        did(0, "server", "the program was started, and listens on port 40112"),
        did(212, "ann", "connected"),
        sent(213, "ann", "login as \"ann\"", login),
        heard(215, "ann", "the login is done, with 0 messages of before", done),
        did(216, "bob", "connected"),
        sent(216, "bob", "login as \"ann\"", login),
        heard(219, "bob", "the login is done, with 0 messages of before", done),
    ];
    let mut failed = outcome("LOGIN-3", verdict, steps);
    failed.output =
        "listening on 40112\n('127.0.0.1', 51234) is ann\n('127.0.0.1', 51236) is ann\n".to_owned();
    failed
}

pub(super) fn entry(id: &'static str, verdict: Verdict) -> Entry {
    Entry::new(about(Points { earned: 0.0, possible: 1.0 }), outcome(id, verdict, Vec::new()))
}

fn with(results: Vec<Entry>) -> Graded {
    Graded {
        title: "python3 server.py".to_owned(),
        program: "server",
        dialect: "json",
        seed: "7f3a".to_owned(),
        student: Some("alice".to_owned()),
        submission: Submission::new(|_| None),
        began: "2026-06-01T14:32:01.25Z".parse().unwrap(),
        took: Duration::from_millis(65_432),
        finished: true,
        notes: vec!["This run was not isolated: there is no sandbox.".to_owned()],
        learned: vec!["This server answers a login with `info` then `history`.".to_owned()],
        stages: vec!["rooms".to_owned(), "login".to_owned()],
        results,
    }
}

/// One result of each verdict, and one skipped because of an undecided check.
pub(super) fn graded() -> Graded {
    let of = |earned, possible| about(Points { earned, possible });
    let why = "the port was taken by another program".to_owned();
    with(vec![
        Entry::new(of(2.0, 2.0), outcome("LOGIN-1", Verdict::Passed, failed().trace.steps)),
        Entry::new(About { visibility: Visibility::AfterDueDate, ..of(0.5, 2.0) }, failed()),
        Entry::new(
            About { visibility: Visibility::Hidden, ..of(0.0, 1.0) },
            outcome("LOGIN-4", Verdict::Skipped { after: "LOGIN-3" }, Vec::new()),
        ),
        Entry::new(of(0.0, 3.0), outcome("ROOM-1", Verdict::Undecided { why }, Vec::new())),
        Entry::new(
            of(0.0, 3.0),
            outcome("ROOM-2", Verdict::Skipped { after: "ROOM-1" }, Vec::new()),
        ),
        Entry::new(of(1.0, 1.0), outcome("FRAME-1", Verdict::Absent, Vec::new())),
    ])
}

/// A single passed check that is worth these points.
pub(super) fn worth(points: Points) -> Graded {
    with(vec![Entry::new(about(points), outcome("LOGIN-1", Verdict::Passed, Vec::new()))])
}

/// Every character that a format could misread, in one text.
pub(super) const EVIL: &str = "]]>--><script>alert(1)</script>\0\x1b[2J\x1b]0;x\x07&amp;\"'`\\ # SKIP # TODO \
     \u{202e}\u{200b}\u{85}\u{2028}\u{ffff}\r\n  ...\nok 1\nBail out!\n</pre></svg>";

fn evil_about() -> About {
    About {
        program: "server",
        requirement: EVIL.to_owned(),
        layer: Some("<net>"),
        rationale: EVIL,
        hint: EVIL,
        points: Points { earned: f64::NAN, possible: f64::INFINITY },
        visibility: Visibility::Hidden,
        stage: EVIL.to_owned(),
        replay: EVIL.to_owned(),
        recording: Some(EVIL.to_owned()),
    }
}

fn evil_outcome(id: &'static str, verdict: Verdict) -> Outcome {
    let mut bytes = EVIL.as_bytes().to_vec();
    bytes.extend((0..=255).cycle().take(8192));
    let mut steps: Vec<Step> = (0..300).map(|at| sent(at, EVIL, EVIL, b"\xff\xfe\n")).collect();
    for person in 0..20 {
        steps.push(heard(1_000_000, &format!("person{person}"), "", &bytes));
    }
    let mut outcome = outcome(id, verdict, steps);
    outcome.output = EVIL.repeat(300) + &"x".repeat(100_000);
    outcome
}

/// The hostile text in every field, with every verdict.
pub(super) fn hostile() -> Graded {
    let long = EVIL.repeat(100);
    let alike = |one: &str, other: &str| {
        Verdict::Failed(difference(EVIL, &(long.clone() + one), &(long.clone() + other)))
    };
    let verdicts = [
        ("EVIL-1", alike("hello", "hello ")),
        ("EVIL-2", alike("", &long)),
        ("EVIL-3", Verdict::Failed(difference("", "", ""))),
        ("EVIL-4", Verdict::Undecided { why: long.clone() }),
        ("EVIL-5", Verdict::Skipped { after: "EVIL-4" }),
        ("EVIL-6", Verdict::Skipped { after: "EVIL-1" }),
        ("EVIL-7", Verdict::Absent),
        ("EVIL-8", Verdict::Passed),
        ("EVIL", Verdict::Skipped { after: "nobody" }),
    ];
    let evil = |(id, verdict)| Entry::new(evil_about(), evil_outcome(id, verdict));
    Graded {
        title: EVIL.to_owned(),
        seed: EVIL.to_owned(),
        student: Some(EVIL.to_owned()),
        notes: vec![EVIL.to_owned()],
        learned: vec![EVIL.to_owned()],
        ..with(verdicts.into_iter().map(evil).collect())
    }
}

/// The samples that every format is tested with.
pub(super) fn all() -> Vec<Graded> {
    let stopped = Graded { finished: false, student: None, ..graded() };
    let nothing_yet = Graded { finished: false, ..with(Vec::new()) };
    vec![graded(), hostile(), with(Vec::new()), stopped, nothing_yet]
}
