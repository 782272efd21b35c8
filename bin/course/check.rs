//! The checks of a lab: unit tests, end-to-end tests, checks of `grade`, tests of the student, and answers,
//! as one list.

mod answers;
mod libtest;
mod suite;
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::failure::Failure;
use crate::isolation::Isolation;
use crate::lab::{Check, Kind, Lab, Target};
use crate::process;

/// Time for a build, when nothing is built yet.
const BUILD: Duration = Duration::from_mins(30);

/// The exit code of `grade isolate` if it cannot isolate or start the command.
const NOT_ISOLATED: i32 = 125;

/// The beginning of the reason of a check whose program does not build.
pub(crate) const NOT_BUILT: &str = "it does not build";

/// Lines of a failure that are shown.
const LINES: usize = 8;

/// The result of one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) id: String,
    pub(crate) verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passed,
    /// Why, in one line or more.
    Failed(String),
    /// The check could not be carried out, through no fault of the student's program.
    Undecided(String),
}

impl Verdict {
    /// The same verdict for another reason.
    pub(crate) fn because(&self, reason: &str) -> Verdict {
        match self {
            Verdict::Passed => Verdict::Passed,
            Verdict::Failed(_) => Verdict::Failed(reason.to_owned()),
            Verdict::Undecided(_) => Verdict::Undecided(reason.to_owned()),
        }
    }
}

/// The place and the manner in which checks run.
#[derive(Debug, Clone)]
pub(crate) struct Bench {
    /// The workspace.
    pub(crate) root: PathBuf,
    /// The target folder of cargo.
    pub(crate) target: PathBuf,
    pub(crate) isolation: Isolation,
}

impl Bench {
    /// The bench of a workspace whose owner runs it.
    pub(crate) fn of(root: &Path) -> Bench {
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        Bench {
            root: root.to_owned(),
            target: target.map_or_else(|| root.join("target"), |target| root.join(target)),
            isolation: Isolation::None,
        }
    }

    /// A command of cargo in the workspace, with further environment variables.
    fn cargo(&self, arguments: &[&str], variables: &[(&str, String)]) -> Command {
        self.isolation.cargo(&self.root, &self.target, arguments, variables)
    }

    /// Builds with cargo. Returns the verdict on what cannot be built; `None` if it is built.
    fn build(&self, arguments: &[&str]) -> Result<Option<Verdict>, Failure> {
        let built = process::run(&mut self.cargo(arguments, &[]), BUILD)?;
        Ok(match built.status.and_then(|status| status.code()) {
            Some(0) => None,
            // The code of `grade isolate`. A build that returns it itself has no points either.
            Some(NOT_ISOLATED) if matches!(self.isolation, Isolation::Sandbox { .. }) => {
                Some(Verdict::Undecided(built.stderr.trim().to_owned()))
            }
            Some(_) => Some(Verdict::Failed(format!("{NOT_BUILT}:\n{}", errors(&built.stderr)))),
            None => Some(Verdict::Failed(format!("it is not built within {} s", BUILD.as_secs()))),
        })
    }

    /// A program that cargo has built.
    fn built(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }
}

/// The errors of the compiler, without warnings.
fn errors(stderr: &str) -> String {
    let begin = stderr.find("error").unwrap_or(0);
    let lines = stderr[begin..].lines().filter(|line| !line.starts_with("warning"));
    lines.take(4 * LINES).collect::<Vec<_>>().join("\n")
}

/// The news of a run.
pub(crate) enum Report<'r> {
    /// These checks begin, which may have to be built first.
    Begins(&'r str),
    Ended(&'r Check, &'r Verdict),
}

