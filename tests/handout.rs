//! The walk through "add a command" in `handout/README.md`, done as a student would do it.
//!
//! The test takes the new file and the two lines out of the handout, puts them into a copy of
//! this workspace, and runs the tests of `app` there: those that walk the command table have to
//! find the new command by themselves.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails loudly")]

use std::fs;
use std::path::Path;
use std::process::Command;

const HANDOUT: &str = include_str!("../handout/README.md");

/// What stands in the first block of this kind after this text.
fn block_after(text: &str, kind: &str) -> String {
    let after = HANDOUT.split(text).nth(1).unwrap_or_else(|| panic!("no {text:?} any more"));
    let block = after.split(&format!("```{kind}\n")).nth(1);
    let block = block.unwrap_or_else(|| panic!("no block of {kind} after {text:?}"));
    block.split("```").next().unwrap().to_owned()
}

/// Copies what cargo needs of this workspace, without touching what has not changed: so that
/// only the first run has to build everything.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&from, &to);
        } else {
            write(&to, &fs::read(&from).unwrap());
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    if fs::read(path).ok().as_deref() != Some(bytes) {
        fs::write(path, bytes).unwrap();
    }
}

/// The text with the lines that the diff adds.
fn patch(text: &str, diff: &str) -> String {
    let mut patched: Vec<&str> = text.lines().collect();
    let mut place = None;
    for line in diff.lines() {
        match line.split_at_checked(1) {
            Some(("+", added)) => {
                let at: usize = place.expect("a line before the one that is added");
                patched.insert(at, added);
                place = Some(at + 1);
            }
            Some((" ", context)) => {
                let found = patched.iter().position(|line| *line == context);
                place = Some(found.unwrap_or_else(|| panic!("no line {context:?}")) + 1);
            }
            _ => panic!("neither a line that is there nor one that is added: {line:?}"),
        }
    }
    patched.join("\n") + "\n"
}

#[test]
fn a_new_command_is_one_file_and_two_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let workspace = temporary.join("add-a-command");
    for part in ["net", "parse", "app", "bin"] {
        copy(&root.join(part), &workspace.join(part));
    }
    for file in ["Cargo.lock", "clippy.toml"] {
        write(&workspace.join(file), &fs::read(root.join(file)).unwrap());
    }
    // Under another version. Cargo tells packages apart by name and version, and not by the folder
    // they are in: else it would take what it has built of the copy for what it has built of us.
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let ours = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
    let copys = format!("version = \"{}-copy\"", env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest.matches(&ours).count(), 1, "the version of the workspace");
    write(&workspace.join("Cargo.toml"), manifest.replace(&ours, &copys).as_bytes());

    let commands = Path::new("app/src/commands");
    let file = block_after("app/src/commands/poke.rs", "rust");
    if !root.join(commands).join("poke.rs").exists() {
        write(&workspace.join(commands).join("poke.rs"), file.as_bytes());
    }
    let diff = block_after("app/src/commands/mod.rs", "diff");
    assert_eq!(diff.lines().filter(|line| line.starts_with('+')).count(), 2, "two lines");
    let table = fs::read_to_string(root.join(commands).join("mod.rs")).unwrap();
    // Where somebody has done the exercise here already, the copy has done it too.
    let done = table.lines().any(|line| line == "mod poke;");
    let table = if done { table } else { patch(&table, &diff) };
    write(&workspace.join(commands).join("mod.rs"), table.as_bytes());

    let output = Command::new(env!("CARGO"))
        .args(["test", "--package", "app", "--lib", "--offline", "--target-dir"])
        // Our own, because the libraries below are built there already.
        .arg(temporary.parent().unwrap())
        .current_dir(&workspace)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("commands::poke::tests::"), "{said}");
    assert!(!said.contains("warning"), "{said}");
}
