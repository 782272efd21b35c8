//! The CSV file of a batch: a row for each submission, a column for each check.

use std::path::{Path, PathBuf};

use super::tally::{State, Tally};
use crate::csv;
use crate::report::{replace, tidy, visible};

/// The columns before those of the checks.
const COLUMNS: [&str; 8] =
    ["name", "status", "earned", "possible", "passed", "failed", "skipped", "undecided"];

/// The contents of the file.
#[derive(Debug)]
pub(super) struct Sheet {
    path: PathBuf,
    checks: Vec<&'static str>,
    /// All rows; the first holds the names of the columns.
    rows: Vec<Vec<String>>,
}

impl Sheet {
    /// A new file with a row for each of these.
    pub(super) fn new(path: &Path, checks: Vec<&'static str>, tallies: &[Tally]) -> Sheet {
        let columns = COLUMNS.iter().chain(&checks).map(|name| (*name).to_owned()).collect();
        let mut sheet = Sheet { path: path.to_owned(), checks, rows: vec![columns] };
        tallies.iter().for_each(|tally| sheet.put(tally));
        sheet
    }

    /// A new file with a row for each of these: the row of an earlier run, if it has a result and the
    /// file has the same columns.
    pub(super) fn renewed(path: &Path, checks: Vec<&'static str>, tallies: &[Tally]) -> Sheet {
        let before = Sheet::read(path, checks.clone()).map(|sheet| sheet.rows).unwrap_or_default();
        let mut sheet = Sheet::new(path, checks, tallies);
        for row in sheet.rows.iter_mut().skip(1) {
            let is_same = |other: &&Vec<String>| other.first() == row.first() && is_final(other);
            if let Some(old) = before.iter().skip(1).find(is_same) {
                row.clone_from(old);
            }
        }
        sheet
    }

    /// Reads an existing file, so that some rows can be replaced. A missing file is an empty one.
    ///
    /// # Errors
    /// One line of text: the file cannot be read, or it has other columns, and rewriting it would lose
    /// them.
    pub(super) fn read(path: &Path, checks: Vec<&'static str>) -> Result<Sheet, String> {
        let mut sheet = Sheet::new(path, checks, &[]);
        let text = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(sheet),
            text => text.map_err(|error| format!("{}: {error}", path.display()))?,
        };
        let rows = csv::rows(&text).unwrap_or_default();
        let width = sheet.rows.first().map_or(0, Vec::len);
        if rows.first() != sheet.rows.first() || rows.iter().any(|row| row.len() != width) {
            return Err(format!(
                "{}: its columns do not match this rubric; grade all submissions, or name another \
                 file",
                path.display()
            ));
        }
        // A file of an older version may contain names with control characters.
        let shown = |row: Vec<String>| row.iter().map(|cell| visible::line(cell)).collect();
        sheet.rows = rows.into_iter().map(shown).collect();
        Ok(sheet)
    }

    /// Replaces the row of this submission, or adds it. The result of an earlier run is not replaced by
    /// that of an interrupted one.
    pub(super) fn put(&mut self, tally: &Tally) {
        let row = self.row(tally);
        match self.rows.iter_mut().skip(1).find(|other| other.first() == row.first()) {
            Some(old) if is_final(old) && !is_final(&row) => {}
            Some(old) => *old = row,
            None => self.rows.push(row),
        }
    }

    fn row(&self, tally: &Tally) -> Vec<String> {
        let mut row = vec![csv::harmless(&tally.name), tally.status().to_owned()];
        if tally.state == State::Ended {
            row.extend([tidy(tally.points.earned), tidy(tally.points.possible)]);
            let count = |verdict: &&str| tally.count(verdict).to_string();
            row.extend(COLUMNS.iter().skip(4).map(count));
        }
        row.resize(COLUMNS.len(), String::new());
        let verdict = |id: &&str| match tally.state {
            State::Ended => tally.verdict(id).unwrap_or_default().to_owned(),
            _ => String::new(),
        };
        row.extend(self.checks.iter().map(verdict));
        row
    }

    /// Replaces the file atomically.
    ///
    /// # Errors
    /// One line of text that names the file.
    pub(super) fn write(&self) -> Result<(), String> {
        let wrong = |error: String| format!("cannot write {}: {error}", self.path.display());
        let name = self.path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or_else(|| wrong("the path has no file name".to_owned()))?;
        let folder = self.path.parent().unwrap_or(Path::new(""));
        replace(folder, name, &csv::text(&self.rows)).map_err(|error| wrong(error.to_string()))
    }
}

