//! Which failures are taken for one cause, and in which order the causes stand.

use super::*;
use crate::report::samples::{self, about, difference, failed, heard, outcome, sent};
use crate::report::{About, Points};

const POINT: Points = Points { earned: 0.0, possible: 1.0 };

/// A failure at ann with these steps and this output.
fn failure(
    expected: &str,
    got: &str,
    steps: Vec<Step>,
    output: &str,
) -> (Verdict, Vec<Step>, String) {
    (Verdict::Failed(difference("ann", expected, got)), steps, output.to_owned())
}

/// An answer after a request.
fn answered(request: &str, expected: &str, frame: &str) -> (Verdict, Vec<Step>, String) {
    let steps =
        vec![sent(1, "ann", request, b"{}"), heard(2, "ann", "an answer", frame.as_bytes())];
    failure(expected, "an answer", steps, "")
}

/// The groups of these failures, which have the ids `A-1`, `B-1` and so on and cost a point each.
fn groups(verdicts: Vec<(Verdict, Vec<Step>, String)>) -> Vec<Vec<&'static str>> {
    let ids = ["A-1", "B-1", "C-1", "D-1", "E-1", "F-1"];
    let mut graded = samples::graded();
    graded.results.clear();
    for (id, (verdict, steps, output)) in ids.into_iter().zip(verdicts) {
        let mut outcome = outcome(id, verdict, steps);
        // The order of recording: the last step is the one that the verdict is about.
        let steps = std::mem::take(&mut outcome.trace.steps);
        for Step { who, what, .. } in steps {
            outcome.trace.record(&who, what);
        }
        outcome.output = output;
        graded.results.push(Entry::new(about(POINT), outcome));
    }
    graded.causes().into_iter().map(|cause| cause.failed).collect()
}

#[test]
fn a_failure_is_charged_for_the_checks_skipped_after_it() {
    let causes = samples::graded().causes();
    assert_eq!(causes.len(), 1);
    let cause = &causes[0];
    assert_eq!((&cause.failed[..], &cause.skipped[..]), (&["LOGIN-3"][..], &["LOGIN-4"][..]));
    // LOGIN-3 earned 0.5 of 2 points; the skipped check earned 0 of 1.
    assert_eq!(cause.cost(), "−2.5 points");
    assert_eq!(cause.and_skipped(), ", and a check that needs it: ");
    assert!(cause.words.starts_with("A login with a name that another user has"), "{cause:?}");
    let both = Cause { failed: vec!["A-1", "A-2"], skipped: vec!["B", "C"], ..cause.clone() };
    assert_eq!(both.and_skipped(), ", and 2 checks that need them: ");
}

#[test]
fn the_dearest_cause_stands_first() {
    let mut graded = samples::graded();
    graded.results.clear();
    for (id, possible) in [("A-1", 1.0), ("B-1", 3.0), ("C-1", 1.0), ("D-1", 2.0)] {
        let verdict = Verdict::Failed(difference("ann", id, "nothing"));
        let about = About { requirement: id.to_owned(), ..about(Points { earned: 0.0, possible }) };
        graded.results.push(Entry::new(about, outcome(id, verdict, Vec::new())));
    }
    graded.results.push(samples::entry("E-1", Verdict::Skipped { after: "C-1" }));
    // Other checks, so that one mistake may cost this much.
    let many = about(Points { earned: 40.0, possible: 40.0 });
    graded.results.push(Entry::new(many, outcome("F-1", Verdict::Passed, Vec::new())));
    let order: Vec<&str> = graded.causes().iter().map(|cause| cause.failed[0]).collect();
    assert_eq!(order, ["B-1", "C-1", "D-1", "A-1"]);
}

fn crash(line: u32) -> String {
    format!(
        "Traceback (most recent call last):\n  File \"/tmp/{line}/s.py\", line {line}, in f\nKeyError: 'a{line}'\n"
    )
}

#[test]
fn the_same_traceback_is_one_cause() {
    let all = vec![
        failure("an answer", "nothing, for 3 s", Vec::new(), &crash(7)),
        failure("a refusal", "the server closed the connection", Vec::new(), &crash(7)),
        failure("an answer", "nothing, for 3 s", Vec::new(), &crash(8)),
        failure("an answer", "nothing, for 3 s", Vec::new(), "listening"),
    ];
    assert_eq!(groups(all), [vec!["A-1", "B-1"], vec!["C-1"], vec!["D-1"]]);
}

