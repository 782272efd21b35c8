//! The folder of an exam: `students/`, which is handed out, and `teacher/`, which is not.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::class::Student;
use super::pool::{self, Pair};
use crate::report::replace;
use crate::{csv, file};

/// The folders in the folder of an exam.
const STUDENTS: &str = "students";
const TEACHER: &str = "teacher";
/// The file with the mistakes of each student.
const ANSWERS: &str = "answers.csv";
/// Its columns.
const COLUMNS: [&str; 4] = ["name", "folder", "first mistake", "second mistake"];

/// The folder of an exam.
#[derive(Debug)]
pub(super) struct ExamFolder(PathBuf);

/// A student with the mistakes of their server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exam {
    pub(super) student: Student,
    pub(super) pair: Pair,
}

impl ExamFolder {
    /// Makes the folder, which must be empty or missing.
    ///
    /// # Errors
    /// One line of text: the folder has files, or cannot be made.
    pub(super) fn make(path: &Path) -> Result<ExamFolder, String> {
        let wrong = |error: io::Error| format!("{}: {error}", path.display());
        match fs::read_dir(path).map(Iterator::count) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(wrong(error)),
            Ok(0) => {}
            Ok(_) => return Err(format!("{}: the folder is not empty", path.display())),
        }
        for folder in [STUDENTS, TEACHER] {
            fs::create_dir_all(path.join(folder)).map_err(wrong)?;
        }
        let own = fs::Permissions::from_mode(0o700);
        fs::set_permissions(path.join(TEACHER), own).map_err(wrong)?;
        Ok(ExamFolder(path.to_owned()))
    }

    /// The folder that an earlier run has made.
    pub(super) fn at(path: &Path) -> ExamFolder {
        ExamFolder(path.to_owned())
    }

    /// The folder of a student.
    pub(super) fn of(&self, student: &Student) -> PathBuf {
        self.0.join(STUDENTS).join(&student.folder)
    }

    /// Writes a file for the teacher. Returns its path.
    ///
    /// # Errors
    /// One line of text that names the file.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let folder = self.0.join(TEACHER);
        let path = folder.join(name);
        let written = replace(&folder, name, text);
        written.map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        Ok(path)
    }

    /// Writes the mistakes of each student.
    ///
    /// # Errors
    /// As with [`write`](ExamFolder::write).
    pub(super) fn write_answers(&self, exams: &[Exam]) -> Result<PathBuf, String> {
        let mut rows = vec![COLUMNS.map(str::to_owned).to_vec()];
        rows.extend(exams.iter().map(|Exam { student, pair: [first, second] }| {
            let name = csv::harmless(&student.name);
            vec![name, student.folder.clone(), first.bug.to_owned(), second.bug.to_owned()]
        }));
        self.write(ANSWERS, &csv::text(&rows))
    }

    /// Reads the mistakes of each student.
    ///
    /// # Errors
    /// One line of text: the folder is no exam, or the file was changed.
    pub(super) fn read_answers(&self) -> Result<Vec<Exam>, String> {
        let path = self.0.join(TEACHER).join(ANSWERS);
        let text = file::read(&path).map_err(|error| {
            format!("{error}; the folder must be one that `grade exam make` has made")
        })?;
        let wrong = |why: &str| format!("{}: {why}", path.display());
        let rows = csv::rows(&text).ok_or_else(|| wrong("a quote is at the wrong place"))?;
        let mut rows = rows.iter().zip(1..);
        if rows.next().is_none_or(|(head, _)| head != &COLUMNS) {
            return Err(wrong(&format!("its first line must be {}", COLUMNS.join(","))));
        }
        let exams: Result<Vec<Exam>, String> = rows
            .map(|(row, number)| exam(row).map_err(|why| wrong(&format!("row {number}: {why}"))))
            .collect();
        exams.and_then(|exams| match exams.is_empty() {
            true => Err(wrong("it names no student")),
            false => Ok(exams),
        })
    }
}

/// The exam in a row of the answers.
fn exam(row: &[String]) -> Result<Exam, String> {
    let [name, folder, first, second] = row else {
        return Err(format!("it has {} cells instead of {}", row.len(), COLUMNS.len()));
    };
    if folder.is_empty() || folder.starts_with('.') || folder.contains('/') {
        return Err(format!("{folder:?} is not the name of a student's folder"));
    }
    let find = |bug: &String| pool::find(bug).ok_or_else(|| format!("{bug:?} is not a mistake"));
    let student = Student { name: name.clone(), folder: folder.clone() };
    Ok(Exam { student, pair: [find(first)?, find(second)?] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let exams: Vec<Exam> = (1..4)
            .zip(pool::pairs())
            .map(|(number, pair)| {
                let student =
                    Student { name: format!("a, \"{number}\""), folder: format!("00{number}-a") };
                Exam { student, pair }
            })
            .collect();
        let made = ExamFolder::make(&folder.path().join("new")).unwrap();
        made.write_answers(&exams).unwrap();
        assert_eq!(ExamFolder::at(&folder.path().join("new")).read_answers().unwrap(), exams);
        assert!(ExamFolder::make(folder.path()).unwrap_err().ends_with("the folder is not empty"));
    }

    #[test]
    fn changed_answers_are_an_error_that_names_the_row() {
        let folder = tempfile::tempdir().unwrap();
        let error = ExamFolder::at(folder.path()).read_answers().unwrap_err();
        assert!(error.contains("answers.csv") && error.contains("grade exam make"), "{error}");
        let made = ExamFolder::make(&folder.path().join("new")).unwrap();
        let head = COLUMNS.join(",");
        for (text, want) in [
            ("name\n", "its first line must be"),
            (head.as_str(), "it names no student"),
            (&format!("{head}\na,1-a,no-echo\n"), "row 2: it has 3 cells instead of 4"),
            (&format!("{head}\na,../b,no-echo,order-lost\n"), "row 2: \"../b\" is not the name"),
            (&format!("{head}\na,1-a,no-echo,greets\n"), "row 2: \"greets\" is not a mistake"),
        ] {
            made.write(ANSWERS, text).unwrap();
            let error = made.read_answers().unwrap_err();
            assert!(error.contains(want), "{error}");
        }
    }
}
