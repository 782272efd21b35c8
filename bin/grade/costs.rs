//! The cost of one mistake: at most 15 % of the points, unless it leaves nothing to do.
//!
//! The tables of mutants in `handout/grading.md` say which checks a mistake fails. From these checks
//! follow the skipped ones and the points, without a run.

use std::collections::BTreeMap;

use crate::check::Check;
use crate::checks;
use crate::course::Course;
use crate::report::{FIRST, MOST};
use crate::rubric::Rubric;
use crate::wire::Dialect;

/// Checks that are seldom the reason for a skipped one: the grader has seen before the checks whether the server
/// can log users in, refuse taken names, deliver messages and list names.
const SEEN: [&str; 4] = ["LOGIN-1", "LOGIN-9", "MESSAGE-1", "NAMES-1"];

/// Checks that cost more without the limit.
const DEAR: &[&str] = &["MESSAGE-2", "CROWD-4", "LEAVE-8"];

/// Mutants that cost more, in some course.
const DEARER: [(&str, &str); 1] = [("one-at-a-time", "a second user can do nothing at all")];

/// A course in one dialect, and the points of its checks.
struct Exam {
    label: String,
    worth: BTreeMap<&'static str, f64>,
}

impl Exam {
    fn new(name: &str, dialect: Dialect) -> Exam {
        let (course, rubric) = (Course::read(name).unwrap(), Rubric::read(None).unwrap());
        let has = |check: &&'static Check| {
            !check.is_client_check()
                && check.dialects.contains(&dialect)
                && course.demands(check.id)
        };
        let points = |check: &'static Check| Some((check.id, rubric.worth(check.id)?.points));
        let worth = checks::all().filter(has).filter_map(points).collect();
        Exam { label: format!("{name} in {}", dialect.name()), worth }
    }

    fn all() -> Vec<Exam> {
        let mut exams = Vec::new();
        for name in Course::names() {
            let dialect = Course::read(name).unwrap().dialect();
            let dialects = dialect.map_or(Dialect::ALL.to_vec(), |dialect| vec![dialect]);
            exams.extend(dialects.into_iter().map(|dialect| Exam::new(name, dialect)));
        }
        exams
    }

    fn possible(&self) -> f64 {
        self.worth.values().sum()
    }

    /// The cost of each failed check, together with the checks skipped because of it, as a share of
    /// all points.
    fn shares(&self, failed: &[&str]) -> Vec<f64> {
        let failed: Vec<&str> =
            failed.iter().copied().filter(|id| self.worth.contains_key(id)).collect();
        let mut causes: BTreeMap<&str, &str> = failed.iter().map(|id| (*id, *id)).collect();
        loop {
            let before = causes.len();
            for id in self.worth.keys() {
                let check = checks::find(id).unwrap();
                let cause = check.after.iter().filter(|id| !SEEN.contains(id));
                let cause = cause.filter_map(|id| causes.get(id).copied()).next();
                if let Some(cause) = cause {
                    causes.entry(id).or_insert(cause);
                }
            }
            if causes.len() == before {
                break;
            }
        }
        let cost = |cause: &&str| {
            let because = causes.iter().filter(|(_, other)| *other == cause);
            because.map(|(id, _)| self.worth[id]).sum::<f64>() / self.possible()
        };
        failed.iter().map(cost).collect()
    }
}

/// The mutants of servers in the handout, with the checks that find them.
fn mutants() -> Vec<(&'static str, Vec<&'static str>)> {
    let page = include_str!("../../handout/grading.md");
    let mut mutants = Vec::new();
    let mut lines = page.lines();
    while lines.any(|line| line.ends_with("| found by |")) {
        let rows =
            lines.by_ref().skip(1).map_while(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
        for row in rows {
            let (name, rest) = row.split_once('`').unwrap();
            let found: Vec<&str> = rest.rsplit_once("| ").unwrap().1.split(", ").collect();
            let is_client = found.iter().any(|id| checks::find(id).unwrap().is_client_check());
            if !is_client {
                mutants.push((name, found));
            }
        }
    }
    mutants
}

#[test]
fn no_mistake_costs_more_than_fifteen_percent() {
    let (exams, mutants) = (Exam::all(), mutants());
    assert!(exams.len() >= 6 && mutants.len() > 70, "{} mutants", mutants.len());
    let mut dearer = Vec::new();
    for exam in &exams {
        for (name, fails) in &mutants {
            // The grader limits the cost of each cause.
            let cost: f64 = exam.shares(fails).iter().map(|share| share.min(MOST)).sum();
            if cost > MOST + f64::EPSILON {
                let is_known = DEARER.iter().any(|(known, _)| known == name);
                assert!(is_known, "{name} costs {:.1} % in {}", cost * 100.0, exam.label);
                dearer.push(*name);
            }
        }
    }
    for (name, why) in DEARER {
        assert!(dearer.contains(&name), "{name} costs no more than others: it was said that {why}");
    }
}

/// The limit of the grader is reached by few checks, so that it seldom changes a result.
#[test]
fn few_checks_reach_the_limit() {
    for exam in Exam::all() {
        let dear = |id: &&&str| exam.shares(&[id]).iter().any(|share| *share > MOST);
        let dear: Vec<&&str> =
            exam.worth.keys().filter(|id| !FIRST.contains(id)).filter(dear).collect();
        let is_expected = dear.iter().all(|id| DEAR.contains(id));
        assert!(is_expected && !dear.is_empty(), "{}: {dear:?}", exam.label);
    }
}
