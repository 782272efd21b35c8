//! Reads a password from a file, for programs without a terminal.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// A password that was read from a file.
#[derive(Debug, PartialEq, Eq)]
pub struct PasswordFile {
    /// The password in the first line.
    pub password: String,
    /// A warning about the permissions of the file. The client or server still uses the password.
    pub warning: Option<String>,
}

/// Reads the password in the first line of a file.
///
/// # Errors
/// One line: the file cannot be read, or its first line is empty.
pub fn read(path: &Path) -> Result<PasswordFile, String> {
    let failed = |error| format!("cannot read the password file {}: {error}", path.display());
    let mut file = File::open(path).map_err(failed)?;
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    match text.lines().next() {
        None | Some("") => Err(format!(
            "{}: the first line is empty; it must contain the password",
            path.display()
        )),
        Some(password) => {
            Ok(PasswordFile { password: password.to_owned(), warning: warning(&file, path) })
        }
    }
}

/// Returns a warning if other users can read or change the file. Pipes and terminals get none.
fn warning(file: &File, path: &Path) -> Option<String> {
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let mode = metadata.permissions().mode() & 0o777;
    let can = match (mode & 0o044 != 0, mode & 0o022 != 0) {
        (true, true) => "read and change",
        (true, false) => "read",
        (false, true) => "change",
        (false, false) => return None,
    };
    let path = path.display();
    Some(format!(
        "warning: other users can {can} the password file {path} (mode {mode:04o}); \
         chmod 600 {path} keeps them out"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions, write};

    #[test]
    fn a_file_that_other_users_can_read_or_change_causes_a_warning() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        write(&path, "hunter22\nmore\n").unwrap();
        for (mode, can) in [
            (0o600, None),
            (0o400, None),
            (0o711, None),
            (0o640, Some("read")),
            (0o604, Some("read")),
            (0o622, Some("change")),
            (0o666, Some("read and change")),
        ] {
            set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let read = read(&path).unwrap();
            assert_eq!(read.password, "hunter22");
            let file = path.display();
            let want = can.map(|can| {
                format!(
                    "warning: other users can {can} the password file {file} (mode {mode:04o}); \
                     chmod 600 {file} keeps them out"
                )
            });
            assert_eq!(read.warning, want);
        }
    }
}
