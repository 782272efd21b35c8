//! The submissions to grade: the folders in a folder.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use crate::report::visible;

/// One submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Submission {
    /// Name of the student: the name of the folder, as text.
    pub(super) name: String,
    /// Name of the folder.
    pub(super) called: OsString,
    pub(super) folder: PathBuf,
}

/// Finds all submissions in this folder, sorted by name. The folder of the reports may be among them.
///
/// # Errors
/// One line of text: the folder does not exist, it contains no submission, or a submission has the name
/// of another or of the reports.
pub(super) fn find(folder: &Path, reports: &Path) -> Result<Vec<Submission>, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let reports = reports.canonicalize().ok();
    if reports.is_some() && folder.canonicalize().ok() == reports {
        return Err(format!("{}: the reports cannot be among the submissions", folder.display()));
    }
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let (called, path) = entry.map(|entry| (entry.file_name(), entry.path())).map_err(wrong)?;
        let name = called.to_string_lossy().into_owned();
        // A link to a folder counts, too.
        if name.starts_with('.') || !path.is_dir() {
            continue;
        }
        if reports.is_none() || path.canonicalize().ok() != reports {
            found.push(Submission { name, called, folder: path });
        }
    }
    // Sorted like a list of people: B after a.
    found.sort_by_cached_key(|it| (it.name.to_lowercase(), it.name.clone()));
    // Reports and the CSV file show a name in its visible form.
    let mut seen = HashSet::new();
    if let Some(name) =
        found.iter().map(|it| visible::line(&it.name)).find(|it| !seen.insert(it.clone()))
    {
        return Err(format!("{}: two submissions read as {name}", folder.display()));
    }
    match found.is_empty() {
        true => Err(format!("{}: it contains no folder to grade", folder.display())),
        false => Ok(found),
    }
}

/// The submissions with these names; all of them if no name is given.
///
/// # Errors
/// One line of text, if no submission has this name.
pub(super) fn choose<'a>(
    all: &'a [Submission],
    only: &[String],
    folder: &Path,
) -> Result<Vec<&'a Submission>, String> {
    // A shell that completes a folder's name appends a slash.
    let only: Vec<&str> = only.iter().map(|name| name.trim_end_matches('/')).collect();
    let is_there = |name: &&&str| all.iter().any(|submission| submission.name == **name);
    if let Some(name) = only.iter().find(|name| !is_there(name)) {
        return Err(format!("{}: there is no submission {name:?}", folder.display()));
    }
    let chosen = |it: &&Submission| only.is_empty() || only.contains(&it.name.as_str());
    Ok(all.iter().filter(chosen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_submission_is_a_folder_that_is_not_hidden() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["grace", "Bob", "ada", ".git", "reports"] {
            fs::create_dir(path(name)).unwrap();
        }
        fs::write(path("grades.csv"), "").unwrap();
        std::os::unix::fs::symlink("ada", path("linked")).unwrap();
        std::os::unix::fs::symlink("nowhere", path("broken")).unwrap();
        let all = find(folder.path(), &path("reports")).unwrap();
        let names: Vec<&str> = all.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["ada", "Bob", "grace", "linked"]);
        let only = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            choose(&all, &names, folder.path()).map(|chosen| chosen.len())
        };
        assert_eq!((only(&[]), only(&["grace/"])), (Ok(4), Ok(1)));
        assert!(only(&["ada", "eve"]).unwrap_err().ends_with("there is no submission \"eve\""));
    }

    #[test]
    fn a_folder_without_submissions_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let reports = folder.path().join("reports");
        let error = |folder: &Path, reports: &Path| find(folder, reports).unwrap_err();
        assert!(error(folder.path(), &reports).ends_with("it contains no folder to grade"));
        assert!(error(&reports, &reports).contains("No such file"));
        fs::create_dir(&reports).unwrap();
        assert!(error(&reports, &reports).contains("the reports cannot be among the submissions"));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_that_read_the_same_are_refused() {
        use std::os::unix::ffi::OsStringExt;

        let folder = tempfile::tempdir().unwrap();
        let bjoern = |byte: u8| OsString::from_vec([b"Bj".as_slice(), &[byte], b"rn"].concat());
        fs::create_dir(folder.path().join(bjoern(0xf8))).unwrap();
        let all = find(folder.path(), Path::new("reports")).unwrap();
        assert_eq!((all[0].name.as_str(), &all[0].called), ("Bj\u{fffd}rn", &bjoern(0xf8)));
        fs::create_dir(folder.path().join(bjoern(0xf9))).unwrap();
        let error = find(folder.path(), Path::new("reports")).unwrap_err();
        assert!(error.contains("two submissions read as Bj"), "{error}");
        fs::remove_dir(folder.path().join(bjoern(0xf9))).unwrap();
        for name in ["\u{1b}ada", "␛ada"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let error = find(folder.path(), Path::new("reports")).unwrap_err();
        assert!(error.ends_with("two submissions read as ␛ada"), "{error}");
    }
}
