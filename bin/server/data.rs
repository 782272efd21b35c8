//! The place where the server stores messages and accounts.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use app::Retention;

/// The value of `--data` that means memory.
const MEMORY: &str = ":memory:";
/// The file in the platform's data folder.
const FILE: &str = "server.db";
/// The number of messages that the server keeps in memory by default.
const IN_MEMORY: usize = 10_000;

/// The folder of this server in the platform's data folder.
fn default_folder() -> Option<PathBuf> {
    let folders = directories::ProjectDirs::from("", "", "strata")?;
    Some(folders.data_dir().to_owned())
}

/// Makes the folders above the default file: a new account has none of them. If that fails, the file cannot
/// be opened either, and that error is reported. Of another file, only the last folder is made.
pub(crate) fn make_folders(file: &Path) {
    if let Some(folder) = default_folder().filter(|folder| file == folder.join(FILE)) {
        let _ = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    }
}

/// The place for the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data {
    Memory,
    File(PathBuf),
}

impl Data {
    /// The given place, or by default the file in the platform's data folder.
    ///
    /// # Errors
    /// When no place is given and the system has no home folder for this user.
    pub(crate) fn decide(given: Option<PathBuf>) -> Result<Data, String> {
        match given {
            Some(path) if path.as_os_str() == MEMORY => Ok(Data::Memory),
            Some(path) => Ok(Data::File(path)),
            None => {
                let folder = default_folder().ok_or_else(|| {
                    format!("no home folder for the data file; use --data FILE or --data {MEMORY}")
                })?;
                Ok(Data::File(folder.join(FILE)))
            }
        }
    }

    /// The default retention.
    pub(crate) fn retention(&self) -> Retention {
        let count = matches!(self, Data::Memory).then_some(IN_MEMORY);
        Retention { count, age: None }
    }
}