#[test]
fn a_traceback_that_passed_checks_show_too_is_no_cause() {
    let fails = || failure("a", "nothing, for 3 s", Vec::new(), &crash(7));
    let passes = (Verdict::Passed, Vec::new(), crash(7));
    let other = failure("b", "nothing, for 3 s", Vec::new(), &crash(7));
    assert_eq!(groups(vec![passes, fails(), other]), [["B-1"], ["C-1"]]);
}

#[test]
fn the_same_missing_answer_to_the_same_kind_of_request_is_one_cause() {
    let silent = |request: &str| {
        failure("an answer", "nothing, for 3 s", vec![sent(1, "ann", request, b"{}")], "")
    };
    let all = vec![
        silent("login as \"annbo\""),
        silent("ask for the names"),
        silent("login as \"annfi7\""),
        failure("a refusal", "nothing, for 3 s", vec![sent(1, "ann", "login as \"x\"", b"{}")], ""),
    ];
    assert_eq!(groups(all), [vec!["A-1", "C-1"], vec!["B-1"], vec!["D-1"]]);
}

#[test]
fn the_same_end_of_the_program_is_one_cause() {
    let ends = |expected: &str, code: i32, words: &str| {
        let got = format!("the program ended with exit code {code}; {words}");
        let difference = difference("ann", expected, &got);
        (Verdict::Failed(Difference { ended: true, ..difference }), Vec::new(), String::new())
    };
    let all = vec![
        ends("a", 1, "no file /tmp/copy-17/users"),
        ends("b", 1, "no file /tmp/copy-18/users"),
        ends("a", 1, "no room"),
    ];
    assert_eq!(groups(all), [vec!["A-1", "B-1"], vec!["C-1"]]);
}

#[test]
fn the_same_kind_of_refusal_is_one_cause() {
    let all = vec![
        answered("half of it", "a message", "{\"response\":\"error\",\"error\":\"No JSON: EOF\"}"),
        answered(
            "five of them",
            "one of 5",
            "{\"response\":\"error\",\"error\":\"No JSON: more\"}",
        ),
        answered("login", "success", "{\"response\":\"login\",\"error\":\"Name taken!\"}"),
        answered("login", "success", "{\"response\":\"error\",\"content\":\"No JSON\"}"),
    ];
    assert_eq!(groups(all), [vec!["A-1", "B-1", "D-1"], vec!["C-1"]]);
}

#[test]
fn the_same_answer_is_one_cause_only_if_the_same_was_expected() {
    let accepted = "{\"response\":\"login\",\"username\":\"ann\"}";
    let all = vec![
        answered("login as \"\"", "refused: \"Invalid username!\"", accepted),
        answered("login as \"a b\"", "refused: \"Invalid username!\"", accepted),
        answered("login as \"ann\"", "refused: \"Name already taken!\"", accepted),
        answered("login as \"ann\"", "an answer", "no JSON"),
        answered("ask for the names", "names", "no JSON either"),
    ];
    assert_eq!(groups(all), [vec!["A-1", "B-1"], vec!["D-1", "E-1"], vec!["C-1"]]);
}

#[test]
fn checks_without_a_failed_check_before_them_are_told_apart() {
    let graded = samples::graded();
    let told: Vec<(&str, String)> =
        graded.undecided().into_iter().map(|(entry, why)| (entry.id(), why)).collect();
    let undecided = "undecided, and not counted: the port was taken by another program".to_owned();
    assert_eq!(told, [("ROOM-1", undecided), ("ROOM-2", "skipped (needs ROOM-1)".to_owned())]);
}

#[test]
fn only_a_sure_cause_shortens_a_report() {
    let cause = |is_sure| Cause {
        failed: vec!["A-1", "B-1"],
        skipped: vec!["C-1"],
        lost: 2.0,
        words: String::new(),
        is_sure,
    };
    let explained = |is_sure| ["A-1", "B-1", "C-1"].map(|id| cause(is_sure).explained_by(id));
    assert_eq!(explained(true), [None, Some("A-1"), None]);
    assert_eq!(explained(false), [None; 3]);
    let failed = Entry::new(about(POINT), failed());
    assert!(failed.crashes.is_empty());
}

#[test]
fn consecutive_ids_are_shortened() {
    let all = ["A-1", "A-2", "A-4", "A-5", "A-6", "B-7", "B-8", "B-9", "B-10", "C", "B-12"];
    assert_eq!(ids(&all), "A-1, A-2, A-4 to 6, B-7 to 10, C, B-12");
    assert_eq!(ids(&["A-4294967295", "A-0"]), "A-4294967295, A-0");
    assert_eq!(ids(&[]), "");
}
