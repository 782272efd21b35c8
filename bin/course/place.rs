//! The workspace that the tool works in: the reference with every lab solved, or a starter.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::lab;

/// The file that makes a workspace a starter.
pub(crate) const MARK: &str = "course.toml";

/// A workspace.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) root: PathBuf,
    /// `None` in the reference.
    pub(crate) starter: Option<Starter>,
}

/// What a starter knows about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Starter {
    /// The labs whose holes are open.
    pub(crate) labs: Vec<u32>,
}

impl Place {
    /// Finds the workspace that contains the current folder.
    pub(crate) fn find() -> Result<Place, Failure> {
        let here = env::current_dir().map_err(Failure::file("read", Path::new(".")))?;
        let root = here.ancestors().find(|folder| folder.join(lab::FOLDER).is_dir());
        Place::at(root.ok_or(Failure::NoWorkspace(here.clone()))?)
    }

    /// The workspace in this folder.
    pub(crate) fn at(root: &Path) -> Result<Place, Failure> {
        let mark = root.join(MARK);
        let starter = match fs::read_to_string(&mark) {
            Ok(text) => Some(toml::from_str(&text).map_err(|error| Failure::Lab {
                path: mark.clone(),
                problem: error.to_string(),
            })?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(Failure::file("read", &mark)(source)),
        };
        Ok(Place { root: root.to_owned(), starter })
    }
}
