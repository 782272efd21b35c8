//! Writes of a program into its folder: the next check does not see them, and the submission stays
//! unchanged.

use std::fs;
use std::os::unix::fs::symlink;

use super::{grade, mutants, those};

/// Exits if it finds text that it wrote in another check. Otherwise it writes, and becomes a
/// server.
const WRITES: &str = "\
for it in large .venv/lib target/built absolute above; do
    grep -q mine \"$it\" && { echo \"found mine in $it\"; exit 7; }
    printf mine | dd of=\"$it\" conv=notrunc 2>/dev/null
done
touch target/new .venv/new
rm -r many && mkdir many && mv many other-name && mkdir many && touch many/mine || exit 8
";

#[test]
#[ignore = "slow"]
fn no_write_reaches_a_small_submission_or_the_next_check() {
    no_write_reaches_the_submission_or_the_next_check(false);
}

#[test]
#[ignore = "slow"]
fn no_write_reaches_a_large_submission_or_the_next_check() {
    no_write_reaches_the_submission_or_the_next_check(true);
}

fn no_write_reaches_the_submission_or_the_next_check(is_large: bool) {
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("sub");
    for made in [".venv", "target", ".git"] {
        fs::create_dir_all(from.join(made)).unwrap();
    }
    let line = mutants::line(None).replace("{port}", "$1").replace("{dialect}", "json");
    let server = format!("{WRITES}exec {line}\n");
    let files = [
        ("large", "x".repeat(2 << 20)),
        (".venv/lib", "a library".to_owned()),
        ("target/built", "a program".to_owned()),
        ("data", "data".to_owned()),
        ("other", "other".to_owned()),
        ("run.sh", server),
    ];
    for (name, text) in &files {
        fs::write(from.join(name), text).unwrap();
    }
    symlink(from.join("data"), from.join("absolute")).unwrap();
    // Many files are given to the program in another way than a few.
    let many = from.join("many");
    fs::create_dir(&many).unwrap();
    let count = if is_large { 600 } else { 1 };
    (0..count).for_each(|number| fs::write(many.join(number.to_string()), "file").unwrap());
    symlink("../sub/other", from.join("above")).unwrap();
    let program = super::mutant("server");
    let arguments = ["--server", "sh run.sh {port}", "--from", from.to_str().unwrap()];
    // The script runs this program, which the command does not name.
    let arguments = [&arguments[..], &["--visible", program.to_str().unwrap()]].concat();
    let checks = ["LOGIN-1", "PARSE-2", "NAMES-1"].map(|check| ["--check", check]).concat();
    // With one job, so that the checks use the same folder, and with three.
    for jobs in ["1", "3"] {
        let all = [&arguments[..], &checks, &["--jobs", jobs]].concat();
        let (verdicts, code, said) = grade(&all);
        assert_eq!((those(&verdicts, "passed").len(), code), (3, 0), "{said}");
        for (name, text) in &files {
            assert!(fs::read_to_string(from.join(name)).unwrap() == *text, "{name} was changed");
        }
        assert!(many.join("0").exists() && !many.join("mine").exists());
        assert!(!from.join("target/new").exists() && !from.join(".venv/new").exists());
    }
}

#[test]
fn a_too_large_folder_is_refused_with_the_numbers() {
    let from = tempfile::tempdir().unwrap();
    // The file is a hole: it uses no space on the disk.
    fs::File::create(from.path().join("hole")).unwrap().set_len(17 << 30).unwrap();
    let mut grade = assert_cmd::Command::new(assert_cmd::cargo::cargo_bin!("grade"));
    grade.args(["--no-isolation", "--server", "true {port}", "--from"]).arg(from.path());
    let refused = grade.assert().code(2).stdout("");
    let said = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(said.contains("is too large for a submission: more than 16 GiB"), "{said}");
}

#[test]
fn each_check_can_build_the_program_anew() {
    if std::process::Command::new("make").arg("--version").output().is_err() {
        eprintln!("skipped: no make here");
        return;
    }
    let from = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(from.path().join(name), text).unwrap();
    write(
        "Makefile",
        "server: server.in\n\tcp server.in server; chmod +x server; echo x >>built\n",
    );
    let line = mutants::line(None).replace("{port}", "$1").replace("{dialect}", "json");
    write("server.in", &format!("#!/bin/sh\n[ $(wc -l <built) = 1 ] && exec {line}\n"));
    let program = super::mutant("server");
    let (verdicts, code, said) = grade(&[
        "--server",
        "make -s && ./server {port}",
        "--from",
        from.path().to_str().unwrap(),
        "--visible",
        program.to_str().unwrap(),
        "--check",
        "LOGIN-1",
        "--check",
        "NAMES-1",
        "--jobs",
        "1",
    ]);
    assert_eq!((those(&verdicts, "passed").len(), code), (2, 0), "{said}");
    assert!(!from.path().join("server").exists() && !from.path().join("built").exists());
}
