//! The report files: every format, written into one folder.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::{Graded, classroom50, ctrf, gradescope, html, junit, tap, text};

/// Writes every report into the folder, and creates the folder if it does not exist.
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

/// Replaces a file atomically: a reader finds the old text or the new one, never a part.
pub(crate) fn replace(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    // A killed run may have left a part behind. The part must be a new file, because the graded program
    // could have put a link in its place.
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
    #[ignore = "slow"]
    fn the_folder_holds_every_report_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("new").join("folder");
        write_all(&inside, &samples::graded()).unwrap();
        // The part file of a killed run does no harm.
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
    fn a_link_in_place_of_a_part_file_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        fs::write(&precious, "mine").unwrap();
        std::os::unix::fs::symlink(&precious, folder.path().join(".results.tap.part")).unwrap();
        write_all(folder.path(), &samples::graded()).unwrap();
        assert_eq!(fs::read_to_string(&precious).unwrap(), "mine");
    }

    #[test]
    #[ignore = "slow"]
    fn no_report_contains_control_characters() {
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
