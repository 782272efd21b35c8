//! The grading of a submission: its layers between ours, and ours between its layers.
//!
//! A lab is graded with the layer of the submission that the lab is about, and with our other layers. So
//! a bug in an earlier lab costs nothing in a later one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::check::{self, Bench, Outcome, Verdict};
use crate::copy::{self, Files};
use crate::failure::Failure;
use crate::isolation::Isolation;
use crate::lab::{self, Check, Lab, Layer};
use crate::process;
use crate::starter;
use crate::swap;
use crate::wrong;

/// The folder of the workspaces in which submissions are graded, in the reference.
const FOLDER: &str = "target/course/class";

/// Time to copy the target folder of the reference.
const COPY: Duration = Duration::from_mins(5);

/// What grading needs to know beside the submission.
pub(crate) struct Grader<'l> {
    pub(crate) reference: PathBuf,
    pub(crate) labs: &'l [Lab],
    /// The labs to grade.
    pub(crate) chosen: Vec<&'l Lab>,
    pub(crate) isolation: Isolation,
    /// Also put each of our layers between the submission's.
    pub(crate) is_whole: bool,
}

/// A way to mix the layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mix {
    /// The submission's layer between ours.
    Yours,
    /// Our layer between the submission's.
    Ours,
    /// All layers of the submission.
    All,
}

impl Mix {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Mix::Yours => "yours with ours",
            Mix::Ours => "ours with yours",
            Mix::All => "all yours",
        }
    }
}

/// The result of a submission.
#[derive(Debug)]
pub(crate) struct Graded {
    /// For each lab and mix the outcomes of the checks.
    pub(crate) outcomes: BTreeMap<(u32, Mix), Vec<Outcome>>,
}

impl Graded {
    pub(crate) fn points(&self, lab: &Lab, mix: Mix) -> Option<u32> {
        let outcomes = self.outcomes.get(&(lab.number, mix))?;
        let passed = outcomes.iter().filter(|it| it.verdict == Verdict::Passed);
        Some(passed.filter_map(|it| lab.check(&it.id)).map(|check| check.points).sum())
    }

    /// Says where the mistake is, as far as the mixes tell.
    pub(crate) fn explanation(&self, lab: &Lab) -> String {
        let is_full = |mix| self.points(lab, mix).is_some_and(|points| points == lab::POINTS);
        let layer = lab.about.layer.name();
        if lab.about.layer == Layer::None {
            return String::new();
        }
        match (is_full(Mix::Yours), is_full(Mix::All)) {
            (true, true) => format!("Your {layer} works with our other layers and with yours."),
            (true, false) => format!(
                "Your {layer} works with our other layers, so the mistake is in another layer of yours."
            ),
            (false, _) => {
                format!("It fails with our other layers, too, so a mistake is in your {layer}.")
            }
        }
    }
}

impl Grader<'_> {
    /// Builds the reference once. Each submission gets a copy of the built libraries.
    pub(crate) fn prepare(&self) -> Result<(), Failure> {
        let folder = self.reference.join(FOLDER);
        let root = folder.join("reference/work");
        copy::write_all(&root, &starter::contents(&self.reference, &[], self.labs)?)?;
        // A lab without code builds nothing, and cargo makes no target folder.
        let target = self.cache();
        fs::create_dir_all(&target).map_err(Failure::file("create", &target))?;
        let bench = Bench { root, target, isolation: Isolation::None };
        match check::prepare(&bench, &self.chosen)? {
            Some(Verdict::Failed(output) | Verdict::Undecided(output)) => {
                let program = "the build of the reference".to_owned();
                return Err(Failure::ProgramFailed { program, output });
            }
            Some(Verdict::Passed) | None => {}
        }
        Ok(())
    }

    fn cache(&self) -> PathBuf {
        self.reference.join(FOLDER).join("reference/target")
    }

    /// Grades a submission in a separate folder.
    pub(crate) fn grade(&self, name: &str, submission: &Path) -> Result<Graded, Failure> {
        let folder = self.reference.join(FOLDER).join(format!("of-{name}"));
        let (root, target) = (folder.join("work"), folder.join("target"));
        if !target.exists() {
            fs::create_dir_all(&folder).map_err(Failure::file("create", &folder))?;
            // The times of the files count, and `fs::copy` does not keep them.
            let mut command = Command::new("cp");
            let copied = process::run(command.arg("-pR").arg(self.cache()).arg(&target), COPY)?;
            if !copied.is_success() {
                return Err(Failure::ProgramFailed { program: "cp".into(), output: copied.stderr });
            }
        }
        let bench = Bench { root, target, isolation: self.isolation.clone() };
        let mut graded = Graded { outcomes: BTreeMap::new() };
        let layers: BTreeSet<Layer> = self.chosen.iter().map(|lab| lab.about.layer).collect();
        for layer in layers {
            let labs = || self.chosen.iter().copied().filter(move |lab| lab.about.layer == layer);
            self.mix(Mix::Yours, &[layer].into(), labs(), submission, &bench, &mut graded)?;
            if self.is_whole && layer != Layer::None {
                let others = Layer::ALL.into_iter().filter(|other| *other != layer).collect();
                self.mix(Mix::Ours, &others, labs(), submission, &bench, &mut graded)?;
            }
        }
        let with_code = || self.chosen.iter().copied().filter(|lab| lab.about.layer != Layer::None);
        let all = Layer::ALL.into_iter().collect();
        self.mix(Mix::All, &all, with_code(), submission, &bench, &mut graded)?;
        Ok(graded)
    }

    /// Checks labs with these layers of the submission.
    fn mix<'l>(
        &self,
        mix: Mix,
        layers: &BTreeSet<Layer>,
        labs: impl Iterator<Item = &'l Lab>,
        submission: &Path,
        bench: &Bench,
        graded: &mut Graded,
    ) -> Result<(), Failure> {
        for lab in labs {
            let mut further = vec![lab::ANSWERS.into()];
            // Where the reference has a solution of its own, our layer goes with our further files.
            let ours = if mix == Mix::Ours {
                wrong::right(&self.reference, lab)?
            } else {
                further.extend(lab.about.files.iter().cloned());
                Files::new()
            };
            let files =
                swap::mixed(&self.reference, self.labs, &ours, submission, layers, &further)?;
            copy::write_all(&bench.root, &files)?;
            let checks: Vec<&Check> = lab.about.checks.iter().collect();
            let outcomes = check::run(bench, lab, &checks, false, &mut |_| {})?;
            graded.outcomes.insert((lab.number, mix), outcomes);
        }
        Ok(())
    }
}
