//! Overlays: a tree of files that changes a copy of the workspace, such as the solution of a lab.

use std::fs;
use std::path::{Path, PathBuf};

/// Copies a folder, and removes from the copy what the folder does not have. It neither copies nor
/// removes the files in `leave`, which are paths in the folder. It does not write unchanged files, so
/// that cargo builds everything only in the first run.
///
/// # Panics
/// If a file cannot be read, written or removed.
pub fn copy(from: &Path, to: &Path, leave: &[PathBuf]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(to).unwrap() {
        let (old, source) = {
            let entry = entry.unwrap();
            (entry.path(), from.join(entry.file_name()))
        };
        if source.exists() || leave.iter().any(|path| path.starts_with(&source)) {
            continue;
        }
        let removed = if old.is_dir() { fs::remove_dir_all(&old) } else { fs::remove_file(&old) };
        removed.unwrap();
    }
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&from, &to, leave);
        } else if !leave.contains(&from) {
            write(&to, &fs::read(&from).unwrap());
        }
    }
}

/// Returns the paths of the files that an overlay changes or adds, in the workspace.
///
/// # Panics
/// If the overlay cannot be read.
pub fn paths(overlay: &Path) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![overlay.to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let is_diff = path.extension().is_some_and(|extension| extension == "diff");
            let path = path.strip_prefix(overlay).unwrap();
            found.push(if is_diff { path.with_extension("") } else { path.to_owned() });
        }
    }
    found
}

/// Lays an overlay over a copy of the workspace.
///
/// A file of the overlay replaces the file with the same path. A file with the extension `diff` is a
/// unified diff of the file with the rest of its name, so an overlay need not repeat a long file. The
/// unchanged text of that file comes from `original`, so an overlay can be laid over the same copy
/// twice. Files that stay the same are not written.
///
/// # Panics
/// If a diff does not apply, or a file cannot be read or written.
pub fn lay_over(overlay: &Path, original: &Path, copy: &Path) {
    fs::create_dir_all(copy).unwrap();
    for entry in fs::read_dir(overlay).unwrap() {
        let entry = entry.unwrap();
        let (from, name) = (entry.path(), entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            lay_over(&from, &original.join(&name), &copy.join(&name));
        } else if from.extension().is_some_and(|extension| extension == "diff") {
            let name = Path::new(&name).with_extension("");
            let text = fs::read_to_string(original.join(&name)).unwrap();
            let diff = fs::read_to_string(&from).unwrap();
            let patched = patch(&text, &diff);
            let patched = patched.unwrap_or_else(|hunk| {
                panic!("{} does not apply. This hunk fails:{hunk}", from.display())
            });
            write(&copy.join(name), patched.as_bytes());
        } else {
            write(&copy.join(name), &fs::read(&from).unwrap());
        }
    }
}

/// Writes a file if its content changes.
///
/// # Panics
/// If the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) {
    if fs::read(path).ok().as_deref() != Some(bytes) {
        fs::write(path, bytes).unwrap();
    }
}

/// Applies a unified diff to a text. It ignores the line numbers: the old lines of each hunk have to
/// occur exactly once in the text.
///
/// # Errors
/// Returns the first hunk that does not apply.
pub fn patch(text: &str, diff: &str) -> Result<String, String> {
    let mut text = text.to_owned();
    for hunk in diff.split("\n@@").skip(1) {
        let without = |sign: char| -> String {
            let lines = hunk.lines().skip(1).filter(|line| !line.starts_with([sign, '\\']));
            lines.map(|line| line.get(1..).unwrap_or_default().to_owned() + "\n").collect()
        };
        let (old, new) = (without('+'), without('-'));
        if text.matches(&old).count() != 1 {
            return Err(format!("\n@@{hunk}"));
        }
        text = text.replace(&old, &new);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIFF: &str =
        "--- a/x\n+++ b/x\n@@ -9,3 +9,3 @@\n one\n-two\n+2\n three\n@@ -20 +20,2 @@\n \n+end\n";

    #[test]
    fn a_diff_applies_wherever_its_old_lines_are() {
        let patched = patch("zero\none\ntwo\nthree\n\n", DIFF);
        assert_eq!(
            patched.unwrap_err(),
            "\n@@ -20 +20,2 @@\n \n+end\n",
            "every line ends with one"
        );
        let diff = DIFF.replace("@@ -20 +20,2 @@\n \n", "@@ -20 +20,2 @@\n four\n");
        let patched = patch("zero\none\ntwo\nthree\nfour\n", &diff);
        assert_eq!(patched.unwrap(), "zero\none\n2\nthree\nfour\nend\n");
    }

    #[test]
    fn a_copy_has_no_file_that_the_folder_has_lost() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::create_dir_all(from.join("kept")).unwrap();
        fs::create_dir_all(to.join("old")).unwrap();
        for (file, text) in [("from/kept/a", "new"), ("to/old/b", ""), ("to/c", ""), ("to/d", "")] {
            write(&folder.path().join(file), text.as_bytes());
        }
        copy(&from, &to, &[from.join("d")]);
        let mut names: Vec<_> =
            fs::read_dir(&to).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["d", "kept"]);
        assert_eq!(fs::read_to_string(to.join("kept/a")).unwrap(), "new");
    }

    #[test]
    fn a_diff_does_not_apply_without_its_old_lines_or_with_two_places_for_them() {
        let begin = "one\ntwo\nthree\nend of one\n";
        assert!(patch("one\nthree\n", DIFF).is_err());
        assert!(patch(&begin.repeat(2), DIFF).is_err());
    }
}
