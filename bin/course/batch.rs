//! The grading of one submission or of a class.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use crate::arguments;
use crate::check::Verdict;
use crate::copy;
use crate::failure::Failure;
use crate::grading::{Graded, Grader, Mix};
use crate::isolation::{self, Isolation};
use crate::lab::{self, Lab};
use crate::place::Place;
use crate::report;
use crate::screen::say;

/// The table of a class in the folder of the reports.
const SHEET: &str = "points.csv";

/// Bytes that an archive may unpack to.
const UNPACKED: u64 = 256 * 1024 * 1024;

/// Grades one submission. Returns whether all checks passed.
pub(crate) fn one(
    place: &Place,
    labs: &[Lab],
    arguments: &arguments::Grade,
) -> Result<bool, Failure> {
    let grader = grader(place, labs, &arguments.grading)?;
    grader.prepare()?;
    let temporary = tempfile::tempdir().map_err(Failure::file("create", Path::new("a folder")))?;
    let submission = unpacked(&arguments.submission, temporary.path())?;
    let name = name(&arguments.submission);
    let graded = grader.grade(&name, &submission)?;
    say(&report::text(&name, &grader.chosen, &graded));
    if let Some(folder) = &arguments.grading.report {
        write_reports(folder, &name, &grader.chosen, &graded)?;
    }
    Ok(is_full(&grader.chosen, &graded))
}

/// Grades all submissions of a folder: each of its folders and archives. Returns whether all were graded.
pub(crate) fn class(
    place: &Place,
    labs: &[Lab],
    arguments: &arguments::Batch,
) -> Result<bool, Failure> {
    let grader = grader(place, labs, &arguments.grading)?;
    let submissions = submissions(&arguments.folder)?;
    let reports = arguments.grading.report.clone().unwrap_or_else(|| PathBuf::from("reports"));
    grader.prepare()?;
    let queue = Mutex::new(submissions.into_iter());
    let rows = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let next = queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
            let Some((name, path)) = next else { return };
            let graded = grade_into(&grader, &name, &path, &reports);
            match &graded {
                Ok(graded) => {
                    let points = report::total(&grader.chosen, graded);
                    say(&format!("{name}: {points} points\n"));
                }
                Err(failure) => say(&format!("{name}: not graded: {failure}\n")),
            }
            rows.lock().unwrap_or_else(std::sync::PoisonError::into_inner).insert(name, graded);
        }
    };
    thread::scope(|scope| {
        for _ in 0..arguments.jobs.get() {
            scope.spawn(work);
        }
    });
    let rows = rows.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    let sheet = reports.join(SHEET);
    copy::write(&sheet, &csv(&grader.chosen, &rows)?)?;
    say(&format!("wrote {}\n", sheet.display()));
    Ok(rows.values().all(Result::is_ok))
}

fn grade_into(
    grader: &Grader<'_>,
    name: &str,
    path: &Path,
    reports: &Path,
) -> Result<Graded, Failure> {
    let temporary = tempfile::tempdir().map_err(Failure::file("create", Path::new("a folder")))?;
    let submission = unpacked(path, temporary.path())?;
    let graded = grader.grade(name, &submission)?;
    write_reports(&reports.join(name), name, &grader.chosen, &graded)?;
    Ok(graded)
}

fn grader<'l>(
    place: &Place,
    labs: &'l [Lab],
    arguments: &arguments::Grading,
) -> Result<Grader<'l>, Failure> {
    if place.starter.is_some() {
        let usage = "submissions are graded in the reference; this is a starter";
        return Err(Failure::Message(usage.to_owned()));
    }
    let chosen = lab::choose(labs, &arguments.labs)?;
    let grade = isolation::grade()?;
    Ok(Grader {
        reference: place.root.clone(),
        labs,
        chosen,
        isolation: Isolation::Sandbox { grade, loose: arguments.no_isolation },
        is_whole: arguments.all,
    })
}

/// The submissions in a folder, by name.
fn submissions(folder: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failure::file("read", folder))? {
        let path = entry.map_err(Failure::file("read", folder))?.path();
        let is_archive = path.extension().is_some_and(|extension| extension == "tar");
        if path.is_dir() || is_archive {
            found.push((name(&path), path));
        }
    }
    found.sort();
    if found.is_empty() {
        let usage = format!("{} has no folders and no .tar files", folder.display());
        return Err(Failure::Message(usage));
    }
    if let Some([(twice, _), _]) = found.array_windows().find(|[a, b]| a.0 == b.0) {
        let usage = format!("{} has two submissions of the name {twice}", folder.display());
        return Err(Failure::Message(usage));
    }
    Ok(found)
}

/// The name of a submission: of its folder, or of its archive without the extension. What cannot be part
/// of every file name is replaced.
fn name(path: &Path) -> String {
    let name = match path.canonicalize().unwrap_or_else(|_| path.to_owned()) {
        path if path.is_dir() => path.file_name().map(ToOwned::to_owned),
        path => path.file_stem().map(ToOwned::to_owned),
    };
    let name = name.unwrap_or_default().to_string_lossy().into_owned();
    name.chars()
        .map(|it| if it.is_alphanumeric() || "-_.@+".contains(it) { it } else { '_' })
        .collect()
}

