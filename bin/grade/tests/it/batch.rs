//! Folders of submissions: the grade of one does not depend on the others, and an interrupted run
//! writes the results that it has.

mod names;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

use super::{clients, mutants};

const RUBRIC: &str =
    "stage = [{ name = 'a', points = 2, checks = ['START-1', 'LOGIN-1', 'LOGIN-3'] }]";

/// Heading of the CSV, as a teacher sees it.
const HEADING: &str =
    "name,status,earned,possible,passed,failed,skipped,undecided,START-1,LOGIN-1,LOGIN-3";

/// A course, in a temporary folder.
pub(super) struct Course(tempfile::TempDir);

impl Course {
    /// Creates a course with these lines in its `grade.toml`.
    pub(super) fn new(config: &str) -> Course {
        let course = Course(tempfile::tempdir().unwrap());
        let config = format!("server = 'sh run.sh {{port}}'\nrubric = 'rubric.toml'\n{config}");
        // The scripts run this program, which the command does not name.
        let visible = super::mutant("server");
        let config = format!("{config}\nvisible = ['{}']", visible.display());
        course.write("grade.toml", &config);
        course.write("rubric.toml", RUBRIC);
        fs::create_dir(course.path("submissions")).unwrap();
        course
    }

    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Hands in a server with this command line.
    pub(super) fn hand_in(&self, name: &str, line: &str) {
        let folder = Path::new("submissions").join(name);
        fs::create_dir_all(self.path(folder.to_str().unwrap())).unwrap();
        self.write(folder.join("run.sh").to_str().unwrap(), line);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("grade"));
        // The grader runs in another folder, so paths in `grade.toml` must be relative to that
        // file.
        command.args(["batch", "course/submissions", "--config", "course/grade.toml"]);
        command.args(arguments).current_dir(self.elsewhere());
        command
    }

    /// A folder in which the course is called `course`.
    fn elsewhere(&self) -> std::path::PathBuf {
        let elsewhere = self.path("elsewhere");
        if !elsewhere.exists() {
            fs::create_dir(&elsewhere).unwrap();
            symlink("..", elsewhere.join("course")).unwrap();
        }
        elsewhere
    }

    pub(super) fn grade(&self, arguments: &[&str]) -> (Vec<String>, Output) {
        let output = self.command(arguments).output().unwrap();
        (self.rows(), output)
    }

    /// The rows of the CSV.
    fn rows(&self) -> Vec<String> {
        let csv = fs::read_to_string(self.path("grades.csv")).unwrap_or_default();
        csv.split_terminator("\r\n").map(str::to_owned).collect()
    }
}

/// A shell script that runs the plain server, with this bug or without a bug.
pub(super) fn server(bug: Option<&str>) -> String {
    let line = mutants::line(bug).replace("{port}", "$1").replace("{dialect}", "json");
    format!("exec {line}")
}

fn said(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr))
}

const STRANGE: &str = "=1+1, \"x\"";

fn course() -> Course {
    let course = Course::new("submissions = 3\nstart = 4");
    course.hand_in("ada", &server(None));
    course.hand_in("Digits", &server(Some("digits-refused")));
    course.hand_in("ends", "echo I cannot find myself; exit 3");
    course.hand_in("forks", "n=0; while [ $n -lt 300 ]; do sleep 1000 & n=$((n + 1)); done; wait");
    course.hand_in("hangs", "sleep 1000");
    course.hand_in(STRANGE, &server(None));
    // Entries that are not submissions, and a submission that is a link.
    course.hand_in(".hidden", &server(None));
    course.write("submissions/README.txt", "None of mine");
    course.hand_in("../late", &server(None));
    symlink("../late", course.path("submissions/linked")).unwrap();
    course
}

