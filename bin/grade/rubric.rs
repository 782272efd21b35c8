//! The rubric: a file with the points, the visibility and the stage of each check. A course changes it
//! without Rust.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::checks;
use crate::report::Visibility;
use shared::configuration;

use crate::file;

/// The default rubric.
const DEFAULT: &str = include_str!("../../handout/rubric.toml");

/// The rubric of a course.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rubric {
    #[serde(rename = "stage")]
    stages: Vec<Stage>,
    /// Checks with other points than their stage gives.
    #[serde(default)]
    points: BTreeMap<String, f64>,
    /// What `grade tests` tells and gives.
    #[serde(default)]
    pub(crate) tests: Suites,
}

/// What a student is told about a suite of transcripts, and its points.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Suites {
    /// What a student is told about a mutant that was not caught.
    pub(crate) tell: Tell,
    /// Points if all transcripts are valid.
    pub(crate) valid: f64,
    /// Points if all concepts are caught.
    pub(crate) concepts: f64,
    /// Points if all mutants are caught.
    pub(crate) all: f64,
}

impl Default for Suites {
    fn default() -> Suites {
        Suites { tell: Tell::default(), valid: 4.0, concepts: 8.0, all: 4.0 }
    }
}

/// What a student is told about a mutant that was not caught.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tell {
    /// Its number.
    Number,
    /// Its number and area.
    #[default]
    Area,
    /// Its number and its effect.
    Description,
}

/// Checks that belong to the same part of a course.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    name: String,
    /// Points of each check in the stage.
    #[serde(default = "one")]
    points: f64,
    #[serde(default)]
    visibility: Visibility,
    checks: Vec<String>,
}

fn one() -> f64 {
    1.0
}

/// The rubric's entry for one check.
#[derive(Debug, Clone)]
pub(crate) struct Worth {
    pub(crate) points: f64,
    pub(crate) visibility: Visibility,
    pub(crate) stage: String,
}

impl Rubric {
    /// Reads the rubric in this file, or the default.
    ///
    /// # Errors
    /// One line of text that names the error.
    pub(crate) fn read(path: Option<&Path>) -> Result<Rubric, String> {
        let (name, text) = match path {
            None => ("the rubric".to_owned(), DEFAULT.to_owned()),
            Some(path) => {
                let name = path.display().to_string();
                (name, file::read(path)?)
            }
        };
        let rubric: Rubric = configuration::parse(Path::new(&name), &text)?;
        let named = rubric.stages.iter().flat_map(|stage| &stage.checks);
        match named.chain(rubric.points.keys()).find(|id| checks::find(id).is_none()) {
            Some(id) => Err(format!("{name}: there is no check {id}")),
            None => Ok(rubric),
        }
    }

    /// The names of the stages, in the order of the course.
    pub(crate) fn stages(&self) -> Vec<String> {
        self.stages.iter().map(|stage| stage.name.clone()).collect()
    }

    /// The entry for a check; `None` if the course does not include the check.
    pub(crate) fn worth(&self, id: &str) -> Option<Worth> {
        let has = |stage: &&Stage| stage.checks.iter().any(|check| check == id);
        let stage = self.stages.iter().find(has)?;
        let points = self.points.get(id).copied().unwrap_or(stage.points);
        Some(Worth { points, visibility: stage.visibility, stage: stage.name.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_rubric_names_every_check() {
        let rubric = Rubric::read(None).unwrap();
        for check in checks::all() {
            assert!(rubric.worth(check.id).is_some_and(|worth| worth.points > 0.0), "{}", check.id);
        }
    }
}
