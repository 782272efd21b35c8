//! The transcripts in a folder, which must all be for one of the servers inside `grade`.

use std::fs;
use std::path::{Path, PathBuf};

use transcript::Transcript;

use crate::wire::Dialect;

/// The end of a transcript's name.
const CHAT: &str = "chat";

/// The transcripts in a folder, sorted by name.
///
/// # Errors
/// One line: the folder cannot be read, or has no transcript.
pub(super) fn find(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let wrong = |why: String| format!("{}: {why}", folder.display());
    let entries = fs::read_dir(folder).map_err(|error| wrong(error.to_string()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| wrong(error.to_string()))?.path();
        let is_hidden =
            path.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if path.extension().is_some_and(|it| it == CHAT) && !is_hidden && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    match found.is_empty() {
        true => Err(wrong(format!("there is no file that ends with .{CHAT}"))),
        false => Ok(found),
    }
}

/// The one dialect of the transcripts.
///
/// # Errors
/// One line: a transcript is in a dialect that the servers inside `grade` do not speak, or two are in
/// different dialects.
pub(super) fn dialect(transcripts: &[Transcript]) -> Result<Dialect, String> {
    let mut found: Option<(Dialect, &str)> = None;
    for transcript in transcripts {
        let file = &transcript.file;
        let name = transcript.dialect.to_string();
        let Some(dialect) = Dialect::find(&name) else {
            return Err(format!("{file}: grade has no servers for the dialect {name}"));
        };
        let all = transcript.people().map(|who| (who, transcript.dialect_of(who)));
        if let Some((who, other)) = all.into_iter().find(|(_, it)| **it != transcript.dialect) {
            return Err(format!(
                "{file}: {who} speaks {other}, and the servers inside grade speak one dialect each"
            ));
        }
        match found {
            Some((other, first)) if other != dialect => {
                let other = other.name();
                return Err(format!("{first} is in the dialect {other}, and {file} in {name}"));
            }
            _ => found = Some((dialect, file)),
        }
    }
    found.map(|(dialect, _)| dialect).ok_or_else(|| "there is no transcript".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(file: &str, text: &str) -> Transcript {
        transcript::parse(file, text.as_bytes(), &transcript::Dialect::default()).unwrap()
    }

    #[test]
    fn all_transcripts_have_one_dialect_that_the_servers_speak() {
        let json = parsed("a.chat", "a > (connects)\n");
        let ktn = parsed("b.chat", "dialect ktn15\na > (connects)\n");
        assert_eq!(dialect(std::slice::from_ref(&ktn)), Ok(Dialect::Ktn15));
        let error = dialect(&[json, ktn]).unwrap_err();
        assert_eq!(error, "a.chat is in the dialect json, and b.chat in ktn15");
        for (text, what) in [
            ("dialect plain\na > (connects)\n", "no servers for the dialect plain"),
            (
                "dialect ktn15:history=objects\na > (connects)\n",
                "no servers for the dialect ktn15:",
            ),
            ("b speaks ktn14\na > (connects)\nb > (connects)\n", "b speaks ktn14, and the servers"),
        ] {
            let error = dialect(&[parsed("c.chat", text)]).unwrap_err();
            assert!(error.contains(what), "{error}");
        }
    }

    #[test]
    fn only_transcripts_of_the_folder_itself_are_found() {
        let folder = tempfile::tempdir().unwrap();
        assert!(find(folder.path()).unwrap_err().contains("there is no file that ends with .chat"));
        for name in ["b.chat", "a.chat", "notes.txt", ".hidden.chat"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("c.chat")).unwrap();
        let names: Vec<String> = find(folder.path())
            .unwrap()
            .iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["a.chat", "b.chat"]);
        assert!(find(&folder.path().join("none")).is_err());
    }
}
