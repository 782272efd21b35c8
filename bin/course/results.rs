//! The results of the last checks, kept in the folder `.course` of a starter.

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

/// For each lab, which checks passed when they last ran.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Results {
    #[serde(default)]
    labs: BTreeMap<String, BTreeMap<String, bool>>,
}

impl Results {
    /// Reads them; a missing or damaged file holds none.
    pub(crate) fn read(root: &Path) -> Results {
        let text = fs::read_to_string(path(root)).unwrap_or_default();
        toml::from_str(&text).unwrap_or_default()
    }

    pub(crate) fn write(&self, root: &Path) -> Result<(), Failure> {
        let text = toml::to_string(self)
            .map_err(|error| Failure::Usage(format!("cannot write the results: {error}")))?;
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
    root.join(FOLDER).join("results.toml")
}
