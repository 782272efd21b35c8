//! The command that repeats a check.

use std::path::Path;

use crate::arguments::{Arguments, DEFAULT_COURSE};
use crate::shell::quoted;
use crate::wire::Dialect;

/// The command that repeats this run, without `--check`. `program` is the command with which `grade` was
/// started.
///
/// If the submission of a student lies in another folder, somebody else grades it. The student has
/// neither this folder nor this `grade`, so the command is one for the folder of the submission.
pub(super) fn command(
    program: &str,
    arguments: &Arguments,
    dialect: Dialect,
    seed: &str,
) -> String {
    let elsewhere = arguments.from.as_deref().filter(|_| arguments.student.is_some());
    let path = |path: &Path| path.display().to_string();
    let profile = arguments.profile.as_deref().map(|profile| match elsewhere {
        None => path(profile),
        Some(folder) => match (profile.strip_prefix(folder), profile.file_name()) {
            (Ok(inside), _) => path(inside),
            (Err(_), Some(name)) => path(Path::new(name)),
            (Err(_), None) => path(profile),
        },
    });
    // A course is a name or a file.
    let course = Some(arguments.course.as_str()).filter(|course| *course != DEFAULT_COURSE);
    let course = course.map(|course| match (elsewhere, Path::new(course).file_name()) {
        (Some(_), Some(name)) => path(Path::new(name)),
        _ => course.to_owned(),
    });
    let (program, from) = match elsewhere {
        Some(_) => ("grade", None),
        None => (program, arguments.from.as_deref().map(path)),
    };
    let given = [
        ("server", arguments.server.clone()),
        ("client", arguments.client.clone()),
        ("profile", profile),
        ("from", from),
        ("user", arguments.user.clone().filter(|_| elsewhere.is_none())),
        ("port", arguments.port.map(|port| port.to_string())),
        ("course", course),
        ("dialect", Some(dialect.name().to_owned())),
        ("seed", Some(seed.to_owned())),
    ];
    let given = given.iter().filter_map(|(flag, value)| Some((flag, value.as_ref()?)));
    let given = given.map(|(flag, value)| format!(" --{flag} {}", quoted(value)));
    // A student sees other folders than the teacher.
    let visible = arguments.visible.iter().filter(|_| elsewhere.is_none());
    let visible = visible.map(|folder| format!(" --visible {}", quoted(&path(folder))));
    let beside = arguments.no_isolation.then(|| " --no-isolation".to_owned());
    let given: String = given.chain(visible).chain(beside).collect();
    format!("{}{given}", quoted(program))
}

/// The command with which this process was started, as it was typed.
pub(crate) fn program() -> String {
    let typed = std::env::args_os().next().filter(|typed| !typed.is_empty());
    typed.map_or_else(|| "grade".to_owned(), |typed| typed.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    fn again(arguments: &[&str]) -> String {
        let arguments = Arguments::parse_from([&["grade"], arguments].concat());
        command("target/debug/grade", &arguments, Dialect::Json, "7f3a")
    }

    const SERVER: &str = "python3 server.py {port}";

    #[test]
    fn a_command_is_repeated_as_it_was_typed() {
        let want = "target/debug/grade --server 'python3 server.py {port}' --from sub/ada --dialect \
                    json --seed 7f3a";
        assert_eq!(again(&["--server", SERVER, "--from", "sub/ada"]), want);
        let want =
            "target/debug/grade --client ./client --profile ../a.toml --dialect json --seed 7f3a";
        assert_eq!(again(&["--client", "./client", "--profile", "../a.toml"]), want);
        let student = again(&["--server", SERVER, "--student", "ada"]);
        assert!(student.starts_with("target/debug/grade "), "{student}");
    }

    #[test]
    fn the_command_for_a_student_contains_no_folder_of_the_teacher() {
        let of = |profile: &str| {
            let client = ["--client", "./client", "--from", "/course/sub/ada", "--student", "ada"];
            again(&[&client[..], &["--profile", profile]].concat())
        };
        let want = "grade --client ./client --profile profile.toml --dialect json --seed 7f3a";
        assert_eq!(of("/course/profile.toml"), want);
        assert_eq!(of("/course/sub/ada/profile.toml"), want);
        let inside = of("/course/sub/ada/docs/profile.toml");
        assert!(inside.contains("--profile docs/profile.toml"), "{inside}");
    }
}
