//! Mutation testing of the holes: each mutant of a hole's body that `cargo mutants` makes has to fail a
//! check of the lab.
//!
//! `cargo mutants` lists the mutants. They are tried here, because the checks of a lab are more than
//! tests of one package.

use std::fmt::Write;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;

use crate::arguments;
use crate::check::{self, Verdict};
use crate::code::Code;
use crate::copy::{self, Files};
use crate::failure::Failure;
use crate::lab::{self, Check, Lab};
use crate::place::Place;
use crate::process;
use crate::prove::Copy;
use crate::screen::say;
use crate::wrong;

/// The folder of the results, one file for each lab.
const RESULTS: &str = "handout/teachers/mutants";

/// Time for `cargo mutants` to list the mutants of a file.
const LIST: Duration = Duration::from_mins(2);

/// A mutant, as `cargo mutants --list --json` describes it.
#[derive(Debug, Deserialize)]
struct Mutant {
    name: String,
    diff: String,
    span: Span,
}

#[derive(Debug, Deserialize)]
struct Span {
    start: Position,
}

#[derive(Debug, Deserialize)]
struct Position {
    line: usize,
}

/// The results of a lab.
#[derive(Debug, Default)]
struct Counts {
    caught: usize,
    unviable: usize,
    missed: Vec<String>,
}

/// Tries the mutants of the holes. Returns whether each is caught.
pub(crate) fn run(
    place: &Place,
    labs: &[Lab],
    arguments: &arguments::Mutants,
) -> Result<bool, Failure> {
    let chosen = lab::choose(labs, &arguments.labs)?;
    let copy = Copy::new(&place.root, labs)?;
    let mut all_caught = true;
    for lab in chosen.into_iter().filter(|lab| !lab.about.holes.is_empty()) {
        say(&format!("lab {}: {}\n", lab.number, lab.about.title));
        let counts = lab_counts(place, &copy, lab)?;
        let Counts { caught, unviable, missed } = &counts;
        say(&format!("  {caught} caught, {} missed, {unviable} do not build\n", missed.len()));
        all_caught &= missed.is_empty();
        if arguments.write {
            let path = place.root.join(RESULTS).join(&lab.slug).with_extension("md");
            copy::write(&path, page(lab, &counts).as_bytes())?;
        }
    }
    Ok(all_caught)
}

fn lab_counts(place: &Place, copy: &Copy<'_>, lab: &Lab) -> Result<Counts, Failure> {
    let right = wrong::right(&place.root, lab)?;
    let checks: Vec<&Check> = lab.about.checks.iter().collect();
    let mut counts = Counts::default();
    for (file, mutant) in mutants(place, lab)? {
        let text = copy::read(&place.root.join(&file))?;
        let wrong = |problem: String| Failure::Code { path: file.clone(), problem };
        let text =
            wrong::changed(&text, with_plain_names(&mutant.diff).as_bytes()).map_err(wrong)?;
        let mut files: Files = right.clone();
        files.insert(file, text.into_bytes());
        copy.become_variant(&files)?;
        let outcomes = check::run(&copy.bench, lab, &checks, true, &mut |_| {})?;
        let failed = outcomes.iter().find(|outcome| outcome.verdict != Verdict::Passed);
        let word = match failed.map(|outcome| (&outcome.id, &outcome.verdict)) {
            None => {
                counts.missed.push(mutant.name.clone());
                "MISSED".to_owned()
            }
            Some((id, Verdict::Undecided(reason))) => {
                counts.missed.push(format!("{} ({id} is undecided: {reason})", mutant.name));
                format!("{id} is undecided: {reason}")
            }
            Some((_, Verdict::Failed(reason))) if reason.starts_with(check::NOT_BUILT) => {
                counts.unviable += 1;
                "does not build".to_owned()
            }
            Some((id, _)) => {
                counts.caught += 1;
                format!("caught by {id}")
            }
        };
        say(&format!("  {}: {word}\n", mutant.name));
    }
    Ok(counts)
}

/// A diff with other names of its files. `cargo mutants` puts the name of the mutant there, which can have
/// characters, such as quotes, that no file name in a diff has.
fn with_plain_names(diff: &str) -> String {
    let hunks = diff.find("\n@@").map_or(diff, |at| &diff[at..]);
    format!("--- original\n+++ mutant{hunks}")
}

/// The mutants in the bodies of a lab's holes, each with its file.
fn mutants(place: &Place, lab: &Lab) -> Result<Vec<(PathBuf, Mutant)>, Failure> {
    let mut found = Vec::new();
    for hole in &lab.about.holes {
        let wrong = |problem| Failure::Code { path: hole.file.clone(), problem };
        let text = copy::read(&place.root.join(&hole.file))?;
        let code = Code::parse(&text).map_err(wrong)?;
        let bodies: Vec<RangeInclusive<usize>> = hole
            .functions
            .iter()
            .map(|path| Ok(lines(&text, &code.function(path)?.body)))
            .collect::<Result<_, String>>()
            .map_err(wrong)?;
        for mutant in list(&place.root, &hole.file)? {
            if bodies.iter().any(|body| body.contains(&mutant.span.start.line)) {
                found.push((hole.file.clone(), mutant));
            }
        }
    }
    Ok(found)
}

/// The lines of a part of a text, counted from 1.
fn lines(text: &str, part: &std::ops::Range<usize>) -> RangeInclusive<usize> {
    let line =
        |at: usize| text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    line(part.start)..=line(part.end)
}

fn list(root: &Path, file: &Path) -> Result<Vec<Mutant>, Failure> {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--workspace", "--list", "--json", "--diff", "--file"]).arg(file);
    let listed = process::run(command.current_dir(root), LIST)?;
    let program = || "cargo mutants (cargo install cargo-mutants)".to_owned();
    if !listed.is_success() {
        return Err(Failure::ProgramFailed { program: program(), output: listed.stderr });
    }
    serde_json::from_str(&listed.stdout)
        .map_err(|error| Failure::ProgramFailed { program: program(), output: error.to_string() })
}

fn page(lab: &Lab, counts: &Counts) -> String {
    let Counts { caught, unviable, missed } = counts;
    let viable = caught + missed.len();
    let mut text = format!(
        "# Mutants of lab {}: {}\n\nMade by `course mutants --lab {} --write`. Of {viable} mutants of the \
         holes that build, the checks of the lab catch {caught}; {unviable} do not build.\n",
        lab.number, lab.about.title, lab.number
    );
    if !missed.is_empty() {
        text.push_str("\nNo check catches these:\n\n");
        for name in missed {
            let _ = writeln!(text, "- `{name}`");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_of_any_mutant_applies() {
        let diff = "--- a.rs\n+++ replace f with \"xyzzy\".into()\n@@ -1,3 +1,3 @@\n fn f() {\n-    1\n+    2\n }\n";
        assert!(wrong::changed("fn f() {\n    1\n}\n", diff.as_bytes()).is_err());
        let changed = wrong::changed("fn f() {\n    1\n}\n", with_plain_names(diff).as_bytes());
        assert_eq!(changed.as_deref(), Ok("fn f() {\n    2\n}\n"));
    }
}
