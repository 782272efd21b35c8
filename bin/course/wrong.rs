//! Solutions of labs that are kept beside them: right ones, and wrong ones as students write them.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::code::Code;
use crate::copy::{self, Files};
use crate::failure::Failure;
use crate::lab::Lab;

/// The folder of wrong solutions in the reference.
const WRONG: &str = "bin/course/wrong";
/// The folder of right solutions, for labs whose solution is not the reference itself.
const RIGHT: &str = "bin/course/solutions";
/// The file that describes a wrong solution of several files.
const ABOUT: &str = "wrong.toml";

/// A wrong solution.
#[derive(Debug)]
pub(crate) struct Wrong {
    pub(crate) name: String,
    /// The mistake, in a sentence.
    pub(crate) about: String,
    /// The ids of the checks that fail.
    pub(crate) fails: Vec<String>,
    pub(crate) files: Files,
}

/// The description of a wrong solution that is a folder.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    about: String,
    fails: Vec<String>,
}

/// Reads the wrong solutions of a lab, in the order of their names.
pub(crate) fn all(root: &Path, lab: &Lab) -> Result<Vec<Wrong>, Failure> {
    let folder = root.join(WRONG).join(&lab.slug);
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let right = right(root, lab)?;
    let mut found = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Failure::file("read", &folder))? {
        let path = entry.map_err(Failure::file("read", &folder))?.path();
        let wrong =
            if path.is_dir() { overlay(root, &right, &path)? } else { bodies(root, lab, &path)? };
        for id in &wrong.fails {
            if lab.check(id).is_none() {
                let problem = format!("lab {} has no check {id}", lab.number);
                return Err(Failure::Code { path, problem });
            }
        }
        found.push(wrong);
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// The files of the right solution, where it is not the reference itself.
pub(crate) fn right(root: &Path, lab: &Lab) -> Result<Files, Failure> {
    let folder = root.join(RIGHT).join(&lab.slug);
    if folder.exists() { tree(root, &Files::new(), &folder) } else { Ok(Files::new()) }
}

/// A wrong solution that replaces the bodies of holes.
fn bodies(root: &Path, lab: &Lab, path: &Path) -> Result<Wrong, Failure> {
    let wrong = |problem: String| Failure::Code { path: path.to_owned(), problem };
    let text = copy::read(path)?;
    let (about, fails) = described(&text).ok_or_else(|| {
        wrong(
            "it has to begin with \"//! WHAT IS WRONG\" and to have \"//! Fails: IDS\"".to_owned(),
        )
    })?;
    let code = Code::parse(&text).map_err(wrong)?;
    let mut files = Files::new();
    let mut codes = Vec::new();
    for hole in &lab.about.holes {
        codes.push((hole, Code::parse(&copy::read(&root.join(&hole.file))?).map_err(wrong)?));
    }
    for (hole, here) in &codes {
        let has = |path: &String| code.function(path).is_ok();
        if hole.functions.iter().any(has) {
            let others = codes.iter().filter(|(other, _)| other.file != hole.file);
            let elsewhere: Vec<String> = others
                .flat_map(|(other, code)| other.functions.iter().map(|path| code.function(path)))
                .filter_map(|function| Some(function.ok()?.path))
                .collect();
            let text = here.with_bodies_of(&code, &elsewhere).map_err(wrong)?;
            files.insert(hole.file.clone(), text.into_bytes());
        }
    }
    if files.is_empty() {
        return Err(wrong(format!("it has none of the holes of lab {}", lab.number)));
    }
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Wrong { name, about, fails, files })
}

/// A wrong solution that is a tree of changed files.
fn overlay(root: &Path, right: &Files, folder: &Path) -> Result<Wrong, Failure> {
    let path = folder.join(ABOUT);
    let About { about, fails } = toml::from_str(&copy::read(&path)?)
        .map_err(|error| Failure::Lab { path, problem: error.to_string() })?;
    let mut files = tree(root, right, folder)?;
    files.remove(Path::new(ABOUT));
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Wrong { name, about, fails, files })
}

/// The files of a folder, relative to it. A file with the extension `diff` is a change of the file with
/// the rest of its name, of the right solution or else of the reference.
fn tree(root: &Path, right: &Files, folder: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).map_err(Failure::file("read", &next))? {
            let path = entry.map_err(Failure::file("read", &next))?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let content = fs::read(&path).map_err(Failure::file("read", &path))?;
                let name = path.strip_prefix(folder).unwrap_or(&path);
                if name.extension().is_some_and(|extension| extension == "diff") {
                    let name = name.with_extension("");
                    let text = match right.get(&name) {
                        Some(content) => String::from_utf8_lossy(content).into_owned(),
                        None => copy::read(&root.join(&name))?,
                    };
                    let changed = changed(&text, &content)
                        .map_err(|problem| Failure::Code { path: path.clone(), problem })?;
                    files.insert(name, changed.into_bytes());
                } else {
                    files.insert(name.to_owned(), content);
                }
            }
        }
    }
    Ok(files)
}

/// Applies a unified diff.
pub(crate) fn changed(text: &str, diff: &[u8]) -> Result<String, String> {
    let diff = String::from_utf8_lossy(diff);
    let patch = diffy::Patch::from_str(&diff).map_err(|error| error.to_string())?;
    diffy::apply(text, &patch).map_err(|error| error.to_string())
}

/// Reads the comment at the top of a wrong solution: the mistake, and the ids of checks.
fn described(text: &str) -> Option<(String, Vec<String>)> {
    let comment: Vec<&str> =
        text.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
    let begin = comment.iter().position(|line| line.starts_with("Fails: "))?;
    let about: Vec<&str> = comment.iter().take_while(|line| !line.is_empty()).copied().collect();
    let fails: String =
        comment.iter().skip(begin).take_while(|line| !line.is_empty()).copied().collect();
    let ids = fails.trim_start_matches("Fails: ").split(',');
    let fails = ids.map(|id| id.trim().trim_end_matches('.').to_owned()).collect();
    (!about.is_empty()).then(|| (about.join(" "), fails))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_comment_says_what_is_wrong() {
        let text = "//! Loses\n//! bytes.\n//!\n//! Fails: A-1,\n//! B-2\n\nfn x() {}\n";
        let fails = vec!["A-1".to_owned(), "B-2".to_owned()];
        assert_eq!(described(text), Some(("Loses bytes.".to_owned(), fails)));
        assert_eq!(described("//! Loses.\n"), None);
    }
}
