//! `grade exam`: the exams of a class, and what the students hand in.
//!
//! The reference transcripts in `tests/exam/` solve every exam: each shows one mistake. `STRATA_MATRIX=all`
//! solves two hundred exams, by which every pair of mistakes has its turn.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::selection;

/// The folder of an exam, and the programs that it needs.
struct Exam(tempfile::TempDir);

/// A student's folder, and the names of the two mistakes.
struct Student {
    folder: PathBuf,
    mistakes: [String; 2],
}

impl Exam {
    /// Makes the exams of a class with this many students.
    fn of(students: usize, seed: &str) -> Exam {
        let exam = Exam(tempfile::tempdir().unwrap());
        let names: String = (0..students).map(|number| format!("Student {number}\n")).collect();
        let (code, said) = exam.make(&format!("name\n{names}"), seed);
        assert_eq!(code, 0, "{said}");
        exam
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("exam")
    }

    /// Runs `grade exam make`.
    fn make(&self, class: &str, seed: &str) -> (i32, String) {
        fs::write(self.0.path().join("names.csv"), class).unwrap();
        let arguments = ["exam", "make", "--class", "names.csv", "--seed", seed, "--out", "exam"];
        run(self.0.path(), &arguments)
    }

    /// Runs `grade exam check`.
    fn check(&self) -> (i32, String) {
        run(self.0.path(), &["exam", "check", "exam"])
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join("teacher").join(name)).unwrap()
    }

    /// The students, as the answers name them.
    fn students(&self) -> Vec<Student> {
        let student = |line: &str| {
            let cells: Vec<&str> = line.split(',').collect();
            let folder = self.folder().join("students").join(cells[1]);
            Student { folder, mistakes: [cells[2].to_owned(), cells[3].to_owned()] }
        };
        self.read("answers.csv").lines().skip(1).map(student).collect()
    }
}

impl Student {
    /// Hands in a text.
    fn hands_in(&self, file: &str, text: &str) {
        fs::write(self.folder.join(file), text).unwrap();
    }
}

/// Runs `grade` in a folder. Returns the exit code, and both outputs.
fn run(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let grade = assert_cmd::cargo::cargo_bin!("grade");
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new(grade)
        .args(arguments)
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", grade.parent().unwrap().display()))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.code().unwrap(), said)
}

/// The reference transcript that shows a mistake.
fn reference(mistake: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exam");
    fs::read_to_string(folder.join(format!("{mistake}.chat"))).unwrap()
}

#[test]
#[ignore = "slow"]
fn the_reference_transcripts_solve_every_exam() {
    let students = if selection::is_all() { 200 } else { 3 };
    let exam = Exam::of(students, &format!("seed {}", selection::turn()));
    for (number, student) in exam.students().iter().enumerate() {
        let [first, second] = &student.mistakes;
        // The order of the files does not matter.
        let files = if number % 2 == 0 { [first, second] } else { [second, first] };
        for (file, mistake) in ["one.chat", "two.chat"].iter().zip(files) {
            student.hands_in(file, &reference(mistake));
        }
    }
    let (code, said) = exam.check();
    assert_eq!(code, 0, "{said}");
    let want = format!("{students} exams: {students} show both mistakes, 0 show one, 0 show none");
    assert!(said.contains(&want), "{said}");
    let results = exam.read("results.csv");
    assert_eq!(results.lines().filter(|line| line.ends_with(",checked")).count(), students);
    let questions = exam.read("questions.md");
    assert_eq!(questions.matches("What did your server do instead?").count(), 2 * students);
}

