//! Where the server keeps what is to last.

use std::path::PathBuf;

use app::Retention;

/// The one place that is no file.
const MEMORY: &str = ":memory:";
/// The file in the platform's data folder.
const FILE: &str = "server.db";
/// How many messages are kept in memory when nobody says how many.
const IN_MEMORY: usize = 10_000;

/// Where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data {
    Memory,
    File(PathBuf),
}

impl Data {
    /// What was said, or the file in the platform's data folder.
    ///
    /// # Errors
    /// When nothing was said and there is no such folder.
    pub(crate) fn decide(said: Option<PathBuf>) -> Result<Data, String> {
        match said {
            Some(path) if path.as_os_str() == MEMORY => Ok(Data::Memory),
            Some(path) => Ok(Data::File(path)),
            None => {
                let folders = directories::ProjectDirs::from("", "", "strata").ok_or_else(|| {
                    format!("cannot find a home folder for the data file; use --data FILE or --data {MEMORY}")
                })?;
                Ok(Data::File(folders.data_dir().join(FILE)))
            }
        }
    }

    /// How much is kept when nobody says how much.
    pub(crate) fn retention(&self) -> Retention {
        let count = matches!(self, Data::Memory).then_some(IN_MEMORY);
        Retention { count, age: None }
    }
}