/// The folder of a submission; an archive is unpacked first. Links in it are left out.
fn unpacked(path: &Path, temporary: &Path) -> Result<PathBuf, Failure> {
    if path.is_dir() {
        return Ok(path.to_owned());
    }
    let failed = || Failure::file("unpack", path);
    let mut archive = tar::Archive::new(File::open(path).map_err(Failure::file("open", path))?);
    let mut size = 0;
    for entry in archive.entries().map_err(failed())? {
        let mut entry = entry.map_err(failed())?;
        size += entry.size();
        if size > UNPACKED {
            let usage = format!("{} unpacks to more than {UNPACKED} bytes", path.display());
            return Err(Failure::Message(usage));
        }
        if entry.header().entry_type().is_file() {
            // It refuses paths that lead out of the folder.
            entry.unpack_in(temporary).map_err(failed())?;
        }
    }
    Ok(temporary.to_owned())
}

fn write_reports(folder: &Path, name: &str, labs: &[&Lab], graded: &Graded) -> Result<(), Failure> {
    let json = format!("{:#}\n", report::json(name, labs, graded));
    copy::write(&folder.join("report.txt"), report::text(name, labs, graded).as_bytes())?;
    copy::write(&folder.join("results.json"), json.as_bytes())?;
    Ok(())
}

/// The points of a class as comma-separated values, one row for each submission.
fn csv(
    labs: &[&Lab],
    rows: &BTreeMap<String, Result<Graded, Failure>>,
) -> Result<Vec<u8>, Failure> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| Failure::Message(format!("cannot write {SHEET}: {error}"));
    let mut head = vec!["submission".to_owned(), "points".to_owned()];
    head.extend(labs.iter().map(|lab| format!("lab {}", lab.number)));
    head.push("note".to_owned());
    writer.write_record(&head).map_err(failed)?;
    for (name, graded) in rows {
        // A spreadsheet takes a cell that begins like this for a formula.
        let name =
            if name.starts_with(['=', '+', '-', '@']) { format!("'{name}") } else { name.clone() };
        let mut row = vec![name];
        match graded {
            Ok(graded) => {
                row.push(report::total(labs, graded).to_string());
                let points = |lab: &&Lab| graded.points(lab, Mix::Yours).unwrap_or(0).to_string();
                row.extend(labs.iter().map(points));
                row.push(undecided(graded));
            }
            Err(failure) => {
                row.resize(labs.len() + 2, String::new());
                row.push(format!("not graded: {failure}").replace('\n', " "));
            }
        }
        writer.write_record(&row).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| Failure::Message(format!("cannot write {SHEET}: {error}")))
}

/// Names the checks that could not be carried out, so that the teacher looks at them.
fn undecided(graded: &Graded) -> String {
    let yours = graded.outcomes.iter().filter(|((_, mix), _)| *mix == Mix::Yours);
    let ids: Vec<&str> = yours
        .flat_map(|(_, outcomes)| outcomes)
        .filter(|outcome| matches!(outcome.verdict, Verdict::Undecided(_)))
        .map(|outcome| outcome.id.as_str())
        .collect();
    if ids.is_empty() { String::new() } else { format!("undecided: {}", ids.join(" ")) }
}

fn is_full(labs: &[&Lab], graded: &Graded) -> bool {
    labs.iter().all(|lab| graded.points(lab, Mix::Yours) == Some(lab::POINTS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_for_files() {
        assert_eq!(name(Path::new("/nowhere/a b;c.tar")), "a_b_c");
        assert_eq!(name(Path::new("/nowhere/ada.tar")), "ada");
    }

    #[test]
    fn links_and_paths_that_lead_out_are_not_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("evil.tar");
        let mut builder = tar::Builder::new(File::create(&archive).unwrap());
        let mut header = tar::Header::new_gnu();
        header.set_size(4);
        header.set_mode(0o644);
        header.as_gnu_mut().unwrap().name[..9].copy_from_slice(b"../escape");
        header.set_cksum();
        builder.append(&header, &b"evil"[..]).unwrap();
        let mut link = tar::Header::new_gnu();
        link.set_entry_type(tar::EntryType::Symlink);
        link.set_size(0);
        builder.append_link(&mut link, "net", "/etc").unwrap();
        let mut good = tar::Header::new_gnu();
        good.set_size(4);
        good.set_mode(0o644);
        builder.append_data(&mut good, "app/src/lib.rs", &b"good"[..]).unwrap();
        builder.into_inner().unwrap();
        let to = folder.path().join("to");
        fs::create_dir(&to).unwrap();
        unpacked(&archive, &to).unwrap();
        assert!(!folder.path().join("escape").exists() && !to.join("net").exists());
        assert_eq!(fs::read(to.join("app/src/lib.rs")).unwrap(), b"good");
    }
}
