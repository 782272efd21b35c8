//! The keys of servers that the person trusts, in a file with a server and its key on each line.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use parse::Fingerprint;

use crate::folders;

/// The name of the file in the configuration folder.
const FILE: &str = "known-servers";

/// The key that the person trusts for a server, `HOST:PORT`.
///
/// # Errors
/// A line that names the file, and its line if that has no key.
pub(crate) fn find(target: &str) -> Result<Option<Fingerprint>, String> {
    place().map_or(Ok(None), |file| find_in(&file, target))
}

/// The file, unless there is no home folder.
pub(crate) fn place() -> Option<PathBuf> {
    folders::configuration(FILE)
}

/// Remembers the key of a server. Without a home folder it is forgotten at the end.
///
/// # Errors
/// A line that says why the file cannot be written.
pub(crate) fn remember(target: &str, key: Fingerprint) -> Result<(), String> {
    let Some(file) = place() else { return Ok(()) };
    folders::make_private(&file)?;
    add(&file, target, key)
}

/// The text of the file, which may be missing.
fn text(file: &Path) -> Result<String, String> {
    match fs::read_to_string(file) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|error| format!("cannot read {}: {error}", file.display())),
    }
}

fn find_in(file: &Path, target: &str) -> Result<Option<Fingerprint>, String> {
    for (number, line) in (1..).zip(text(file)?.lines()) {
        if let Some((server, key)) = line.trim().split_once(char::is_whitespace)
            && server.eq_ignore_ascii_case(target)
        {
            let wrong = |error| format!("{}, line {number}: {error}", file.display());
            return key.parse().map(Some).map_err(wrong);
        }
    }
    Ok(None)
}

fn add(file: &Path, target: &str, key: Fingerprint) -> Result<(), String> {
    let text = text(file)? + &format!("{target} {key}\n");
    folders::replace(file, &text)
        .map_err(|error| format!("cannot save {}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_found_for_its_server_only() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        assert_eq!(find_in(&file, "a:1"), Ok(None), "no file");
        let (first, second) = (Fingerprint::new([1; 32]), Fingerprint::new([2; 32]));
        add(&file, "a:1", first).unwrap();
        add(&file, "b:1", second).unwrap();
        assert_eq!(find_in(&file, "A:1"), Ok(Some(first)));
        assert_eq!(find_in(&file, "b:1"), Ok(Some(second)));
        assert_eq!(find_in(&file, "a:2"), Ok(None));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_without_a_key_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        fs::write(&file, "# servers\n\nb:1 sha256:12\n").unwrap();
        let want = format!("{}, line 3: \"sha256:12\" is no fingerprint", file.display());
        let error = find_in(&file, "b:1").unwrap_err();
        assert!(error.starts_with(&want), "{error}");
        assert_eq!(find_in(&file, "c:1"), Ok(None));
    }
}
