//! The proof that the labs are right: with holes, with the reference, and with wrong solutions.
//!
//! All variants are tried in one copy of the workspace, so that each builds only the crates that it changes.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::arguments;
use crate::check::{self, Bench, Verdict};
use crate::copy::{self, Files};
use crate::failure::Failure;
use crate::lab::{self, Check, Kind, Lab};
use crate::place::Place;
use crate::screen::say;
use crate::starter;
use crate::wrong::{self, Wrong};

/// The folder of the tables, one for each lab.
pub(crate) const TABLES: &str = "handout/teachers/matrix";

/// Proves labs. Returns whether all is as it should be.
pub(crate) fn run(
    place: &Place,
    labs: &[Lab],
    arguments: &arguments::Prove,
) -> Result<bool, Failure> {
    let chosen = lab::choose(labs, &arguments.labs)?;
    let copy = Copy::new(&place.root, labs)?;
    let mut is_right = true;
    for lab in chosen {
        say(&format!("lab {}: {}\n", lab.number, lab.about.title));
        let mut proof = Proof { copy: &copy, labs, lab, rows: Vec::new(), is_right: true };
        proof.run(&arguments.wrong)?;
        is_right &= proof.is_right;
        // The tables hold what was proven.
        if arguments.write && arguments.wrong.is_empty() && proof.is_right {
            let path = place.root.join(TABLES).join(&lab.slug).with_extension("md");
            copy::write(&path, table(lab, &proof.rows).as_bytes())?;
        }
    }
    Ok(is_right)
}

/// A copy of the workspace without holes, in which variants are tried. It has another version: cargo
/// tells packages apart by name and version, and would mix up its builds with those of the reference.
pub(crate) struct Copy<'r> {
    reference: &'r Path,
    /// Locked as long as the copy is used: two proofs in one copy would build each other's variants.
    _lock: File,
    pub(crate) bench: Bench,
    whole: Files,
}

impl Copy<'_> {
    pub(crate) fn new<'r>(reference: &'r Path, labs: &[Lab]) -> Result<Copy<'r>, Failure> {
        let bench = Bench::of(&reference.join("target/course/prove"));
        let lock = lock(&reference.join("target/course/prove.lock"))?;
        let whole = starter::contents(reference, &[], labs)?;
        // The libraries below the layers are those of the reference.
        let bench = Bench { target: Bench::of(reference).target, ..bench };
        Ok(Copy { reference, _lock: lock, bench, whole })
    }

    /// Makes the copy the reference with these changes.
    pub(crate) fn become_variant(&self, changes: &Files) -> Result<(), Failure> {
        copy::write_all(&self.bench.root, &variant(&self.whole, changes))
    }
}

/// The workspace with these changes, in its other version. The changes may contain the manifest.
fn variant(whole: &Files, changes: &Files) -> Files {
    let mut files = whole.clone();
    files.extend(changes.clone());
    if let Some(manifest) = files.get_mut(Path::new("Cargo.toml")) {
        let version = concat!("version = \"", env!("CARGO_PKG_VERSION"));
        let text = String::from_utf8_lossy(manifest);
        *manifest = text.replacen(version, &format!("{version}-prove"), 1).into_bytes();
    }
    files
}

/// Locks a file.
///
/// # Errors
/// When another process holds the lock.
fn lock(path: &Path) -> Result<File, Failure> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder).map_err(Failure::file("create", folder))?;
    let file = File::create(path).map_err(Failure::file("open", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let words = "another `course prove` or `course mutants` is running in this workspace";
            Err(Failure::Message(words.to_owned()))
        }
        Err(TryLockError::Error(source)) => Err(Failure::file("lock", path)(source)),
    }
}

/// The proof of one lab.
struct Proof<'l> {
    copy: &'l Copy<'l>,
    labs: &'l [Lab],
    lab: &'l Lab,
    /// For each variant its name and the checks that fail.
    rows: Vec<(String, String, BTreeSet<String>)>,
    is_right: bool,
}

