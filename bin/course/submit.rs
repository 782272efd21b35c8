//! Packing what a student hands in.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::arguments;
use crate::check::{Report, Verdict};
use crate::copy;
use crate::failure::Failure;
use crate::lab::{self, Lab};
use crate::list;
use crate::place::{MARK, Place};
use crate::progress::Progress;
use crate::screen::say;
use crate::status;

/// What counts: the layers, the client, the tests, the transcripts, the pages and the answers.
const COUNTS: [&str; 9] = [
    MARK,
    lab::ANSWERS,
    "app",
    "bin/client",
    "handout/protocol.md",
    "net",
    "parse",
    "tests/it",
    lab::TRANSCRIPTS,
];

/// The report in the archive.
const REPORT: &str = "report.txt";

/// Runs all checks, and writes the archive. Returns whether all checks passed.
pub(crate) fn run(
    place: &Place,
    labs: &[Lab],
    arguments: &arguments::Submit,
) -> Result<bool, Failure> {
    let labs = status::open(place, labs);
    let (report, all_passed) = match arguments.no_check {
        true => ("The checks were not run.\n".to_owned(), true),
        false => report(place, &labs)?,
    };
    let output = std::env::current_dir()
        .map_err(Failure::file("read", Path::new(".")))?
        .join(&arguments.output);
    let verb = if output.exists() { "replaced" } else { "wrote" };
    let failed = || Failure::file("write", &output);
    let mut archive = tar::Builder::new(File::create(&output).map_err(failed())?);
    let mut count = 0;
    for path in files(&place.root)? {
        archive.append_path_with_name(place.root.join(&path), &path).map_err(failed())?;
        count += 1;
    }
    let mut header = tar::Header::new_gnu();
    header.set_size(report.len() as u64);
    header.set_mode(0o644);
    archive.append_data(&mut header, REPORT, report.as_bytes()).map_err(failed())?;
    archive.into_inner().and_then(|file| file.sync_all()).map_err(failed())?;
    say(&format!("{verb} {} with {count} files and the report\n", output.display()));
    Ok(all_passed)
}

/// The files that count, relative to the workspace.
fn files(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut files = copy::files(root)?;
    files.extend([PathBuf::from(MARK), PathBuf::from(lab::ANSWERS)]);
    let counts = |path: &PathBuf| COUNTS.iter().any(|part| path.starts_with(part));
    let is_attempt = |path: &PathBuf| {
        path.extension().is_some_and(|it| it.to_string_lossy().starts_with("attempt-"))
    };
    files.retain(|path| counts(path) && !is_attempt(path) && root.join(path).is_file());
    Ok(files)
}

fn report(place: &Place, labs: &[&Lab]) -> Result<(String, bool), Failure> {
    let mut progress = Progress::read(&place.root);
    let mut text = String::new();
    let mut all_passed = true;
    for lab in labs {
        text.push_str(&list::heading(lab));
        text.push('\n');
        say(&format!("checking lab {} …\n", lab.number));
        let mut report = |news: Report<'_>| {
            if let Report::Ended(check, verdict) = news {
                text.push_str(&list::line(check, verdict));
            }
        };
        let outcomes = status::run(place, lab, false, &mut progress, &mut report)?;
        for outcome in outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Passed) {
            if let Some(check) = lab.check(&outcome.id) {
                say(&list::line(check, &outcome.verdict));
            }
        }
        let points = list::points(progress.points(lab));
        text.push_str(&format!("  {points}\n\n"));
        say(&format!("  {points}\n"));
        all_passed &= progress.is_done(lab);
    }
    Ok((text, all_passed))
}
