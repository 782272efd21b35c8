//! Layers of a submission between layers of the reference.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::code::Code;
use crate::copy::{self, Files};
use crate::failure::Failure;
use crate::lab::{Lab, Layer};
use crate::starter;

/// The workspace that results when these layers and files are taken from a submission, and everything
/// else from the reference, with `ours` over it. Tests are always those of the reference.
pub(crate) fn mixed(
    reference: &Path,
    labs: &[Lab],
    ours: &Files,
    submission: &Path,
    layers: &BTreeSet<Layer>,
    further: &[PathBuf],
) -> Result<Files, Failure> {
    let mut files = starter::contents(reference, &[], labs)?;
    files.extend(ours.clone());
    let submitted = copy::files(submission)?;
    for folder in layers.iter().filter_map(|layer| layer.folder()) {
        // A submission without the layer has not changed it.
        if !submitted.iter().any(|path| path.starts_with(folder)) {
            continue;
        }
        let tests = test_files(&files, Path::new(folder));
        files.retain(|path, _| !path.starts_with(folder) || tests.contains(path));
        for path in submitted.iter().filter(|path| path.starts_with(folder)) {
            if tests.contains(path) {
                continue;
            }
            let content = fs::read(submission.join(path)).map_err(Failure::file("read", path))?;
            files.insert(path.clone(), with_our_tests(reference, path, content));
        }
    }
    let inside = |path: &&PathBuf| further.iter().any(|part| path.starts_with(part));
    let inside = submitted.iter().filter(inside);
    // The answers are in no folder that belongs to a workspace.
    for path in further.iter().chain(inside) {
        let from = submission.join(path);
        if fs::symlink_metadata(&from).is_ok_and(|about| about.is_file()) {
            files.insert(path.clone(), fs::read(&from).map_err(Failure::file("read", path))?);
        }
    }
    Ok(files)
}

/// A file of a submission with the unit tests of the reference. A file that cannot be parsed stays
/// unchanged, so that the compiler reports the mistake.
fn with_our_tests(reference: &Path, path: &Path, content: Vec<u8>) -> Vec<u8> {
    let ours = fs::read_to_string(reference.join(path)).ok().and_then(|it| Code::parse(&it).ok());
    let theirs = std::str::from_utf8(&content).ok().and_then(|text| Code::parse(text).ok());
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => theirs.with_tests_of(&ours).into_bytes(),
        _ => content,
    }
}

/// The files of a folder that only tests use: those of modules with `#[cfg(test)]`.
fn test_files(files: &Files, folder: &Path) -> BTreeSet<PathBuf> {
    let mut modules = Vec::new();
    for (path, content) in files.iter().filter(|(path, _)| path.starts_with(folder)) {
        let code = std::str::from_utf8(content).ok().and_then(|text| Code::parse(text).ok());
        for name in code.iter().flat_map(Code::test_modules) {
            modules.push(module_folder(path).join(name));
        }
    }
    let is_test = |path: &&PathBuf| {
        modules
            .iter()
            .any(|module| path.starts_with(module) || **path == module.with_extension("rs"))
    };
    files.keys().filter(is_test).cloned().collect()
}

/// The folder in which the modules of a file are.
fn module_folder(path: &Path) -> PathBuf {
    let is_root = ["lib.rs", "main.rs", "mod.rs"].iter().any(|name| path.ends_with(name));
    if is_root { path.parent().unwrap_or(path).to_owned() } else { path.with_extension("") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_test_modules_are_found() {
        let mut files = Files::new();
        for (path, text) in [
            ("app/src/lib.rs", "mod log;\n#[cfg(test)]\nmod testing;\n"),
            ("app/src/testing.rs", ""),
            ("app/src/testing/disk.rs", ""),
            ("app/src/log/mod.rs", "#[cfg(test)]\npub(crate) mod contract;\nmod disk;\n"),
            ("app/src/log/contract.rs", ""),
            ("app/src/log/disk.rs", "#[cfg(test)]\nmod tests;\n"),
            ("app/src/log/disk/tests.rs", ""),
        ] {
            files.insert(path.into(), text.into());
        }
        let found = test_files(&files, Path::new("app/src"));
        let expected = [
            "app/src/log/contract.rs",
            "app/src/log/disk/tests.rs",
            "app/src/testing.rs",
            "app/src/testing/disk.rs",
        ];
        assert_eq!(found, expected.map(PathBuf::from).into());
    }
}