#[test]
#[ignore = "slow"]
fn what_shows_no_mistake_alone_does_not_count() {
    let exam = Exam::of(4, "a seed of the teacher");
    let [nothing, both, invalid, late] = &exam.students()[..] else { panic!() };
    let plain = "# Logs in.\nann > {\"request\":\"login\",\"username\":\"ann\"}\nann < {…}\n";
    nothing.hands_in("one.chat", plain);
    nothing.hands_in("two.chat", "");
    // The people of the second part have other names, so that both parts can be played.
    let [first, second] = &both.mistakes;
    both.hands_in("one.chat", &reference(first));
    both.hands_in("two.chat", &reference(first).replace("# ", "# Again: "));
    let strict =
        "ann > {\"request\":\"login\",\"username\":\"ann\"}\nann < {\"response\":\"login\"}\n";
    invalid.hands_in("one.chat", strict);
    invalid.hands_in("two.chat", "dialect ktn15\nann > (connects)\n");
    late.hands_in("One.chat.txt", plain);
    std::os::unix::fs::symlink("/etc/passwd", late.folder.join("two.chat")).unwrap();
    let (code, said) = exam.check();
    assert_eq!(code, 0, "{said}");
    let shows = format!("shows {first}");
    assert!(!said.contains(&format!("shows {second}")), "{said}");
    for want in [
        "shows no mistake: passes on the student's server",
        "two: the file is empty",
        &format!("1 of 2  one: {shows}"),
        "one: invalid: fails in line 2 on a right server; no sentence",
        "two: it is in the dialect ktn15",
        "one: nothing handed in; the folder has One.chat.txt",
        "two: the file is a link",
        "4 exams: 0 show both mistakes, 1 show one, 3 show none",
    ] {
        assert!(said.contains(want), "{want}: {said}");
    }
}

#[test]
fn the_server_starts_with_the_code_only() {
    let exam = Exam::of(1, "a seed of the teacher");
    let student = &exam.students()[0];
    student.hands_in("t.chat", "ann > (connects)\nann < (nothing)\n");
    let play = || run(&student.folder, &["play", "t.chat", "--server", "./server {port}"]);
    let (code, said) = play();
    assert!(code == 1 && said.contains("the code that"), "{said}");
    student.hands_in("code.txt", "wrong");
    let (code, said) = play();
    assert!(code == 1 && said.contains("the code does not open this server"), "{said}");
    student.hands_in("code.txt", &exam.read("code.txt").to_uppercase());
    let (code, said) = play();
    assert_eq!(code, 0, "{said}");
    assert!(!student.mistakes.iter().any(|mistake| said.contains(mistake.as_str())), "{said}");
}

#[test]
fn the_checks_do_not_run_on_the_server_of_an_exam() {
    let exam = Exam::of(1, "a seed of the teacher");
    let student = &exam.students()[0];
    let (code, said) = run(&student.folder, &["--server", "./server {port}"]);
    assert!(code == 2 && said.contains("the server of an exam"), "{said}");
    let line = format!("'{}' {{port}}", student.folder.join("server").display());
    let (code, said) = run(exam.0.path(), &["--server", &line, "--check", "LOGIN-1"]);
    assert!(code == 2 && said.contains("the server of an exam"), "{said}");
}

#[test]
#[ignore = "slow"]
fn the_same_seed_makes_the_same_exams() {
    let answers = |seed: &str| {
        let exam = Exam::of(20, seed);
        let servers: Vec<String> = exam
            .students()
            .iter()
            .map(|student| fs::read_to_string(student.folder.join("server")).unwrap())
            .collect();
        (exam.read("answers.csv"), exam.read("code.txt"), servers)
    };
    let (one, again, other) = (answers("autumn 2026"), answers("autumn 2026"), answers("spring"));
    assert_eq!(one, again);
    assert!(one.0 != other.0 && one.1 != other.1 && one.2 != other.2);
}

#[test]
fn wrong_arguments_make_nothing() {
    let exam = Exam(tempfile::tempdir().unwrap());
    for (class, seed, want) in [
        ("name\nAda\nada\n", "seed", "names.csv: rows 2 and 3 have the same name, \"ada\""),
        ("nick\nAda\n", "seed", "must name a column \"name\""),
        ("name\nAda\n", " ", "the seed is empty"),
    ] {
        let (code, said) = exam.make(class, seed);
        assert!(code == 2 && said.contains(want), "{said}");
        assert!(!exam.folder().exists());
    }
    let (code, said) = exam.check();
    assert!(code == 2 && said.contains("`grade exam make`"), "{said}");
    fs::create_dir(exam.folder()).unwrap();
    fs::write(exam.folder().join("notes"), "").unwrap();
    let (code, said) = exam.make("name\nAda\n", "seed");
    assert!(code == 2 && said.contains("exam: the folder is not empty"), "{said}");
}
