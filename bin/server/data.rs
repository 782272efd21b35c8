//! The place where the server stores messages and accounts.

use std::path::PathBuf;

use app::Retention;

/// The value of `--data` that means memory.
const MEMORY: &str = ":memory:";
/// The file in the platform's data folder.
const FILE: &str = "server.db";
/// The number of messages that the server keeps in memory by default.
const IN_MEMORY: usize = 10_000;

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
                let folders =
                    directories::ProjectDirs::from("", "", "strata").ok_or_else(|| {
                        format!(
                            "no home folder for the data file; use --data FILE or --data {MEMORY}"
                        )
                    })?;
                Ok(Data::File(folders.data_dir().join(FILE)))
            }
        }
    }

    /// The default retention.
    pub(crate) fn retention(&self) -> Retention {
        let count = matches!(self, Data::Memory).then_some(IN_MEMORY);
        Retention { count, age: None }
    }
}