/// Checks that run together, because one program runs them.
enum Group<'l> {
    Answers(Vec<&'l Check>),
    Suite(Vec<&'l Check>),
    Tests(Target, Vec<&'l Check>),
    Wire(Vec<&'l Check>),
}

impl Group<'_> {
    fn name(&self) -> String {
        match self {
            Group::Answers(_) => "the answers".to_owned(),
            Group::Suite(_) => "your transcripts on right and wrong servers".to_owned(),
            Group::Tests(Target::Library(package), _) => format!("unit tests of {package}"),
            Group::Tests(Target::Binary(_, binary), _) => format!("unit tests of {binary}"),
            Group::Tests(Target::Integration(package), _) if package == "strata" => {
                "end-to-end tests of server and client".to_owned()
            }
            Group::Tests(Target::Integration(package), _) => format!("tests of {package}"),
            Group::Wire(_) => "checks of grade".to_owned(),
        }
    }
}

/// Runs these checks of a lab, the fastest first, and reports each result as soon as it is there. Ends
/// after the first group with a failure if `stop_early`.
pub(crate) fn run(
    bench: &Bench,
    lab: &Lab,
    checks: &[&Check],
    stop_early: bool,
    report: &mut dyn FnMut(Report<'_>),
) -> Result<Vec<Outcome>, Failure> {
    let mut outcomes = Vec::new();
    for group in groups(checks) {
        report(Report::Begins(&group.name()));
        if matches!(&group, Group::Tests(Target::Integration(_), _)) {
            // If they do not build, the check that needs them says so.
            build_unit_tests(bench, lab)?;
        }
        let (verdicts, checks) = match group {
            Group::Answers(checks) => (answers::run(&bench.root, lab, &checks), checks),
            Group::Suite(checks) => (suite::run(bench, &checks)?, checks),
            Group::Tests(target, checks) => {
                (libtest::run(bench, lab.number, &target, &tests(&checks))?, checks)
            }
            Group::Wire(checks) => (wire::run(bench, lab, &checks)?, checks),
        };
        let mut is_good = true;
        for (check, verdict) in checks.into_iter().zip(verdicts) {
            report(Report::Ended(check, &verdict));
            is_good &= verdict == Verdict::Passed;
            outcomes.push(Outcome { id: check.id.clone(), verdict });
        }
        if stop_early && !is_good {
            break;
        }
    }
    Ok(outcomes)
}

/// Builds what the checks of these labs need, with the commands that the checks use. Cargo builds a
/// library once for each set of features, so other commands would build other things. Returns the
/// verdict on what cannot be built.
pub(crate) fn prepare(bench: &Bench, labs: &[&Lab]) -> Result<Option<Verdict>, Failure> {
    let checks: Vec<&Check> = labs.iter().flat_map(|lab| &lab.about.checks).collect();
    for group in groups(&checks) {
        let unbuilt = match group {
            Group::Answers(_) | Group::Suite(_) => None,
            Group::Tests(target, _) => bench.build(&libtest::build(&target))?,
            Group::Wire(_) => bench.build(&wire::PROGRAMS)?,
        };
        if unbuilt.is_some() {
            return Ok(unbuilt);
        }
    }
    for lab in labs {
        let unbuilt = build_unit_tests(bench, lab)?;
        if unbuilt.is_some() {
            return Ok(unbuilt);
        }
    }
    Ok(None)
}

/// Builds the unit tests that checks of a lab run themselves. Returns the verdict on what cannot be built.
fn build_unit_tests(bench: &Bench, lab: &Lab) -> Result<Option<Verdict>, Failure> {
    for package in &lab.about.builds {
        let unbuilt = bench.build(&libtest::build(&Target::Library(package.clone())))?;
        if unbuilt.is_some() {
            return Ok(unbuilt);
        }
    }
    Ok(None)
}

fn groups<'l>(checks: &[&'l Check]) -> Vec<Group<'l>> {
    let mut answers = Vec::new();
    let mut suite = Vec::new();
    let mut units: BTreeMap<Target, Vec<&Check>> = BTreeMap::new();
    let mut stories = Vec::new();
    let mut wire = Vec::new();
    for check in checks {
        match &check.kind {
            Kind::Answer { .. } => answers.push(*check),
            Kind::Suite(_) => suite.push(*check),
            Kind::Unit { target, .. } => units.entry(target.clone()).or_default().push(check),
            Kind::Story(_) => stories.push(*check),
            Kind::Wire(_) => wire.push(*check),
        }
    }
    let mut groups = vec![Group::Answers(answers), Group::Suite(suite)];
    groups.extend(units.into_iter().map(|(target, checks)| Group::Tests(target, checks)));
    groups.push(Group::Tests(Target::Integration("strata".to_owned()), stories));
    groups.push(Group::Wire(wire));
    groups.retain(|group| match group {
        Group::Answers(checks)
        | Group::Suite(checks)
        | Group::Tests(_, checks)
        | Group::Wire(checks) => !checks.is_empty(),
    });
    groups
}

/// The names of the tests of these checks.
fn tests<'l>(checks: &[&'l Check]) -> Vec<&'l str> {
    let name = |check: &&'l Check| match &check.kind {
        Kind::Unit { test, .. } | Kind::Story(test) => Some(test.as_str()),
        Kind::Wire(_) | Kind::Suite(_) | Kind::Answer { .. } => None,
    };
    checks.iter().filter_map(name).collect()
}
