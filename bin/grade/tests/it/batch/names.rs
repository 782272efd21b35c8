//! Names of submissions that a terminal or a spreadsheet would obey.

use std::fs;

use super::{Course, said};

/// A folder can be called anything, and the teacher looks at the results with a terminal and a spreadsheet.
#[test]
fn no_name_is_obeyed_by_a_terminal_or_a_spreadsheet() {
    let course = Course::new("start = 4");
    let escape = "\u{1b}]0;owned\u{7}\u{1b}[2Jeve";
    for name in [escape, "+x\r\n-y", " =1+1"] {
        course.hand_in(name, "exit 3");
    }
    fs::create_dir(course.path("reports")).unwrap();
    // An error names the submission, too.
    course.write(&format!("reports/{escape}"), "in the way");
    let (_, output) = course.grade(&[]);
    let (stdout, stderr) = said(&output);
    let csv = course.read("grades.csv");
    let nothing = "graded,0,6,0,1,2,0,failed,skipped,skipped\r\n";
    for cell in ["\"␛]0;owned␇␛[2Jeve\"", "'+x␍␊-y", "' =1+1"] {
        assert!(csv.contains(&format!("\n{cell},{nothing}")), "{csv:?}");
    }
    assert!(stderr.starts_with("grade: ␛]0;owned␇␛[2Jeve: cannot write the reports"), "{stderr}");
    for text in [csv, stdout, stderr] {
        let obeyed = |letter: char| letter.is_control() && !matches!(letter, '\r' | '\n');
        assert!(!text.contains(obeyed), "{text:?}");
    }
    // Another run finds the rows again.
    let (rows, _) = course.grade(&["--only", escape, "--only", "+x\r\n-y"]);
    assert_eq!(rows.len(), 4, "{rows:?}");
}
