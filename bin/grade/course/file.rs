//! The files of courses, and how one extends another.

use std::path::{Path, PathBuf};

use shared::configuration;
use toml::{Table, Value};

use super::is_path;
use crate::file;

/// The built-in courses, by name.
pub(super) const BUILT_IN: [(&str, &str); 4] = [
    ("strata", include_str!("../../../handout/courses/strata.toml")),
    ("ktn2014", include_str!("../../../handout/courses/ktn2014.toml")),
    ("ktn2015", include_str!("../../../handout/courses/ktn2015.toml")),
    ("ktn2017", include_str!("../../../handout/courses/ktn2017.toml")),
];

/// How many files may extend one another. More is a circle.
const DEEPEST: usize = 8;

/// The whole table of a course, with everything that it inherits, and the label of its file for errors.
pub(super) fn table(name: &str) -> Result<(String, Table), String> {
    let (label, mut table) = read(name, None)?;
    let mut place = PathBuf::from(name);
    for _ in 0..DEEPEST {
        let Some(base) = table.remove("extends") else { return Ok((label, table)) };
        let Value::String(base) = base else {
            return Err(format!("{label}: extends must be the name of a course, or a path"));
        };
        let (_, mut whole) = read(&base, place.parent())
            .map_err(|error| format!("{label}: extends = {base:?}: {error}"))?;
        if is_path(&base) {
            place = place.parent().unwrap_or(Path::new("")).join(&base);
        }
        merge(&mut whole, table);
        table = whole;
    }
    Err(format!("{label}: courses extend one another in a circle"))
}

/// Reads the file of one course. A path is relative to the folder `beside`.
fn read(name: &str, beside: Option<&Path>) -> Result<(String, Table), String> {
    if let Some((_, text)) = BUILT_IN.iter().find(|(other, _)| *other == name) {
        let label = format!("the course {name}");
        return Ok((label.clone(), configuration::parse(Path::new(&label), text)?));
    }
    if !is_path(name) {
        let names: Vec<&str> = BUILT_IN.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        return Err(format!(
            "there is no course {name:?}; there is: {names}, or the path of a file (./{name}.toml)"
        ));
    }
    let path = beside.map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
    let text = file::read(&path)?;
    Ok((path.display().to_string(), configuration::parse(&path, &text)?))
}

/// Adds everything of `over` to `base`. Where both have a value, that of `over` counts; tables are merged.
fn merge(base: &mut Table, over: Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Table(base)), Value::Table(over)) => merge(base, over),
            (_, value) => drop(base.insert(key, value)),
        }
    }
}