#[test]
#[ignore = "slow"]
fn each_submission_gets_its_points() {
    let course = course();
    let (rows, output) = course.grade(&[]);
    let (stdout, stderr) = said(&output);
    assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{stdout}");
    let nothing = "graded,0,6,0,1,2,0,failed,skipped,skipped";
    let all = "graded,6,6,3,0,0,0,passed,passed,passed";
    let want = [
        HEADING.to_owned(),
        format!("\"'=1+1, \"\"x\"\"\",{all}"),
        format!("ada,{all}"),
        "Digits,graded,4,6,2,1,0,0,passed,passed,failed".to_owned(),
        format!("ends,{nothing}"),
        format!("forks,{nothing}"),
        format!("hangs,{nothing}"),
        format!("linked,{all}"),
    ];
    assert_eq!(rows, want, "{stdout}");
    for (name, line) in [
        ("ada", "ada: graded, 6 of 6 points; 3 passed"),
        ("Digits", "Digits: graded, 4 of 6 points; 2 passed, 1 failed"),
        ("hangs", "hangs: graded, 0 of 6 points; 1 failed, 2 skipped"),
        (STRANGE, "=1+1, \"x\": graded, 6 of 6 points; 3 passed"),
    ] {
        assert!(stdout.lines().any(|it| it.ends_with(line)), "{line} is not in {stdout}");
        let report = |file: &str| course.read(&format!("reports/{name}/{file}"));
        for file in ["report.html", "results.json", "result.json", "junit.xml", "results.tap"] {
            assert!(!report(file).is_empty(), "{file}");
        }
        assert!(report("report.txt").contains(&format!("seed student-{name}\nby {name}\n")));
    }
    assert!(stdout.lines().any(|line| line == "7 submissions: 7 graded."), "{stdout}");
    let report = |name: &str| course.read(&format!("reports/{name}/report.txt"));
    assert!(report("ends").contains("I cannot find myself"));
    assert!(report("forks").contains("processes") && report("hangs").contains("does not listen"));
    assert_eq!(fs::read_dir(course.path("reports")).unwrap().count(), 7);
    only_some_are_graded_again(&course, &rows);
}

/// Only the requested submissions are graded again. The rows of the others keep their contents,
/// even if they are out of date.
fn only_some_are_graded_again(course: &Course, before: &[String]) {
    course.hand_in("Digits", &server(None));
    course.hand_in("ada", &server(Some("digits-refused")));
    course.hand_in(STRANGE, &server(Some("digits-refused")));
    let (after, output) = course.grade(&["--only", "Digits", "--only", STRANGE]);
    let (stdout, stderr) = said(&output);
    assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(stdout.lines().any(|line| line == "2 submissions: 2 graded."), "{stdout}");
    let mut want = before.to_vec();
    want[1] = "\"'=1+1, \"\"x\"\"\",graded,4,6,2,1,0,0,passed,passed,failed".to_owned();
    want[3] = "Digits,graded,6,6,3,0,0,0,passed,passed,passed".to_owned();
    assert_eq!(after, want);

    // With another rubric, the columns of the old rows are unknown.
    course.write("rubric.toml", "stage = [{ name = 'a', checks = ['START-1'] }]");
    let (rows, output) = course.grade(&["--only", "Digits"]);
    let (_, stderr) = said(&output);
    assert_eq!((output.status.code(), rows), (Some(2), after));
    assert!(stderr.starts_with("grade: course/grades.csv: its columns do not match"), "{stderr}");
}

#[test]
fn an_interrupted_run_writes_the_results_so_far() {
    // The server sends its parent, the grader, the signal of Ctrl-C; in a sandbox it could not.
    let course = Course::new("start = 600\nisolation = false");
    course.hand_in("a", &server(None));
    course.hand_in("b", "kill -INT $PPID; sleep 1000");
    course.hand_in("c", &server(None));
    let (rows, output) = course.grade(&[]);
    let (stdout, stderr) = said(&output);
    assert_eq!(output.status.code(), Some(130), "{stdout}");
    assert!(stderr.starts_with("grade: NOT ISOLATED: ") && stderr.lines().count() == 1, "{stderr}");
    let done = "a,graded,6,6,3,0,0,0,passed,passed,passed";
    let want = [HEADING, done, "b,unfinished,0,0,0,0,0,0,,,", "c,not graded,,,,,,,,,"];
    assert_eq!(rows, want);
    assert!(stdout.starts_with("[1/3] a: graded, 6 of 6 points; 3 passed\n"), "{stdout}");
    assert!(
        stdout.contains("\n3 submissions: 1 graded, 1 unfinished, 1 not graded.\n"),
        "{stdout}"
    );
    assert!(course.read("reports/b/report.txt").contains("Not all checks have been done."));
}

#[test]
#[ignore = "slow"]
fn an_interrupted_rerun_keeps_finished_results() {
    let course = Course::new("start = 600\nisolation = false");
    for name in ["a", "b", "c"] {
        course.hand_in(name, &server(None));
    }
    let (before, output) = course.grade(&[]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let report = course.read("reports/b/report.txt");
    course.hand_in("a", &server(Some("digits-refused")));
    course.hand_in("b", "kill -INT $PPID; sleep 1000");
    let (after, output) = course.grade(&[]);
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let a = "a,graded,4,6,2,1,0,0,passed,passed,failed".to_owned();
    assert_eq!(after, [before[0].clone(), a, before[2].clone(), before[3].clone()]);
    assert_eq!(course.read("reports/b/report.txt"), report);
    let folders = fs::read_dir(course.path("reports")).unwrap();
    assert_eq!(folders.count(), 3, "no unfinished folder is left");
}

#[test]
fn an_unwritable_report_is_an_error_and_the_run_goes_on() {
    let course = Course::new("");
    course.hand_in("ada", &server(None));
    course.hand_in("grace", &server(None));
    fs::create_dir(course.path("reports")).unwrap();
    course.write("reports/ada", "in the way");
    let (rows, output) = course.grade(&[]);
    let (_, stderr) = said(&output);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr.starts_with("grade: ada: cannot write the reports: "), "{stderr}");
    let all = "graded,6,6,3,0,0,0,passed,passed,passed";
    assert_eq!(rows[1..], [format!("ada,{all}"), format!("grace,{all}")]);
}

