//! The students of a class, from a CSV file.

use std::collections::HashMap;
use std::path::Path;

use crate::report::visible;
use crate::{csv, file};

/// Greatest number of students.
const MOST: usize = 5_000;

/// A student and the name of their folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Student {
    pub(super) name: String,
    pub(super) folder: String,
}

/// Reads the column `name` of a CSV file.
///
/// # Errors
/// One line of text: the file and what is wrong in it.
pub(super) fn read(path: &Path) -> Result<Vec<Student>, String> {
    let text = file::read(path)?;
    parse(&text).map_err(|why| format!("{}: {why}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Student>, String> {
    let rows = csv::rows(text).ok_or("a quote is at the wrong place")?;
    let mut rows = rows.into_iter().zip(1..);
    let (head, _) = rows.next().ok_or("it is empty; its first line must name a column \"name\"")?;
    let is_name = |title: &String| title.trim().eq_ignore_ascii_case("name");
    let Some(column) = head.iter().position(is_name) else {
        let hint = match head.iter().any(|title| title.contains(';')) {
            true => "; columns are separated by commas, not by semicolons",
            false => "",
        };
        let titles = visible::line(&head.join(", "));
        return Err(format!("its first line must name a column \"name\", and is {titles:?}{hint}"));
    };
    let mut students = Vec::new();
    let mut rows_of: HashMap<String, i32> = HashMap::new();
    for (row, number) in rows {
        if row.len() != head.len() {
            let (cells, want) = (row.len(), head.len());
            return Err(format!("row {number} has {cells} cells, and the first row has {want}"));
        }
        let name = row.get(column).map_or("", |name| name.trim());
        let name = visible::line(name);
        if name.is_empty() {
            return Err(format!("row {number} has no name"));
        }
        let words: Vec<&str> = name.split_whitespace().collect();
        if let Some(before) = rows_of.insert(words.join(" ").to_lowercase(), number) {
            return Err(format!(
                "rows {before} and {number} have the same name, {name:?}; add an initial or a number"
            ));
        }
        let folder = folder(&name, students.len() + 1);
        students.push(Student { name, folder });
    }
    match students.len() {
        0 => Err("it names no student".to_owned()),
        count if count > MOST => Err(format!("it names {count} students, and {MOST} are possible")),
        _ => Ok(students),
    }
}

/// The name of a student's folder: a number, and the letters and digits of the name. So every name makes a
/// folder of its own, inside the folder of the exam.
fn folder(name: &str, number: usize) -> String {
    const LONGEST: usize = 40;
    let kept = |letter: char| if letter.is_alphanumeric() { letter } else { ' ' };
    let kept: String = name.to_lowercase().chars().take(LONGEST).map(kept).collect();
    let words = std::iter::once(format!("{number:03}"));
    words.chain(kept.split_whitespace().map(str::to_owned)).collect::<Vec<String>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_student_with_a_folder_of_their_own() {
        let text = "\u{feff}id,Name\r\n1,Ada Lovelace\r\n2,\"O'Brien, Åse\"\r\n\r\n3,../../etc\r\n4,🦀\r\n";
        let students = parse(text).unwrap();
        let folders: Vec<&str> = students.iter().map(|it| it.folder.as_str()).collect();
        assert_eq!(folders, ["001-ada-lovelace", "002-o-brien-åse", "003-etc", "004"]);
        assert_eq!(students[1].name, "O'Brien, Åse");
        let long = parse(&format!("name\n{}\n", "x".repeat(5000))).unwrap();
        assert!(long[0].folder.len() < 50);
    }

    #[test]
    fn a_wrong_file_is_an_error_that_names_the_row() {
        for (text, want) in [
            ("", "it is empty"),
            ("name\n", "it names no student"),
            ("student\nada\n", "must name a column \"name\", and is \"student\""),
            ("name;id\nada;1\n", "separated by commas"),
            ("name\n\"ada\n", "a quote is at the wrong place"),
            ("name,id\nada,1\n ,2\n", "row 3 has no name"),
            ("name,id\nada\n", "row 2 has 1 cells, and the first row has 2"),
            ("name\nAda  L\nbob\nada l\n", "rows 2 and 4 have the same name, \"ada l\""),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(want), "{text:?}: {error}");
        }
        let many =
            "name\n".to_owned() + &(0..=MOST).map(|it| format!("{it}\n")).collect::<String>();
        assert!(parse(&many).unwrap_err().contains("5000 are possible"));
    }

    #[test]
    fn a_name_cannot_control_a_terminal() {
        assert_eq!(parse("name\n\x1b[2Jada\n").unwrap()[0].name, "␛[2Jada");
    }
}
