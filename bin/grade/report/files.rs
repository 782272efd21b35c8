//! All reports as files in a folder.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::{Graded, classroom50, ctrf, gradescope, html, junit, tap, text};

/// Writes all reports into this folder, which is made if it does not exist.
pub(crate) fn write_all(folder: &Path, graded: &Graded) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, text) in [
        ("report.html", html::page(graded)),
        ("report.txt", text::report(graded)),
        ("results.json", gradescope::text(graded)),
        ("result.json", classroom50::text(graded)),
        ("junit.xml", junit::text(graded)),
        ("ctrf-report.json", ctrf::text(graded)),
        ("results.tap", tap::text(graded)),
    ] {
        replace(folder, name, &text)?;
    }
    Ok(())
}

/// Puts a whole file where there may be another: whoever reads it finds one or the other.
pub(crate) fn replace(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    // One may be left from a run that was killed. It has to be a new file: what is graded could
    // have put a link in its place.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::File::create_new(&part)?.write_all(text.as_bytes())?;
    fs::rename(&part, folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::samples;

    #[test]
    fn all_reports_are_there_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("new").join("folder");
        write_all(&inside, &samples::graded()).unwrap();
        // What a killed run left is no obstacle.
        fs::write(inside.join(".junit.xml.part"), "half of").unwrap();
        write_all(&inside, &samples::hostile()).unwrap();
        let mut names: Vec<String> = fs::read_dir(&inside)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(
            names,
            [
                "ctrf-report.json",
                "junit.xml",
                "report.html",
                "report.txt",
                "result.json",
                "results.json",
                "results.tap"
            ]
        );
    }

    #[test]
    #[cfg(unix)]
    fn a_link_in_the_place_of_a_part_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "mine").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join(".results.tap.part")).unwrap();
        write_all(folder.path(), &samples::graded()).unwrap();
        assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
    }

    #[test]
    fn no_report_has_a_character_that_obeys() {
        let folder = tempfile::tempdir().unwrap();
        write_all(folder.path(), &samples::hostile()).unwrap();
        for entry in fs::read_dir(folder.path()).unwrap() {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let odd = text.chars().find(|c| c.is_control() && *c != '\n' || *c == '\u{202e}');
            assert_eq!(odd, None, "{}", path.display());
        }
    }
}
