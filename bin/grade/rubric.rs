//! What a check is worth, when it is shown, and to which stage of a course it belongs: a file, so that
//! a course changes it without Rust.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::checks;
use crate::report::Visibility;
use shared::configuration;

use crate::file;

/// The rubric that is used where none is named.
const DEFAULT: &str = include_str!("../../handout/rubric.toml");

/// What a course makes of the checks.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rubric {
    #[serde(rename = "stage")]
    stages: Vec<Stage>,
    /// What single checks are worth that are not worth what their stage says.
    #[serde(default)]
    points: BTreeMap<String, f64>,
}

/// Checks that a course comes to at the same time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    name: String,
    /// What each of its checks is worth.
    #[serde(default = "one")]
    points: f64,
    #[serde(default)]
    visibility: Visibility,
    checks: Vec<String>,
}

fn one() -> f64 {
    1.0
}

/// What a rubric says of one check.
#[derive(Debug, Clone)]
pub(crate) struct Worth {
    pub(crate) points: f64,
    pub(crate) visibility: Visibility,
    pub(crate) stage: String,
}

impl Rubric {
    /// The rubric in this file, or ours.
    ///
    /// # Errors
    /// In one line that names what is wrong with it.
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

    /// What it says of a check; `None` where that is no part of the course.
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
    fn our_rubric_knows_every_check() {
        let rubric = Rubric::read(None).unwrap();
        for check in checks::all() {
            assert!(rubric.worth(check.id).is_some_and(|worth| worth.points > 0.0), "{}", check.id);
        }
    }
}
