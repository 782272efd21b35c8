//! The mutants of the courses: each bug fails exactly the checks that must find it.

use std::collections::BTreeSet;

use super::{Run, listed, selection, with_each};

const ALL: &[&str] = &["ktn2014", "ktn2015", "ktn2017"];
const OLD: &[&str] = &["ktn2014"];
const NEW: &[&str] = &["ktn2015", "ktn2017"];

/// Number of mutants that run by default in each course.
const FEW: usize = 1;

/// A bug in some courses, and the checks that must find it where the course demands them.
struct Bug {
    name: &'static str,
    courses: &'static [&'static str],
    fails: &'static [&'static str],
}

macro_rules! bugs {
    ($($name:literal in $courses:ident fails $fails:tt)*) => {
        const BUGS: &[Bug] = &[$(Bug { name: $name, courses: $courses, fails: &$fails }),*];
    };
}

bugs! {
    "wrong-sender-of-answers" in NEW fails ["PARSE-9"]
    "timestamp-missing" in NEW fails ["PARSE-8"]
    "error-missing" in ALL fails ["PARSE-2"]
    "other-error-texts" in OLD fails
        ["LOGIN-5", "LOGIN-7", "LOGIN-9", "LEAVE-2", "LEAVE-5", "MESSAGE-4"]
    "stranger-dropped" in ALL fails ["MESSAGE-4"]
    "recv-is-message" in ALL fails ["FRAME-1", "FRAME-2", "FRAME-3"]
    "first-of-read" in ALL fails ["FRAME-2"]
    "order-lost" in ALL fails ["MESSAGE-5"]
    "corrupts-quotes" in ALL fails ["MESSAGE-6"]
    "crash-on-bad-json" in ALL fails ["PARSE-5"]
    "crash-on-missing-key" in ALL fails ["PARSE-4"]
    "one-at-a-time" in OLD fails
        ["LOGIN-5", "LOGIN-9", "PARSE-2", "PARSE-3", "PARSE-5", "LEAVE-2", "LEAVE-4", "MESSAGE-1",
         "CROWD-1", "CROWD-4"]
    "one-at-a-time" in NEW fails
        ["LOGIN-5", "LOGIN-8", "LOGIN-9", "PARSE-2", "PARSE-3", "PARSE-5", "PARSE-9", "LEAVE-2",
         "MESSAGE-1", "NAMES-1", "CROWD-1", "CROWD-4"]
    "silent-stalls-all" in ALL fails ["CROWD-1"]
    "half-stalls-all" in ALL fails ["FRAME-1"]
    "slow-reader-stalls-all" in ALL fails ["CROWD-2"]
    "rush-refused" in ALL fails ["CROWD-6"]
    "not-unique" in ALL fails ["LOGIN-9"]
    "prefix-match" in ALL fails ["LOGIN-5", "LOGIN-7", "LOGIN-8"]
    "trailing-newline" in ALL fails ["LOGIN-7"]
    "empty-name-accepted" in NEW fails ["LOGIN-6"]
    "underscore-refused" in OLD fails ["LOGIN-2"]
    "underscore-accepted" in NEW fails ["LOGIN-5"]
    "digits-refused" in ALL fails ["LOGIN-3"]
    "name-not-freed" in ALL fails ["LEAVE-6"]
    "logout-keeps-name" in ALL fails ["LEAVE-4"]
    "names-lists-gone" in NEW fails ["NAMES-3"]
    "names-as-list" in NEW fails ["NAMES-4"]
    "tells-strangers" in OLD fails ["MESSAGE-3", "LEAVE-3"]
    "tells-strangers" in NEW fails ["MESSAGE-3"]
    "login-not-needed" in OLD fails ["MESSAGE-4", "LEAVE-2"]
    "login-not-needed" in NEW fails ["MESSAGE-4"]
    "no-echo" in ALL fails ["MESSAGE-2"]
    "sender-is-receiver" in ALL fails ["MESSAGE-1"]
    "loses-under-load" in ALL fails ["MESSAGE-8"]
    "backlog-per-receiver" in ALL fails ["BACKLOG-1"]
    "backlog-missing" in ALL fails ["BACKLOG-1"]
    "backlog-reversed" in ALL fails ["BACKLOG-1"]
    "backlog-missing-when-empty" in OLD fails ["BACKLOG-2"]
    "stops-at-dead-socket" in ALL fails ["CROWD-3"]
    "leaver-crashes" in ALL fails ["CROWD-4"]
    "spins-at-end" in ALL fails ["END-1", "LEAVE-6", "NAMES-3"]
    "logout-keeps-receiving" in OLD fails ["LEAVE-3"]
    "logout-unanswered" in OLD fails ["LEAVE-1"]
    "logout-ignored" in NEW fails ["LEAVE-2", "LEAVE-3", "LEAVE-4", "NAMES-2"]
}

/// Runs mutants of a course: all of them, or a few in turn.
fn fail_exactly(course: &'static str) {
    let bugs: Vec<(usize, &Bug)> =
        BUGS.iter().enumerate().filter(|(_, bug)| bug.courses.contains(&course)).collect();
    with_each(selection::in_turn(&bugs, FEW), |(index, bug)| {
        let checks = selection::SERVER.arguments(*index, bug.fails);
        let run = Run::new(&format!("mutants.py --bug {}", bug.name), course, &checks);
        if let Some(said) = run.fails(bug.fails) {
            super::super::costs_little(bug.name, &said);
        }
    });
}

/// Makes a test for each course.
macro_rules! tests {
    ($($course:ident)*) => {
        mod mutants_fail_exactly_their_checks {
            $(#[test]
            #[ignore = "slow"]
            fn $course() {
                super::fail_exactly(stringify!($course));
            })*
        }
    };
}

tests! { ktn2014 ktn2015 ktn2017 }

/// Every bug is in the table for all its courses, and the handout has the table.
#[test]
fn every_bug_of_a_course_has_a_row_and_the_handout_has_the_table() {
    let Some(listed) = listed("mutants.py") else { return };
    let mut table = String::new();
    for columns in &listed {
        let [name, courses, about] = columns.as_slice() else { panic!("{columns:?}") };
        let rows: Vec<&Bug> = BUGS.iter().filter(|bug| bug.name == name).collect();
        let of_rows: Vec<&str> = rows.iter().flat_map(|bug| bug.courses).copied().collect();
        assert_eq!(of_rows, courses.split(',').collect::<Vec<_>>(), "{name}");
        for row in rows {
            let years: Vec<&str> = row.courses.iter().map(|course| &course[3..]).collect();
            let (years, fails) = (years.join(", "), row.fails.join(", "));
            table += &format!("| `{name}` | {years} | {about} | {fails} |\n");
        }
    }
    let names: BTreeSet<&str> = BUGS.iter().map(|bug| bug.name).collect();
    assert_eq!(names.len(), listed.len(), "a bug of the table does not exist");
    let page = include_str!("../../../../../handout/grading.md");
    assert!(page.contains(&table), "handout/grading.md does not contain this table:\n{table}");
}

/// Twelve mutants at least have to be found in each course.
#[test]
fn each_course_has_a_dozen_mutants() {
    for course in ALL {
        let count = BUGS.iter().filter(|bug| bug.courses.contains(course)).count();
        assert!(count >= 12, "{course} has {count}");
    }
}
