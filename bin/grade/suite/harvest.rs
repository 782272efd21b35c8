//! `grade harvest`: what the invalid transcripts of a class have in common.
//!
//! A transcript that is invalid shows what its author believes about the protocol. Transcripts that first
//! fail on the same right server are one misunderstanding.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use transcript::Transcript;

use super::judge::{Validity, validity};
use super::right::Rights;
use super::{PATIENCE, files};
use crate::arguments::HarvestArguments;
use crate::built_in::BuiltIn;
use crate::exit::{INTERRUPTED, UNDECIDED, USAGE, fail};
use crate::play::read;
use crate::report::visible;
use crate::screen::{self, say};

/// Greatest number of examples of a misunderstanding.
const EXAMPLES: usize = 3;

/// The transcripts of a class.
#[derive(Default)]
struct Class {
    /// The transcripts, each with its author.
    transcripts: Vec<(String, Transcript)>,
    /// The authors and errors of files that are no transcripts.
    wrong: Vec<(String, String)>,
    /// Authors without a transcript.
    empty: Vec<String>,
}

/// Transcripts with the same misunderstanding.
#[derive(Default)]
struct Cluster {
    people: BTreeSet<String>,
    transcripts: usize,
    /// For each kind of expected frame, the number of transcripts.
    frames: BTreeMap<String, usize>,
    /// Places with the line there.
    examples: Vec<(String, String)>,
}

/// Reads, plays and reports the suites of a class.
pub(super) fn run(arguments: &HarvestArguments, built_in: &BuiltIn, stop: &AtomicBool) -> ExitCode {
    let dialect = transcript::Dialect::named(arguments.dialect.as_deref().unwrap_or("json"));
    let class = match dialect.and_then(|dialect| class(&arguments.folder, &dialect)) {
        Ok(class) => class,
        Err(error) => return fail(USAGE, &error),
    };
    let (people, transcripts): (Vec<String>, Vec<Transcript>) =
        class.transcripts.into_iter().unzip();
    let mut judged = Vec::new();
    if !transcripts.is_empty() {
        let rights = files::dialect(&transcripts)
            .and_then(|dialect| Rights::find(built_in, dialect, !arguments.no_isolation, PATIENCE));
        let rights = match rights {
            Ok(rights) => rights,
            Err(error) => return fail(USAGE, &error),
        };
        judged = validity(&transcripts, &rights, arguments.jobs.get(), stop);
    }
    if stop.load(Ordering::Relaxed) {
        return ExitCode::from(INTERRUPTED);
    }
    let plays: Vec<(&str, &Transcript, &Validity)> = people
        .iter()
        .zip(transcripts.iter().zip(&judged))
        .map(|(who, (transcript, validity))| (who.as_str(), transcript, validity))
        .collect();
    let is_terminal = screen::width().is_some();
    for line in lines(&plays, &class.wrong, &class.empty) {
        say(&visible::line(&line), is_terminal);
    }
    match judged.iter().any(|it| matches!(it, Validity::Undecided(_))) {
        true => ExitCode::from(UNDECIDED),
        false => ExitCode::SUCCESS,
    }
}

/// Reads the folders in a folder, each the suite of one person.
fn class(folder: &Path, dialect: &transcript::Dialect) -> Result<Class, String> {
    let wrong = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut folders: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let path = entry.map_err(wrong)?.path();
        let is_hidden = path.file_name().is_none_or(|it| it.as_encoded_bytes().starts_with(b"."));
        if path.is_dir() && !is_hidden {
            folders.push(path);
        }
    }
    folders.sort();
    if folders.is_empty() {
        return Err(format!("{}: it contains no folder with transcripts", folder.display()));
    }
    let mut class = Class::default();
    for folder in folders {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(files) = files::find(&folder) else {
            class.empty.push(name);
            continue;
        };
        for file in files {
            match read(&file, dialect) {
                Ok(transcript) => class.transcripts.push((name.clone(), transcript)),
                Err(error) => class.wrong.push((name.clone(), error)),
            }
        }
    }
    Ok(class)
}

