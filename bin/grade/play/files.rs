//! The files of `grade play`: reads, parses and formats them.

use std::fmt::Display;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use transcript::{Dialect, Transcript};

use super::client;
use crate::exit::{UNDECIDED, USAGE, fail};
use crate::report::visible;
use crate::{file, wire};

/// Greatest number of bytes in a transcript.
const LONGEST: u64 = 16 << 20;

/// Parses all files. Prints every error, and returns the exit code if there is one.
pub(crate) fn read_all(
    files: &[PathBuf],
    named: Option<&str>,
    of_course: Option<wire::Dialect>,
) -> Result<Vec<Transcript>, ExitCode> {
    let usual = match named.or(of_course.map(wire::Dialect::name)) {
        None => Ok(Dialect::default()),
        Some(name) => Dialect::named(name),
    };
    let usual = usual.map_err(|error| fail(USAGE, &error))?;
    let mut wrong = false;
    let mut transcripts = Vec::new();
    for path in files {
        let parsed = read(path, &usual).and_then(|transcript| {
            let name = path.display();
            let other = transcript.dialect.name();
            match named.filter(|_| transcript.names_dialect && other != usual.name()) {
                None => Ok(transcript),
                Some(named) => {
                    Err(format!("{name} is in the dialect {other}, and --dialect asks for {named}"))
                }
            }
        });
        match parsed {
            Ok(transcript) => transcripts.push(transcript),
            Err(error) => {
                say_wrong(&error);
                wrong = true;
            }
        }
    }
    if wrong { Err(ExitCode::from(USAGE)) } else { Ok(transcripts) }
}

/// Checks that the user of a client can do all that the transcripts say. Prints every error.
pub(super) fn all_can_be_typed(transcripts: &[Transcript]) -> Result<(), ExitCode> {
    let wrong: Vec<_> = transcripts.iter().filter_map(|it| client::check(it).err()).collect();
    wrong.iter().for_each(say_wrong);
    if wrong.is_empty() { Ok(()) } else { Err(ExitCode::from(USAGE)) }
}

/// Writes all files in their one form. With `check`, only names those that are not in it.
pub(super) fn format_all(files: &[PathBuf], check: bool) -> ExitCode {
    let (mut wrong, mut differs) = (false, false);
    for path in files {
        let name = path.display().to_string();
        let formatted = bytes(path).and_then(|bytes| {
            let formatted = transcript::format(&name, &bytes, &Dialect::default());
            let formatted = formatted.map_err(|error| error.to_string())?;
            Ok((bytes == formatted.as_bytes(), formatted))
        });
        match formatted {
            Err(error) => {
                say_wrong(&error);
                wrong = true;
            }
            Ok((true, _)) => {}
            Ok((false, _)) if check => {
                differs = true;
                // If standard output is closed, the exit code says it.
                let _ = writeln!(io::stdout(), "{}", visible::line(&name));
            }
            Ok((false, formatted)) => {
                if let Err(error) = replace(path, &formatted) {
                    return fail(UNDECIDED, &format!("cannot write {name}: {error}"));
                }
            }
        }
    }
    match (wrong, differs) {
        (true, _) => ExitCode::from(USAGE),
        (false, true) => ExitCode::FAILURE,
        (false, false) => ExitCode::SUCCESS,
    }
}

/// Reads and parses one file, whose dialect is `usual` unless it names another.
///
/// # Errors
/// The error with its place, perhaps in several lines.
pub(crate) fn read(path: &Path, usual: &Dialect) -> Result<Transcript, String> {
    let parsed = transcript::parse(&path.display().to_string(), &bytes(path)?, usual);
    parsed.map_err(|error| error.to_string())
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    file::read_bytes(path, LONGEST)
}

/// Writes a file beside the old one and moves it there, so that a full disk leaves the old one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = path.canonicalize()?;
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut new = tempfile::NamedTempFile::new_in(folder)?;
    new.write_all(text.as_bytes())?;
    new.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
    new.persist(&path).map(drop).map_err(io::Error::from)
}

/// Prints an error with its lines.
fn say_wrong(error: &impl Display) {
    let mut stderr = io::stderr().lock();
    for line in error.to_string().lines() {
        // If standard error is closed, the exit code must suffice.
        let _ = writeln!(stderr, "{}", visible::line(line));
    }
}
