//! `grade isolate`: a command runs in a sandbox, and changes nothing but the folders it was given.

#![cfg(target_os = "linux")]

mod build;

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use super::attacks::{is_isolated, leaves_daemon, runs};

const DEADLINE: Duration = Duration::from_secs(120);

/// A folder with a submission, and a folder beside it that the command may write to.
struct Course {
    _folder: tempfile::TempDir,
    from: PathBuf,
    out: PathBuf,
}

impl Course {
    fn new() -> Course {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        let (from, out) = (path.join("ada"), path.join("out"));
        fs::create_dir(&from).unwrap();
        fs::write(from.join("given"), "given").unwrap();
        fs::create_dir(&out).unwrap();
        Course { _folder: folder, from, out }
    }

    /// `grade isolate` with these options and this command, which may write to `out`.
    fn isolate(&self, options: &[&str], command: &[&str]) -> Command {
        let mut grade = Command::new(assert_cmd::cargo::cargo_bin!("grade"));
        grade.arg("isolate").arg("--from").arg(&self.from).arg("--write").arg(&self.out);
        grade.args(options).arg("--").args(command);
        grade
    }

    /// Runs a script of the shell.
    fn run(&self, options: &[&str], script: &str) -> Output {
        self.isolate(options, &["sh", "-c", script]).output().unwrap()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|it| it.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

/// Expects the exit code, and a line on standard error with these words.
fn ends_with(output: &Output, code: i32, words: &str) {
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{output:?}");
    assert!(errors.lines().any(|it| it.starts_with("grade: ") && it.contains(words)), "{errors}");
}

#[test]
fn output_errors_and_exit_code_are_those_of_the_command() {
    if !is_isolated() {
        return;
    }
    let course = Course::new();
    let output = course.run(&[], "cat; echo out; echo wrong >&2; exit 7");
    assert_eq!((text(&output.stdout), text(&output.stderr)), ("out\n".into(), "wrong\n".into()));
    assert_eq!(output.status.code(), Some(7));
    let output = course.isolate(&[], &["printf", "%s|", "a  b", "$HOME", "it's"]).output().unwrap();
    assert_eq!(text(&output.stdout), "a  b|$HOME|it's|");
    assert_eq!(course.run(&[], "kill -SEGV $$").status.code(), Some(128 + 11));
    assert_eq!(course.isolate(&[], &["no-such-command"]).status().unwrap().code(), Some(127));
}

#[test]
fn the_environment_is_empty_but_for_what_is_given() {
    if !is_isolated() {
        return;
    }
    let course = Course::new();
    let mut grade = course.isolate(&["--env", "A=b=c", "--env", "EMPTY="], &["env"]);
    let said = text(&grade.env("GITHUB_TOKEN", "secret").output().unwrap().stdout);
    let mut names: Vec<&str> = said.lines().map(|line| line.split('=').next().unwrap()).collect();
    // Some shells add their own.
    names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name));
    names.sort_unstable();
    assert_eq!(names, ["A", "EMPTY", "HOME", "PATH"], "{said}");
    assert!(said.contains("A=b=c\n"), "{said}");
}

#[test]
fn what_the_command_writes_stays_in_its_folders_and_only_there() {
    if !is_isolated() {
        return;
    }
    let course = Course::new();
    let (inner, link) = (course.from.join("target"), course.from.with_file_name("link"));
    fs::create_dir(course.from.join("src")).unwrap();
    symlink(course.from.with_file_name("real"), &link).unwrap();
    fs::create_dir(course.from.with_file_name("real")).unwrap();
    // If root runs grade, the folders get another owner, and nothing else does.
    symlink("../ada", course.out.join("ada")).unwrap();
    let owner = fs::metadata(&course.from).unwrap().uid();
    let script = format!(
        "pwd; echo new >given; echo new >new; echo new >src/new; echo a >target/a; echo b >{out}/b
        echo c >{link}/c; echo evil >{out}/../evil; echo evil >/usr/evil; cat given target/a",
        out = course.out.display(),
        link = link.display()
    );
    let options = ["--write", inner.to_str().unwrap(), "--write", link.to_str().unwrap()];
    // The second run finds the folders with the files of the first.
    for _ in 0..2 {
        let output = course.run(&options, &script);
        let want = format!("{}\nnew\na\n", course.from.display());
        assert_eq!(text(&output.stdout), want, "{output:?}");
        assert_eq!(fs::read_to_string(course.from.join("given")).unwrap(), "given");
        assert_eq!(names(&course.from), ["given", "src", "target"]);
        assert_eq!(names(&course.from.join("src")), [""; 0]);
        assert_eq!(names(&inner), ["a"]);
        assert_eq!(names(&course.out), ["ada", "b"]);
        assert_eq!(names(&link), ["c"]);
        assert_eq!(names(course.from.parent().unwrap()), ["ada", "link", "out", "real"]);
        assert!(!Path::new("/usr/evil").exists());
        for path in [course.from.clone(), course.from.join("given"), course.from.join("src")] {
            assert_eq!(fs::metadata(&path).unwrap().uid(), owner, "{}", path.display());
        }
    }
}

#[test]
fn a_command_may_be_allowed_to_change_the_folder_it_runs_in() {
    if !is_isolated() {
        return;
    }
    let course = Course::new();
    let output = course.run(&["--write", course.from.to_str().unwrap()], "echo new >given; pwd");
    assert_eq!(text(&output.stdout), format!("{}\n", course.from.display()));
    assert_eq!(fs::read_to_string(course.from.join("given")).unwrap(), "new\n");
}