fn lines(
    plays: &[(&str, &Transcript, &Validity)],
    wrong: &[(String, String)],
    empty: &[String],
) -> Vec<String> {
    let mut clusters: BTreeMap<(&str, &str), Cluster> = BTreeMap::new();
    let (mut valid, mut undecided) = (0, 0);
    let mut people: BTreeSet<&str> = BTreeSet::new();
    for (who, transcript, validity) in plays {
        people.insert(who);
        match validity {
            Validity::Valid => valid += 1,
            Validity::Undecided(_) => undecided += 1,
            Validity::Invalid(invalid) => {
                let cluster = clusters.entry((&invalid.server, &invalid.allowed)).or_default();
                cluster.people.insert((*who).to_owned());
                cluster.transcripts += 1;
                let Some(difference) = &invalid.difference else { continue };
                *cluster.frames.entry(kind(&invalid.expected)).or_default() += 1;
                let at = difference.place;
                let place = format!("{}:{}:{}", transcript.file, at.line, at.column);
                let excerpt = transcript.excerpt(at);
                cluster
                    .examples
                    .push((place, excerpt.lines().next().unwrap_or_default().to_owned()));
            }
        }
    }
    people.extend(wrong.iter().map(|(who, _)| who.as_str()));
    let all = plays.len() + wrong.len();
    let mut lines = vec![format!(
        "{} and {}: {valid} valid, {} invalid, {} with wrong syntax, {undecided} undecided",
        counted(people.len() + empty.len(), "person", "people"),
        counted(all, "transcript", "transcripts"),
        plays.len() - valid - undecided,
        wrong.len(),
    )];
    if !empty.is_empty() {
        lines.push(format!("without a transcript: {}", empty.join(", ")));
    }
    let mut clusters: Vec<_> = clusters.into_iter().collect();
    clusters.sort_by_key(|(_, it)| {
        (std::cmp::Reverse(it.people.len()), std::cmp::Reverse(it.transcripts))
    });
    for ((server, allowed), cluster) in clusters {
        lines.push(String::new());
        lines.push(format!(
            "{} in {}: they fail on {server}",
            counted(cluster.people.len(), "person", "people"),
            counted(cluster.transcripts, "transcript", "transcripts"),
        ));
        lines.push(format!("  transcripts.md allows it: {allowed}"));
        let mut frames: Vec<_> = cluster.frames.into_iter().collect();
        frames.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let frames: Vec<String> =
            frames.iter().map(|(kind, count)| format!("{kind} ({count})")).collect();
        lines.push(format!("  they expected: {}", frames.join(", ")));
        for (place, line) in cluster.examples.iter().take(EXAMPLES) {
            lines.push(format!("  {place}: {}", line.trim()));
        }
    }
    if !wrong.is_empty() {
        lines.push(String::new());
        lines.push("wrong syntax:".to_owned());
        let first = |error: &str| error.lines().next().unwrap_or_default().to_owned();
        lines.extend(wrong.iter().map(|(_, error)| format!("  {}", first(error))));
    }
    lines
}

/// The kind of an expected frame: its response, or the first words.
fn kind(expected: &str) -> String {
    let response = expected.split("\"response\":\"").nth(1).and_then(|it| it.split('"').next());
    match response {
        Some(response) if expected.contains("\"error\"") => format!("an error of {response}"),
        Some(response) => format!("{response:?}"),
        None => expected.split_whitespace().take(4).collect::<Vec<_>>().join(" "),
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_frame_is_its_response_and_whether_it_is_an_error() {
        for (expected, want) in [
            ("{\"response\":\"login\",\"username\":\"a\",…}", "\"login\""),
            ("{\"response\":\"login\",\"error\":\"…\",…}", "an error of login"),
            ("the server closes the connection in order", "the server closes the"),
        ] {
            assert_eq!(kind(expected), want);
        }
    }

    #[test]
    fn a_folder_without_folders_is_no_class() {
        let folder = tempfile::tempdir().unwrap();
        let error = class(folder.path(), &transcript::Dialect::default()).err().unwrap();
        assert!(error.contains("it contains no folder with transcripts"), "{error}");
    }
}