/// A client is operated with the profile that was handed in with it, or else with the profile of
/// the course.
#[test]
fn each_client_is_graded_with_its_profile() {
    let course = Course::new("");
    course.write(
        "grade.toml",
        &format!(
            "client = 'sh run.sh {{host}} {{port}}'\nprofile = 'profile.toml'\n\
             rubric = 'rubric.toml'\nvisible = ['{}']",
            harness::program("client").display()
        ),
    );
    course
        .write("rubric.toml", "stage = [{ name = 'a', checks = ['OPEN-1', 'TYPE-1', 'START-1'] }]");
    course.write("profile.toml", clients::PIPED);
    let client = clients::strata().replace("{host}", "$1").replace("{port}", "$2");
    for name in ["ada", "broken", "mute"] {
        course.hand_in(name, &client);
    }
    course.write("submissions/broken/profile.toml", "say = 3");
    let mute = clients::PIPED.replace("/login {name}", "/help {name}");
    course.write("submissions/mute/profile.toml", &mute);
    let (rows, output) = course.grade(&[]);
    let (stdout, stderr) = said(&output);
    assert_eq!(output.status.code(), Some(3), "{stdout}{stderr}");
    let heading = "name,status,earned,possible,passed,failed,skipped,undecided,OPEN-1,TYPE-1";
    let ada = "ada,graded,2,2,2,0,0,0,passed,passed";
    assert_eq!(rows[..3], [heading, ada, "broken,not graded,,,,,,,,"]);
    assert!(rows[3].starts_with("mute,graded,") && rows[3].contains("failed"), "{rows:?}");
    let want = "grade: broken: course/grade.toml: course/submissions/broken/profile.toml";
    assert!(stderr.starts_with(want) && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn a_wrong_configuration_is_refused_in_one_line() {
    for (config, arguments, want) in [
        ("dialect = 'klingon'", vec![], "course/grade.toml: no dialect is called \"klingon\""),
        ("fly = true", vec![], "course/grade.toml, line 3: unknown field `fly`"),
        ("jobs = 0", vec![], "course/grade.toml, line 3: "),
        ("csv = '.'", vec![], "course/grade.toml: csv: course/. is not a file"),
        (
            "reports = 'rubric.toml'",
            vec![],
            "course/grade.toml: cannot write into course/rubric.toml: ",
        ),
        (
            "reports = 'submissions'",
            vec![],
            "course/submissions: the reports cannot be among the submissions",
        ),
        ("", vec!["--only", "eve"], "course/submissions: there is no submission \"eve\""),
        ("", vec!["--config", "nowhere.toml"], "the argument '--config <FILE>' cannot be used"),
    ] {
        let course = Course::new(config);
        course.hand_in("ada", &server(None));
        let (rows, output) = course.grade(&arguments);
        let (stdout, stderr) = said(&output);
        assert_eq!((output.status.code(), stdout.as_str()), (Some(2), ""), "{stderr}");
        assert!(stderr.contains(want), "{stderr}");
        assert!(rows.is_empty(), "nothing was graded: {rows:?}");
        let lines = stderr.lines().count();
        assert!(
            lines == 1 && stderr.starts_with("grade: ") || want.contains("argument"),
            "{stderr}"
        );
    }
}

#[test]
fn a_missing_rubric_or_folder_is_named() {
    let course = Course::new("");
    let (_, output) = course.grade(&[]);
    let (_, stderr) = said(&output);
    assert_eq!(stderr, "grade: course/submissions: it contains no folder to grade\n");
    course.hand_in("ada", &server(None));
    course.write("rubric.toml", "stage = [{ name = 'a', checks = ['FLY-1'] }]");
    let (_, output) = course.grade(&[]);
    let (_, stderr) = said(&output);
    assert_eq!(stderr, "grade: course/grade.toml: course/rubric.toml: there is no check FLY-1\n");
    fs::remove_file(course.path("grade.toml")).unwrap();
    let (_, output) = course.grade(&[]);
    let (_, stderr) = said(&output);
    assert!(stderr.starts_with("grade: course/grade.toml: No such file"), "{stderr}");
}