#[test]
fn a_command_sees_no_secret_of_a_home_and_cannot_write_what_is_visible() {
    if !is_isolated() {
        return;
    }
    let (course, home) = (Course::new(), tempfile::tempdir().unwrap());
    let cargo = home.path().join(".cargo");
    fs::create_dir(&cargo).unwrap();
    for file in [".netrc", ".cargo/credentials.toml", ".cargo/config.toml"] {
        fs::write(home.path().join(file), format!("content of {file}\n")).unwrap();
    }
    let script =
        format!("cd {}; cat .netrc .cargo/*; echo x >.cargo/x; true", home.path().display());
    let options = ["--visible", cargo.to_str().unwrap()];
    let mut grade = course.isolate(&options, &["sh", "-c", &script]);
    let output = grade.env("HOME", home.path()).output().unwrap();
    assert_eq!(text(&output.stdout), "content of .cargo/config.toml\n", "{output:?}");
    assert_eq!(names(&cargo), ["config.toml", "credentials.toml"]);
}

#[test]
fn a_command_has_no_network_but_its_own() {
    if !is_isolated() {
        return;
    }
    let said = text(&Course::new().run(&[], "cat /proc/net/dev").stdout);
    let devices = said.lines().filter_map(|line| line.trim().split_once(": "));
    assert_eq!(devices.map(|(name, _)| name).collect::<Vec<_>>(), ["lo"], "{said}");
}

#[test]
#[ignore = "slow"]
fn a_command_that_exceeds_a_limit_is_ended_with_the_reason() {
    if !is_isolated() {
        return;
    }
    let course = Course::new();
    ends_with(&course.run(&["--time", "1"], "sleep 1000"), 124, "more than 1 s");
    let mut floods = course.isolate(&[], &["yes"]);
    ends_with(&floods.stdout(Stdio::null()).output().unwrap(), 126, "printed more than 64 MiB");
    let fills = "x=$(head -c 200000000 /dev/zero | tr '\\0' x); sleep 1000";
    ends_with(&course.run(&["--memory", "64"], fills), 126, "the limit is 64 MiB");
    let limits = text(&course.run(&["--processes", "77"], "cat /proc/self/limits").stdout);
    let processes = limits.lines().find(|line| line.starts_with("Max processes")).unwrap();
    assert_eq!(processes.split_whitespace().nth(2), Some("77"), "{limits}");
    // The system has this limit before the command begins, however busy the machine is.
    let size = limits.lines().find(|line| line.starts_with("Max file size")).unwrap();
    assert_eq!(size.split_whitespace().nth(3), Some("2147483648"), "{limits}");
}

#[test]
fn everything_ends_with_the_command_and_with_grade() {
    if !is_isolated() {
        return;
    }
    let course = Course::new();
    let seconds = format!("3{:09}", std::process::id());
    let output = course.run(&[], &format!("{}; echo done", leaves_daemon(&seconds)));
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("done\n", Some(0)));
    assert!(!runs(&seconds));
    for signal in ["KILL", "TERM"] {
        let script = format!("{}; sleep 1000", leaves_daemon(&seconds));
        let mut grade = course.isolate(&[], &["sh", "-c", &script]);
        let mut grade = grade.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        harness::wait_until("the daemon runs", DEADLINE, || runs(&seconds));
        let id = grade.id().to_string();
        assert!(
            Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success()
        );
        let code = grade.wait().unwrap().code();
        assert_eq!(code, (signal == "TERM").then_some(130), "{signal}");
        harness::wait_until("the daemon ends", DEADLINE, || !runs(&seconds));
    }
}

#[test]
fn a_wrong_path_is_named() {
    if !is_isolated() {
        return;
    }
    let (course, home) = (Course::new(), tempfile::tempdir().unwrap());
    let inside = course.out.join("inside");
    fs::write(&inside, "").unwrap();
    let (home, inside) = (home.path().to_str().unwrap(), inside.to_str().unwrap());
    let refuses = |options: &[&str], words: &str| {
        let output = course.isolate(options, &["true"]).env("HOME", home).output().unwrap();
        ends_with(&output, 125, words);
    };
    refuses(&["--visible", "/no/such/file"], "--visible /no/such/file: No such file");
    refuses(&["--visible", home], &format!("--visible {home}: a home folder"));
    refuses(&["--visible", inside], &format!("--visible {inside}: the command may write to it"));
    refuses(&["--write", home], &format!("--write {home}: it is a home folder"));
    refuses(&["--write", "/usr"], "--write /usr: it is a home folder or a folder of the system");
    refuses(&["--write", inside], &format!("--write {inside}: "));
    let output = course.isolate(&["--env", "=x"], &["true"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn without_isolation_the_command_runs_in_a_copy_and_grade_says_so() {
    let course = Course::new();
    let script = format!("echo new >given; cat given; echo x >{}/x; exit 3", course.out.display());
    let output = course.run(&["--no-isolation"], &script);
    ends_with(&output, 3, "NOT ISOLATED");
    assert_eq!(text(&output.stdout), "new\n");
    assert_eq!(fs::read_to_string(course.from.join("given")).unwrap(), "given");
    assert_eq!(names(&course.out), ["x"]);
    let inner = course.from.join("target");
    let options = ["--no-isolation", "--write", inner.to_str().unwrap()];
    ends_with(&course.run(&options, "true"), 125, "must be outside of it");
    let options = ["--no-isolation", "--write", course.from.to_str().unwrap()];
    let output = course.run(&options, "pwd");
    assert_eq!(text(&output.stdout), format!("{}\n", course.from.display()));
}
