//! What a student has done: the results of the last checks and the hints seen, kept in the folder
//! `.course` of a workspace.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::check::{Outcome, Verdict};
use crate::copy;
use crate::failure::Failure;
use crate::lab::Lab;

/// The folder of what the tool keeps in a workspace.
pub(crate) const FOLDER: &str = ".course";

/// The progress of a student.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// For each lab the number of hints that were revealed.
    #[serde(default)]
    hints: BTreeMap<String, usize>,
    /// For each lab, which checks passed when they last ran.
    #[serde(default)]
    labs: BTreeMap<String, BTreeMap<String, bool>>,
}

impl Progress {
    /// Reads it; a missing or damaged file holds none.
    pub(crate) fn read(root: &Path) -> Progress {
        let text = fs::read_to_string(path(root)).unwrap_or_default();
        toml::from_str(&text).unwrap_or_default()
    }

    pub(crate) fn write(&self, root: &Path) -> Result<(), Failure> {
        let text = toml::to_string(self)
            .map_err(|error| Failure::Usage(format!("cannot write the progress: {error}")))?;
        copy::write(&path(root), text.as_bytes()).map(drop)
    }

    pub(crate) fn record(&mut self, lab: &Lab, outcomes: &[Outcome]) {
        let checks = self.labs.entry(lab.number.to_string()).or_default();
        for outcome in outcomes {
            checks.insert(outcome.id.clone(), outcome.verdict == Verdict::Passed);
        }
    }

    /// Forgets the results of a lab.
    pub(crate) fn forget(&mut self, lab: &Lab) {
        self.labs.remove(&lab.number.to_string());
    }

    /// Reveals one more of the hints of a lab. Returns the number of all that are revealed, and whether
    /// one of them is new.
    pub(crate) fn reveal(&mut self, lab: &Lab) -> (usize, bool) {
        let seen = self.hints.entry(lab.number.to_string()).or_default();
        let is_new = *seen < lab.about.hints.len();
        *seen = (*seen + usize::from(is_new)).min(lab.about.hints.len());
        (*seen, is_new)
    }

    /// The points of a lab.
    pub(crate) fn points(&self, lab: &Lab) -> u32 {
        let passed = self.labs.get(&lab.number.to_string());
        let has = |id: &str| passed.is_some_and(|it| it.get(id) == Some(&true));
        lab.about.checks.iter().filter(|check| has(&check.id)).map(|check| check.points).sum()
    }

    pub(crate) fn is_done(&self, lab: &Lab) -> bool {
        self.points(lab) == crate::lab::POINTS
    }
}

fn path(root: &Path) -> PathBuf {
    root.join(FOLDER).join("progress.toml")
}
