//! The transcripts that a student hands in.

use std::fs;
use std::path::Path;

use transcript::{Dialect, Transcript};

use crate::file;
use crate::report::visible;

/// The files, one for each mistake.
pub(super) const FILES: [&str; 2] = ["one.chat", "two.chat"];

/// Limits of a transcript. Longer ones are no answer of an exam, and could keep the machine busy for hours.
const BYTES: u64 = 1 << 20;
const STEPS: usize = 300;
const PEOPLE: usize = 20;

/// A transcript that can be played.
#[derive(Debug, Clone)]
pub(super) struct HandIn {
    pub(super) transcript: Transcript,
    /// The lines of the file.
    pub(super) lines: Vec<String>,
    /// The bytes of the file, which tell equal answers.
    pub(super) bytes: Vec<u8>,
    /// The sentence in the first comment; `None` without a comment.
    pub(super) sentence: Option<String>,
}

/// Reads one of the files in the folder of a student.
///
/// # Errors
/// One line of text for the teacher: why the transcript cannot be played.
pub(super) fn read(folder: &Path, name: &str) -> Result<HandIn, String> {
    let path = folder.join(name);
    // A link could show the teacher's own files.
    if folder.is_symlink() {
        return Err("the folder is a link".to_owned());
    }
    match fs::symlink_metadata(&path) {
        Err(_) => return Err(missing(folder)),
        Ok(about) if about.is_symlink() => return Err("the file is a link".to_owned()),
        Ok(_) => {}
    }
    // The folder is that of the student, so the name of the file says enough.
    let bytes = file::read_bytes(&path, BYTES).map_err(|error| {
        error.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&error).to_owned()
    })?;
    if bytes.trim_ascii().is_empty() {
        return Err("the file is empty".to_owned());
    }
    let parsed = transcript::parse(name, &bytes, &Dialect::default());
    let transcript = parsed.map_err(|error| {
        let lines: Vec<String> = error.to_string().lines().map(visible::line).collect();
        lines.first().cloned().unwrap_or_default()
    })?;
    check_limits(&transcript)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let sentence = sentence(&lines);
    Ok(HandIn { transcript, lines, bytes, sentence })
}

/// Says what is there instead of the file.
fn missing(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut others: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.to_lowercase().contains(".chat") && !FILES.contains(&name.as_str()))
        .map(|name| visible::line(&name))
        .collect();
    others.sort();
    match others.is_empty() {
        true => "nothing handed in".to_owned(),
        false => format!("nothing handed in; the folder has {}", others.join(", ")),
    }
}

fn check_limits(transcript: &Transcript) -> Result<(), String> {
    let speakers: Vec<&str> =
        transcript.people().map(|who| transcript.dialect_of(who).name()).collect();
    if let Some(other) = speakers.iter().find(|name| **name != "json") {
        return Err(format!("it is in the dialect {other}, and the server speaks json"));
    }
    match (transcript.steps.len(), speakers.len()) {
        (0, _) => Err("it has no steps".to_owned()),
        (steps, _) if steps > STEPS => {
            Err(format!("it has {steps} steps, and {STEPS} may be played"))
        }
        (_, people) if people > PEOPLE => {
            Err(format!("it has {people} people, and {PEOPLE} may take part"))
        }
        _ => Ok(()),
    }
}

/// The first comment, if it stands before everything else.
fn sentence(lines: &[String]) -> Option<String> {
    let mut lines = lines.iter().map(|line| line.trim_start_matches('\u{feff}').trim());
    let begin = lines.by_ref().find(|line| !line.is_empty())?.strip_prefix('#')?;
    let comment = std::iter::once(begin).chain(lines.map_while(|line| line.strip_prefix('#')));
    let words: Vec<&str> = comment.flat_map(str::split_whitespace).collect();
    Some(visible::line(&words.join(" "))).filter(|sentence| !sentence.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a hand-in with this text.
    fn reads(text: &str) -> Result<HandIn, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("one.chat"), text).unwrap();
        read(folder.path(), "one.chat")
    }

    #[test]
    fn the_sentence_is_the_first_comment() {
        let step = "alice > (connects)\n";
        for (text, sentence) in [
            ("\n# It is\n#   refused.\n", Some("It is refused.")),
            ("# r\u{202e}ed\n\n# not this\n", Some("r<U+202E>ed")),
            ("#\n", None),
            ("", None),
        ] {
            let hand_in = reads(&format!("{text}{step}")).unwrap();
            assert_eq!(hand_in.sentence.as_deref(), sentence, "{text:?}");
        }
        assert_eq!(reads(&format!("{step}# late\n")).unwrap().sentence, None);
    }

    #[test]
    fn what_cannot_be_played_has_a_reason() {
        let steps = "alice < (nothing)\n".repeat(301);
        let people: String = (0..21).map(|number| format!("a{number} > (connects)\n")).collect();
        for (text, want) in [
            (" \n", "the file is empty"),
            ("# only words\n", "it has no steps"),
            ("alice : hi\n", "one.chat:1:7: expected an arrow"),
            ("dialect ktn15\na > {\"request\":\"names\"}\n", "in the dialect ktn15"),
            (&steps, "it has 301 steps, and 300 may be played"),
            (&people, "it has 21 people, and 20 may take part"),
        ] {
            let error = reads(text).unwrap_err();
            assert!(error.contains(want), "{want}: {error}");
        }
    }

    #[test]
    fn missing_files_links_and_folders_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert_eq!(read(folder.path(), "one.chat").unwrap_err(), "nothing handed in");
        fs::write(path("One.chat.txt"), "").unwrap();
        let error = read(folder.path(), "one.chat").unwrap_err();
        assert_eq!(error, "nothing handed in; the folder has One.chat.txt");
        std::os::unix::fs::symlink("/etc/passwd", path("one.chat")).unwrap();
        assert_eq!(read(folder.path(), "one.chat").unwrap_err(), "the file is a link");
        fs::create_dir(path("two.chat")).unwrap();
        assert_eq!(read(folder.path(), "two.chat").unwrap_err(), "it is no file");
        assert_eq!(read(&path("gone"), "one.chat").unwrap_err(), "nothing handed in");
        std::os::unix::fs::symlink(folder.path(), path("linked")).unwrap();
        assert_eq!(read(&path("linked"), "one.chat").unwrap_err(), "the folder is a link");
    }
}
