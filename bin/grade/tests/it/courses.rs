//! The grader is graded on courses: what the text of a course allows costs nothing, and a bug fails
//! exactly the checks that must find it.
//!
//! The servers are in `tests/courses/`, in Python: a plain one for each course, the same with the
//! habits of other students (`free.py`), and with bugs (`mutants.py`).
//!
//! By default a few runs with a few checks take their turn each day ([`selection::in_turn`]).
//! `STRATA_MATRIX=all` makes all runs with all checks.

mod bugs;
mod habits;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use super::{Verdicts, grade, selection, those};

/// The courses with servers in Python, and their dialects.
const COURSES: [(&str, &str); 3] =
    [("ktn2014", "ktn14"), ("ktn2015", "ktn15"), ("ktn2017", "ktn15")];

/// Number of runs of `free.py --all`, each with another habit of each group. No group has more habits.
const SEEDS: usize = 8;

/// Checks that only courses demand, so that no group of [`selection::SERVER`] has them.
const OF_COURSES: [&str; 4] = ["--check", "NAMES-4", "--check", "BACKLOG-3"];

/// Path of Python, if this machine has it.
static PYTHON: LazyLock<Option<String>> = LazyLock::new(|| {
    let path = harness::python("sys");
    if path.is_none() {
        harness::skipped("no python3 on this machine");
    }
    path.map(|path| path.to_str().unwrap().to_owned())
});

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/courses")
}

/// What a program in the folder lists: the columns of each line.
fn listed(program: &str) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new(PYTHON.as_ref()?);
    let output = command.args(["-B", "-S", program, "--list"]).current_dir(folder()).output();
    let lines = String::from_utf8(output.unwrap().stdout).unwrap();
    let columns = |line: &str| line.split('\t').map(str::to_owned).collect();
    Some(lines.lines().map(columns).collect())
}

/// A server in Python, the course by which it is graded, and the checks.
#[derive(Clone)]
struct Run {
    /// Program in the folder, with its arguments.
    server: String,
    course: &'static str,
    /// Dialect, if the course does not choose one.
    dialect: Option<&'static str>,
    /// Arguments that select checks.
    checks: Vec<String>,
}

impl Run {
    /// Grades a plain server, or another program with the arguments for a course.
    fn new(program: &str, course: &'static str, checks: &[&str]) -> Run {
        let server = if program.is_empty() {
            format!("{course}.py {{port}}")
        } else {
            format!("{program} {{port}} --course {course}")
        };
        let checks = checks.iter().map(|argument| (*argument).to_owned()).collect();
        Run { server, course, dialect: None, checks }
    }

    /// The same server, graded by the course of the handout.
    fn by_strata(self) -> Run {
        let dialect = COURSES.iter().find(|(course, _)| *course == self.course).unwrap().1;
        Run { course: "strata", dialect: Some(dialect), ..self }
    }

    /// Runs the grader. Returns `None` if there is no Python.
    fn grade(&self) -> Option<(Verdicts, String)> {
        let server = format!("'{}' -B -S {}", PYTHON.as_ref()?, self.server);
        let folder = folder();
        let mut arguments = vec!["--server", &server, "--from", folder.to_str().unwrap()];
        arguments.extend(["--course", self.course, "--jobs", "16", "--patience", "2"]);
        arguments.extend(self.dialect.iter().flat_map(|dialect| ["--dialect", *dialect]));
        arguments.extend(self.checks.iter().map(String::as_str));
        let (verdicts, _, said) = grade(&arguments);
        let said = format!("{} by {}:\n{said}", self.server, self.course);
        assert!(those(&verdicts, "undecided").is_empty(), "{said}");
        Some((verdicts, said))
    }

    /// Expects the server to fail exactly those of these checks that the course demands.
    /// Returns what the grader printed.
    fn fails(&self, checks: &[&str]) -> Option<String> {
        let (verdicts, said) = self.grade()?;
        let demanded = checks.iter().filter(|check| verdicts.contains_key(**check));
        let demanded: BTreeSet<&str> = demanded.copied().collect();
        assert!(checks.is_empty() || !demanded.is_empty(), "none of them is demanded: {said}");
        assert_eq!(set(&those(&verdicts, "failed")), demanded, "{said}");
        if checks.is_empty() {
            assert!(those(&verdicts, "skipped").is_empty(), "{said}");
        }
        Some(said)
    }