/// Whether a row has the result of a whole run.
fn is_final(row: &[String]) -> bool {
    row.get(1).is_some_and(|status| status == "graded" || status == "undecided")
}

/// Copies the file of an earlier run to `.bak`.
pub(super) fn keep(path: &Path) -> Result<(), String> {
    let mut kept = path.as_os_str().to_owned();
    kept.push(".bak");
    match std::fs::copy(path, &kept) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("cannot keep {}: {error}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::batch::tally::samples::tally;

    const CHECKS: [&str; 2] = ["A-1", "A-2"];

    fn graded(name: &str) -> Tally {
        tally(name, State::Ended, &[("A-1", "passed"), ("A-2", "failed"), ("A-3", "absent")])
    }

    #[test]
    fn each_submission_is_a_row() {
        let waiting = tally("bob", State::Waiting, &[]);
        let sheet =
            Sheet::new(Path::new("x.csv"), CHECKS.to_vec(), &[graded("=1, \"x\""), waiting]);
        assert_eq!(
            csv::text(&sheet.rows),
            "name,status,earned,possible,passed,failed,skipped,undecided,A-1,A-2\r\n\
             \"'=1, \"\"x\"\"\",graded,1,3,1,1,0,0,passed,failed\r\n\
             bob,not graded,,,,,,,,\r\n"
        );
    }

    #[test]
    fn rows_are_replaced_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grades.csv");
        let waiting = |name: &str| tally(name, State::Waiting, &[]);
        let both = [graded("-ada"), waiting("bob")];
        Sheet::new(&path, CHECKS.to_vec(), &both).write().unwrap();
        let before = fs::read_to_string(&path).unwrap();
        let mut sheet = Sheet::read(&path, CHECKS.to_vec()).unwrap();
        sheet.put(&tally("-ada", State::Ended, &["A-1", "A-2", "A-3"].map(|id| (id, "undecided"))));
        sheet.put(&graded("eve"));
        sheet.write().unwrap();
        let after = fs::read_to_string(&path).unwrap();
        let begins: Vec<&str> = after.lines().skip(1).map(|line| &line[..8]).collect();
        assert_eq!(begins, ["'-ada,un", "bob,not ", "eve,grad"]);
        assert_eq!(before.lines().nth(2), after.lines().nth(2));
        // A run that did not get that far replaces no result.
        let renewed = Sheet::renewed(&path, CHECKS.to_vec(), &[waiting("-ada"), waiting("joe")]);
        sheet.put(&waiting("eve"));
        let begins = |sheet: &Sheet| csv::text(&sheet.rows).replace("\r\n", "\n");
        assert_eq!(begins(&sheet), after.replace("\r\n", "\n"));
        assert!(begins(&renewed).contains("\n'-ada,undecided,"), "{}", begins(&renewed));
        assert!(begins(&renewed).ends_with("\njoe,not graded,,,,,,,,\n"), "{}", begins(&renewed));
    }

    #[test]
    fn the_file_of_an_earlier_run_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grades.csv");
        keep(&path).unwrap();
        std::fs::write(&path, "old").unwrap();
        keep(&path).unwrap();
        assert_eq!(std::fs::read_to_string(folder.path().join("grades.csv.bak")).unwrap(), "old");
    }

    #[test]
    fn a_file_with_other_columns_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grades.csv");
        assert!(Sheet::read(&path, CHECKS.to_vec()).is_ok(), "the file does not exist yet");
        for text in ["name,status\r\n", "\"", ""] {
            fs::write(&path, text).unwrap();
            let error = Sheet::read(&path, CHECKS.to_vec()).unwrap_err();
            assert!(error.contains("grades.csv: its columns do not match"), "{error}");
        }
        Sheet::new(&path, CHECKS.to_vec(), &[graded("ada")]).write().unwrap();
        let error = Sheet::read(&path, vec!["A-1"]).unwrap_err();
        assert!(error.contains("its columns do not match"), "{error}");
    }
}