impl Proof<'_> {
    fn run(&mut self, only: &[String]) -> Result<(), Failure> {
        let all: Vec<&Check> = self.lab.about.checks.iter().collect();
        let ids = || all.iter().map(|check| check.id.clone()).collect::<BTreeSet<String>>();
        let right = wrong::right(self.copy.reference, self.lab)?;
        if only.is_empty() {
            let (none, every) = (BTreeSet::new(), ids());
            self.variant("the reference", "", &right, &all, &none)?;
            let holes = self.holes()?;
            self.variant("the starter", "", &holes, &all, &every)?;
            self.earlier_labs(&holes)?;
        }
        let wrongs = wrong::all(self.copy.reference, self.lab)?;
        let is_chosen = |wrong: &&Wrong| only.is_empty() || only.contains(&wrong.name);
        for wrong in wrongs.iter().filter(is_chosen) {
            let mut files = right.clone();
            files.extend(wrong.files.clone());
            let fails = wrong.fails.iter().cloned().collect();
            self.variant(&wrong.name, &wrong.about, &files, &all, &fails)?;
        }
        Ok(())
    }

    /// The files of the starter that differ from the reference.
    fn holes(&self) -> Result<Files, Failure> {
        let all = starter::contents(self.copy.reference, &[self.lab], self.labs)?;
        let whole = &self.copy.whole;
        Ok(all.into_iter().filter(|(path, content)| whole.get(path) != Some(content)).collect())
    }

    /// Tries a variant with these checks, and compares the failed checks with the expected ones.
    fn variant(
        &mut self,
        name: &str,
        about: &str,
        changes: &Files,
        checks: &[&Check],
        expected: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        self.copy.become_variant(changes)?;
        let mut failed = BTreeSet::new();
        let mut reasons = String::new();
        for outcome in check::run(&self.copy.bench, self.lab, checks, false, &mut |_| {})? {
            let (word, reason) = match &outcome.verdict {
                Verdict::Passed => ("passed", ""),
                Verdict::Failed(reason) => ("failed", reason.as_str()),
                Verdict::Undecided(reason) => ("undecided", reason.as_str()),
            };
            if outcome.verdict != Verdict::Passed {
                failed.insert(outcome.id.clone());
            }
            let is_expected = match &outcome.verdict {
                Verdict::Undecided(_) => false,
                verdict => (*verdict != Verdict::Passed) == expected.contains(&outcome.id),
            };
            if !is_expected {
                let _ = writeln!(reasons, "    {} {word}: {reason}", outcome.id);
            }
        }
        let word = if reasons.is_empty() { "as expected" } else { "NOT as expected" };
        self.is_right &= reasons.is_empty();
        say(&format!("  {name}: {} of {} fail, {word}\n{reasons}", failed.len(), checks.len()));
        self.rows.push((name.to_owned(), about.to_owned(), failed));
        Ok(())
    }

    /// Runs the unit tests of earlier labs, which must pass while the holes of this lab are open.
    fn earlier_labs(&mut self, holes: &Files) -> Result<(), Failure> {
        self.copy.become_variant(holes)?;
        for lab in self.labs.iter().filter(|lab| lab.number < self.lab.number) {
            let is_unit = |check: &&Check| matches!(check.kind, Kind::Unit { .. });
            let checks: Vec<&Check> = lab.about.checks.iter().filter(is_unit).collect();
            for outcome in check::run(&self.copy.bench, lab, &checks, false, &mut |_| {})? {
                if outcome.verdict != Verdict::Passed {
                    self.is_right = false;
                    let Lab { number, .. } = lab;
                    say(&format!("  the starter: {} of lab {number} fails, too\n", outcome.id));
                }
            }
        }
        Ok(())
    }
}

/// The table of a lab: its checks, and the variants with the checks that fail.
pub(crate) fn table(lab: &Lab, rows: &[(String, String, BTreeSet<String>)]) -> String {
    let mut text = format!(
        "# Lab {}: {}\n\nMade by `course prove --lab {} --write`. An F marks a check that fails.\n\n",
        lab.number, lab.about.title, lab.number
    );
    for check in &lab.about.checks {
        let _ = writeln!(text, "- `{}` ({} points): {}", check.id, check.points, check.title);
    }
    let ids: Vec<&str> = lab.about.checks.iter().map(|check| check.id.as_str()).collect();
    let _ = writeln!(text, "\n| variant | {} |", ids.join(" | "));
    let _ = writeln!(text, "|---|{}", "---|".repeat(ids.len()));
    for (name, _, failed) in rows {
        let cells: Vec<&str> =
            ids.iter().map(|id| if failed.contains(*id) { "F" } else { "" }).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text.push('\n');
    for (name, about, _) in rows.iter().filter(|(_, about, _)| !about.is_empty()) {
        let _ = writeln!(text, "- {name}: {about}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_the_other_version() {
        let manifest = |text: &str| Files::from([("Cargo.toml".into(), text.as_bytes().to_vec())]);
        let version = env!("CARGO_PKG_VERSION");
        let whole = manifest(&format!("version = \"{version}\"\n[a]"));
        let changed = manifest(&format!("version = \"{version}\"\n[b]"));
        let other = manifest(&format!("version = \"{version}-prove\"\n[b]"));
        assert_eq!(variant(&whole, &changed), other);
    }
}
