//! What a student has done: the results of the last checks and the hints seen, kept in the folder
//! `.course` of a workspace.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::check::{Outcome, Verdict};
use crate::copy;
use crate::failure::Failure;
use crate::hex;
use crate::lab::{Hole, Lab};

/// The folder of what the tool keeps in a workspace.
pub(crate) const FOLDER: &str = ".course";

/// The progress of a student.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// For each lab the number of hints that were revealed.
    #[serde(default)]
    hints: BTreeMap<String, usize>,
    /// For each lab and file with holes the digest of the file when the lab was last checked.
    #[serde(default)]
    files: BTreeMap<String, String>,
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
            .map_err(|error| Failure::Message(format!("cannot write the progress: {error}")))?;
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

    /// Forgets the results of labs whose files changed after they were checked.
    pub(crate) fn forget_changed(&mut self, root: &Path, labs: &[Lab]) {
        for lab in labs {
            if lab.about.holes.iter().any(|hole| self.digest_of_changed(root, lab, hole).is_some())
            {
                self.forget(lab);
            }
        }
    }

    /// Gives changed files with holes the present time. Cargo compares times, and a file that was moved
    /// here, such as an attempt, may be older than the last build.
    pub(crate) fn touch_changed(&mut self, root: &Path, lab: &Lab) -> Result<(), Failure> {
        for hole in &lab.about.holes {
            if let Some(digest) = self.digest_of_changed(root, lab, hole) {
                let path = root.join(&hole.file);
                let file = File::options().append(true).open(&path);
                let touched = file.and_then(|file| file.set_modified(SystemTime::now()));
                touched.map_err(Failure::file("change the time of", &path))?;
                self.files.insert(key(lab, hole), digest);
            }
        }
        Ok(())
    }

    /// The digest of a file with holes, if it is not that of the last check.
    fn digest_of_changed(&self, root: &Path, lab: &Lab, hole: &Hole) -> Option<String> {
        let content = fs::read(root.join(&hole.file)).ok()?;
        let digest = hex::encode(&Sha256::digest(&content));
        (self.files.get(&key(lab, hole)) != Some(&digest)).then_some(digest)
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

fn key(lab: &Lab, hole: &Hole) -> String {
    format!("{}: {}", lab.number, hole.file.display())
}

fn path(root: &Path) -> PathBuf {
    root.join(FOLDER).join("progress.toml")
}
