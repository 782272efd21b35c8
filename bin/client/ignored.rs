//! The people whom the person ignores, in a file with one name a line.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;

use crate::folders;

/// The name of the file in the configuration folder.
const FILE: &str = "ignored";

/// A command about the people whom the person ignores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ignoring {
    /// `/ignore NAME`.
    Add(String),
    /// `/unignore NAME`.
    Remove(String),
    /// `/ignored`.
    List,
}

/// The ignored people.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ignored {
    /// `None` if there is no home folder: then the names are forgotten at the end.
    file: Option<PathBuf>,
    /// The names in lower case.
    names: BTreeSet<String>,
}

impl Ignored {
    /// Reads the file in the configuration folder, which is optional.
    ///
    /// # Errors
    /// A line that names the file and the error.
    pub(crate) fn read() -> Result<Ignored, String> {
        folders::configuration(FILE).map_or(Ok(Ignored::default()), Ignored::read_file)
    }

    fn read_file(file: PathBuf) -> Result<Ignored, String> {
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(format!("cannot read {}: {error}", file.display())),
        };
        let names = text.lines().map(str::trim).filter(|name| !name.is_empty());
        Ok(Ignored { names: names.map(str::to_lowercase).collect(), file: Some(file) })
    }

    /// Whether the person ignores this name.
    pub(crate) fn contains(&self, name: &str) -> bool {
        !self.names.is_empty() && self.names.contains(&name.to_lowercase())
    }

    /// The names, in lower case.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.names.iter()
    }

    /// Executes a command of the person, who is logged in as `me`. Returns the text to show.
    ///
    /// # Errors
    /// The text of an error: the command makes no sense, or the names cannot be saved. If they cannot be
    /// saved, the command applies until the client ends.
    pub(crate) fn obey(&mut self, what: &Ignoring, me: Option<&str>) -> Result<String, String> {
        match what {
            Ignoring::Add(name) if me.is_some_and(|me| me.eq_ignore_ascii_case(name)) => {
                Err("you cannot ignore yourself".to_owned())
            }
            Ignoring::Add(name) if self.contains(name) => Ok(format!("you already ignore {name}")),
            Ignoring::Add(name) => {
                self.change(|names| names.insert(name.to_lowercase()))?;
                Ok(format!("you ignore {name}; /unignore {name} ends that"))
            }
            Ignoring::Remove(name) if !self.contains(name) => {
                Err(format!("you do not ignore {name}; /ignored lists whom you ignore"))
            }
            Ignoring::Remove(name) => {
                self.change(|names| names.remove(&name.to_lowercase()))?;
                Ok(format!("you do not ignore {name} any more"))
            }
            Ignoring::List if self.names.is_empty() => Ok("you ignore nobody".to_owned()),
            Ignoring::List => {
                let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
                Ok(format!("you ignore: {}", names.join(", ")))
            }
        }
    }

    /// Changes the names, and the file. Another client may have changed the file.
    fn change(&mut self, change: impl Fn(&mut BTreeSet<String>) -> bool) -> Result<(), String> {
        change(&mut self.names);
        let Some(file) = self.file.clone() else { return Ok(()) };
        let failed = |error: String| format!("{error}; the change applies until the client ends");
        let mut saved = Ignored::read_file(file.clone()).map_err(failed)?;
        change(&mut saved.names);
        self.names.extend(saved.names.iter().cloned());
        let text: String = saved.names.iter().flat_map(|name| [name, "\n"]).collect();
        folders::make_private(&file).map_err(failed)?;
        folders::replace(&file, &text)
            .map_err(|error| failed(format!("cannot save {}: {error}", file.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(name: &str) -> Ignoring {
        Ignoring::Add(name.to_owned())
    }

    #[test]
    fn the_names_are_kept_in_a_file_that_two_clients_share() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("strata/ignored");
        let read = || Ignored::read_file(file.clone()).unwrap();
        let (mut one, mut other) = (read(), read());
        assert_eq!(one.obey(&Ignoring::List, None).as_deref(), Ok("you ignore nobody"));
        one.obey(&add("Bob"), Some("alice")).unwrap();
        other.obey(&add("carol"), Some("alice")).unwrap();
        assert!(read().contains("BOB") && read().contains("Carol") && !read().contains("dave"));
        other.obey(&Ignoring::Remove("bob".to_owned()), None).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "carol\n");
        assert_eq!(other.obey(&Ignoring::List, None).as_deref(), Ok("you ignore: carol"));
        let files = fs::read_dir(file.parent().unwrap()).unwrap().count();
        assert_eq!(files, 1, "a temporary file is left");
    }

    #[test]
    fn a_command_without_sense_is_an_error() {
        let mut ignored = Ignored::default();
        assert_eq!(
            ignored.obey(&add("ALICE"), Some("alice")).unwrap_err(),
            "you cannot ignore yourself"
        );
        let unknown = ignored.obey(&Ignoring::Remove("bob".to_owned()), None).unwrap_err();
        assert_eq!(unknown, "you do not ignore bob; /ignored lists whom you ignore");
        ignored.obey(&add("bob"), None).unwrap();
        assert_eq!(ignored.obey(&add("BOB"), None).as_deref(), Ok("you already ignore BOB"));
    }

    #[test]
    fn a_file_that_cannot_be_read_or_saved_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ignored");
        fs::write(&file, b"bob\n\xff").unwrap();
        let error = Ignored::read_file(file.clone()).unwrap_err();
        assert!(error.starts_with(&format!("cannot read {}: ", file.display())), "{error}");
        // A file stands where the folder should be.
        let mut ignored = Ignored { file: Some(file.join("ignored")), ..Ignored::default() };
        let error = ignored.obey(&add("bob"), None).unwrap_err();
        assert!(error.ends_with("; the change applies until the client ends"), "{error}");
        assert!(ignored.contains("bob"));
    }
}
