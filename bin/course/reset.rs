//! Emptying the holes of a lab again.

use std::path::{Path, PathBuf};

use crate::copy;
use crate::failure::Failure;
use crate::git;
use crate::lab::{self, Lab};
use crate::place::Place;
use crate::progress::Progress;
use crate::screen::say;
use crate::starter;

/// Empties the holes of a lab, and keeps each file as it was beside it.
pub(crate) fn run(place: &Place, labs: &[Lab], number: u32) -> Result<bool, Failure> {
    let lab = lab::find(labs, number)?;
    let Some(starter) = &place.starter else {
        return Err(Failure::Message("this is the reference, which has no holes".to_owned()));
    };
    if !starter.labs.contains(&number) {
        return Err(Failure::Message(format!("lab {number} has no holes in this starter")));
    }
    if lab.about.holes.is_empty() {
        return Err(Failure::Message(format!("lab {number} has no holes")));
    }
    // All files first, so that an error leaves everything as it was.
    let mut emptied: Vec<(PathBuf, String, String)> = Vec::new();
    for hole in &lab.about.holes {
        let path = place.root.join(&hole.file);
        let old = copy::read(&path).or_else(|_| first(&place.root, &hole.file))?;
        let functions = hole.functions.iter().map(|path| (number, path.as_str()));
        let new = match starter::with_holes(&old, functions) {
            Ok(new) => new,
            // A signature was changed, or the file is no Rust code any more.
            Err(_) => first(&place.root, &hole.file)?,
        };
        emptied.push((path, old, new));
    }
    for (path, old, new) in emptied {
        if old == new && path.exists() {
            say(&format!("{} has empty holes already\n", path.display()));
            continue;
        }
        let attempt = free(&path);
        copy::write(&attempt, old.as_bytes())?;
        copy::write(&path, new.as_bytes())?;
        say(&format!(
            "{} has empty holes; your attempt is {}\n",
            path.display(),
            attempt.display()
        ));
    }
    let mut progress = Progress::read(&place.root);
    progress.forget(lab);
    progress.write(&place.root)?;
    Ok(true)
}

/// The file as it was in the first commit of the repository.
fn first(root: &Path, file: &Path) -> Result<String, Failure> {
    let commits = git::run(root, &["rev-list", "--max-parents=0", "HEAD"])?;
    let first = commits.lines().next().unwrap_or_default();
    git::run(root, &["show", &format!("{first}:{}", file.display())])
}

/// A name beside a file that no file has: `lines.rs.attempt-1`.
fn free(path: &Path) -> PathBuf {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".attempt-{number}"));
        PathBuf::from(name)
    };
    let number = (1..).find(|number| !name(*number).exists()).unwrap_or(u32::MAX);
    name(number)
}
