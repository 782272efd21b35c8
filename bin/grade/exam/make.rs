//! `grade exam make`: the folder of an exam.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::ExitCode;

use super::assign::{Distinctness, assign};
use super::class::{self, Student};
use super::draw::Draw;
use super::folder::{Exam, ExamFolder};
use super::pool::{self, Pair};
use super::seal::seal;
use crate::arguments::MakeArguments;
use crate::built_in::BuiltIn;
use crate::exit::{UNDECIDED, USAGE, fail, warn};
use crate::screen::{self, say};

/// Number of words in the code that starts the servers.
const WORDS: usize = 3;

/// Length from which on a seed cannot be guessed.
const SHORTEST_SEED: usize = 8;

/// The command in the program of every exam.
pub(super) const SERVES: &str = "grade exam serve";

/// The pages that a student may use.
const PAGES: [(&str, &str); 2] = [
    ("protocol.md", include_str!("../../../handout/protocol.md")),
    ("transcripts.md", include_str!("../../../handout/transcripts.md")),
];

/// Runs `grade exam make`.
pub(super) fn run(arguments: &MakeArguments) -> ExitCode {
    let seed = arguments.seed.trim();
    if seed.is_empty() {
        return fail(USAGE, "the seed is empty");
    }
    // A grade without servers would make exams that cannot be started.
    if let Err(error) = BuiltIn::find(true) {
        return fail(USAGE, &error);
    }
    let students = match class::read(&arguments.class) {
        Ok(students) => students,
        Err(error) => return fail(USAGE, &error),
    };
    let folder = match ExamFolder::make(&arguments.out) {
        Ok(folder) => folder,
        Err(error) => return fail(USAGE, &error),
    };
    if seed.chars().count() < SHORTEST_SEED {
        warn(Some("the seed is short; a student who guesses it can make the answers"));
    }
    let exams = exams(students, seed);
    match write(&folder, &exams, seed) {
        Ok(code) => {
            let pairs: Vec<Pair> = exams.iter().map(|exam| exam.pair).collect();
            let measure = Distinctness::of(&pairs).words();
            let text = format!("{measure}\nCode that starts the servers: {code}");
            say(&text, screen::width().is_some());
            ExitCode::SUCCESS
        }
        Err(error) => fail(UNDECIDED, &error),
    }
}

/// Gives each student a pair of mistakes.
fn exams(students: Vec<Student>, seed: &str) -> Vec<Exam> {
    let pairs = assign(&pool::pairs(), students.len(), &mut Draw::new(seed, "mistakes"));
    students.into_iter().zip(pairs).map(|(student, pair)| Exam { student, pair }).collect()
}

/// Writes all files. Returns the code.
fn write(folder: &ExamFolder, exams: &[Exam], seed: &str) -> Result<String, String> {
    let mut draw = Draw::new(seed, "code");
    let code = (0..WORDS).map(|_| draw.word()).collect::<Vec<String>>().join(" ");
    for exam in exams {
        let own = folder.of(&exam.student);
        write_exam(&own, exam, &code, seed)
            .map_err(|error| format!("cannot write {}: {error}", own.display()))?;
    }
    folder.write_answers(exams)?;
    folder.write("code.txt", &format!("{code}\n"))?;
    Ok(code)
}

/// Writes the folder of a student.
fn write_exam(folder: &Path, exam: &Exam, code: &str, seed: &str) -> io::Result<()> {
    let Exam { student, pair: [first, second] } = exam;
    let nonce = Draw::new(seed, &format!("token of {}", student.folder)).bits();
    let token = seal(code, nonce, &format!("{} {}", first.bug, second.bug));
    fs::create_dir_all(folder.join("handout"))?;
    let server = folder.join("server");
    fs::write(&server, launcher(&token))?;
    fs::set_permissions(&server, fs::Permissions::from_mode(0o755))?;
    fs::write(folder.join("task.md"), task(student))?;
    for (name, text) in PAGES {
        fs::write(folder.join("handout").join(name), text)?;
    }
    Ok(())
}

/// The program that starts the server.
fn launcher(token: &str) -> String {
    format!(
        "#!/bin/sh\n\
         # The server of an exam: ./server PORT. It needs the code of the exam in the file code.txt.\n\
         cd \"$(dirname \"$0\")\" || exit 2\n\
         exec {SERVES} --code code.txt --port \"${{1:?usage: ./server PORT}}\" {token}\n"
    )
}

/// The task sheet of a student.
fn task(student: &Student) -> String {
    include_str!("task.txt").replace("{name}", &student.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_a_student_does_not_tell_the_mistakes() {
        let folder = tempfile::tempdir().unwrap();
        let student = Student { name: "Ada".to_owned(), folder: "001-ada".to_owned() };
        let exam = exams(vec![student], "a long seed").remove(0);
        write_exam(folder.path(), &exam, "code", "a long seed").unwrap();
        let server = fs::read_to_string(folder.path().join("server")).unwrap();
        let task = fs::read_to_string(folder.path().join("task.md")).unwrap();
        for mistake in exam.pair {
            assert!(!server.contains(mistake.bug) && !task.contains(mistake.bug), "{server}{task}");
        }
        let token = server.split_whitespace().last().unwrap();
        let names = exam.pair.map(|mistake| mistake.bug).join(" ");
        assert_eq!(super::super::seal::open("code", token).unwrap(), names);
        assert!(task.contains("For: Ada."), "{task}");
    }

    #[test]
    fn the_task_names_the_files_that_are_there() {
        let page = include_str!("task.txt");
        for (name, _) in PAGES {
            assert!(page.contains(&format!("(handout/{name})")), "{name}");
        }
        for name in super::super::hand_in::FILES {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
}