    /// Expects the server to fail these checks, and besides them only some that it may fail.
    fn fails_beside(&self, checks: &[&str], may_fail: &[&str]) {
        let Some((verdicts, said)) = self.grade() else { return };
        let failed = set(&those(&verdicts, "failed"));
        assert!(set(checks).is_subset(&failed), "{checks:?}: {said}");
        let both = &set(checks) | &set(may_fail);
        assert!(failed.is_subset(&both), "{:?}: {said}", &failed - &both);
    }
}

fn set<'a>(checks: &[&'a str]) -> BTreeSet<&'a str> {
    checks.iter().copied().collect()
}

/// Checks that take long with a server that answers late, so that they run only with all checks.
const LONG: [&str; 5] = ["FRAME-1", "MESSAGE-8", "CROWD-2", "CROWD-5", "CROWD-6"];

/// Selects a group of checks in turn.
fn a_group() -> Vec<&'static str> {
    let group = selection::SERVER.arguments(selection::turn(), &[]);
    let checks = group.chunks(2).filter(|option| !option.iter().any(|id| LONG.contains(id)));
    checks.flatten().copied().collect()
}

/// Does this with each item, several at a time.
fn with_each<T: Send>(items: impl IntoIterator<Item = T>, run: impl Fn(T) + Sync) {
    let items = Mutex::new(items.into_iter().collect::<Vec<T>>());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let item = items.lock().unwrap().pop();
                    let Some(item) = item else { return };
                    run(item);
                }
            });
        }
    });
}

#[test]
fn plain_servers_get_full_marks() {
    with_each(selection::in_turn(&COURSES, 1), |(course, _)| {
        let mut checks = a_group();
        if !selection::is_all() {
            checks.extend(OF_COURSES);
        }
        Run::new("", course, &checks).fails(&[]);
    });
}

#[test]
#[ignore = "slow"]
fn servers_with_all_allowed_habits_get_full_marks() {
    let of_course = |course: &'static str| (0..SEEDS).map(move |seed| (course, seed));
    let runs: Vec<(&str, usize)> =
        COURSES.iter().flat_map(|(course, _)| of_course(course)).collect();
    with_each(selection::in_turn(&runs, 1), |(course, seed)| {
        Run::new(&format!("free.py --all --seed {seed}"), course, &a_group()).fails(&[]);
    });
}

/// The runs with all habits have each allowed habit at least once.
#[test]
fn no_group_has_more_habits_than_there_are_runs() {
    let Some(habits) = listed("free.py") else { return };
    for habit in &habits {
        let group = &habit[3];
        let size = habits.iter().filter(|other| other[3] == *group).count();
        assert!(group == "-" || size <= SEEDS + 1, "{group} has {size} habits");
        for (course, _) in COURSES {
            let in_group = habits.iter().filter(|other| {
                other[3] == *group && other[2].split(',').any(|allowed| allowed == course)
            });
            assert!(group == "-" || in_group.count() <= SEEDS, "{group} of {course}");
        }
    }
}

/// What the plain servers lose where the course of the handout demands more than their own.
const MORE: [(&str, &[&str]); 3] = [
    ("ktn2014", &["LOGIN-10", "LOGIN-11", "LOGIN-13", "MESSAGE-7", "NAMES-1"]),
    ("ktn2015", MORE_THAN_2015),
    ("ktn2017", MORE_THAN_2015),
];

/// Other names, fixed error texts, an error for every mistake, and a connection that stays open after a
/// logout.
const MORE_THAN_2015: &[&str] = &[
    "LOGIN-2",
    "LOGIN-5",
    "LOGIN-6",
    "LOGIN-7",
    "LOGIN-8",
    "LOGIN-9",
    "LOGIN-11",
    "LOGIN-13",
    "PARSE-3",
    "LEAVE-2",
    "LEAVE-5",
    "MESSAGE-4",
    "MESSAGE-7",
];

#[test]
fn the_handout_demands_more_than_the_courses() {
    with_each(selection::in_turn(&MORE, 1), |(course, more)| {
        let checks: Vec<&str> = match selection::is_all() {
            true => Vec::new(),
            false => more.iter().flat_map(|check| ["--check", *check]).collect(),
        };
        Run::new("", course, &checks).by_strata().fails(more);
    });
}
