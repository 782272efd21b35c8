//! Two exercises: "teach the server a new dialect" in `handout/dialect.md`, and lab 11, "your command".
//!
//! The test does them in a copy of the workspace. For the dialect it takes the new file and the two
//! lines from the handout, as a student would; the solution of the lab is laid over the copy. Then it
//! runs the tests of `app` and `parse` there. The tests that walk the command table and the list of
//! dialects must find the new entries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use harness::overlay::{copy, lay_over, paths, write};

/// An exercise: one new file, and two new lines in the `mod.rs` beside it.
struct Exercise {
    page: &'static str,
    /// The folder of the new file.
    folder: &'static str,
    /// The name of the new file without its extension.
    name: &'static str,
}

const EXERCISES: [Exercise; 1] = [Exercise {
    page: include_str!("../../handout/dialect.md"),
    folder: "parse/src/dialect",
    name: "bare",
}];

/// The solution of lab 11. A copy of the workspace for students does not have it.
const SOLUTION: &str = "bin/course/solutions/11-your-command";

/// The file of the command in that solution.
const COMMAND: &str = "app/src/commands/poke.rs";

/// The content of the first code block of this kind behind this text.
fn block_after(page: &str, text: &str, kind: &str) -> String {
    let after =
        page.split(text).nth(1).unwrap_or_else(|| panic!("the page does not contain {text:?}"));
    let block = after.split(&format!("```{kind}\n")).nth(1);
    let block = block.unwrap_or_else(|| panic!("no block of {kind} behind {text:?}"));
    block.split("```").next().unwrap().to_owned()
}

/// Applies a diff that only adds lines.
fn patch(text: &str, diff: &str) -> String {
    let mut patched: Vec<&str> = text.lines().collect();
    let mut place = None;
    for line in diff.lines() {
        match line.split_at_checked(1) {
            Some(("+", added)) => {
                let at: usize = place.expect("a context line before the added line");
                patched.insert(at, added);
                place = Some(at + 1);
            }
            Some((" ", context)) => {
                let found = patched.iter().position(|line| *line == context);
                place =
                    Some(found.unwrap_or_else(|| panic!("the file has no line {context:?}")) + 1);
            }
            _ => panic!("neither a context line nor an added line: {line:?}"),
        }
    }
    patched.join("\n") + "\n"
}

impl Exercise {
    /// The file that gets two new lines.
    fn table(&self, root: &Path) -> PathBuf {
        root.join(self.folder).join("mod.rs")
    }

    /// Does the exercise in a copy of the workspace.
    fn is_done_in(&self, copy: &Path, root: &Path) {
        let Exercise { page, folder, name } = self;
        let new = Path::new(folder).join(format!("{name}.rs"));
        let file = block_after(page, &new.display().to_string(), "rust");
        let table = fs::read_to_string(self.table(root)).unwrap();
        let diff = block_after(page, &format!("{folder}/mod.rs"), "diff");
        assert_eq!(diff.lines().filter(|line| line.starts_with('+')).count(), 2, "two lines");
        // If the exercise is done in this workspace, it is also done in the copy.
        let done = root.join(&new).exists();
        let table = if done { table } else { patch(&table, &diff) };
        write(&self.table(copy), table.as_bytes());
        if !done {
            write(&copy.join(&new), file.as_bytes());
        }
    }
}

const LAYERS: [&str; 3] = ["net", "parse", "app"];

/// The manifest of a workspace with only the layers, because an exercise needs no program.
fn layers_only(manifest: &str) -> String {
    let mut manifest: toml::Table = manifest.parse().unwrap();
    for table in ["package", "lints", "bin", "test", "dependencies", "dev-dependencies"] {
        manifest.remove(table).expect(table);
    }
    let workspace = manifest.get_mut("workspace").and_then(toml::Value::as_table_mut).unwrap();
    workspace.remove("default-members");
    workspace.insert("members".to_owned(), LAYERS.to_vec().into());
    // Cargo warns of a profile for a package that the workspace does not have.
    let profiles = manifest["profile"]["dev"]["package"].as_table_mut().unwrap();
    for program in ["clap_builder", "sha2"] {
        profiles.remove(program).expect(program);
    }
    manifest.to_string()
}

#[test]
#[ignore = "slow"]
fn each_exercise_is_one_file_and_two_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let workspace = temporary.join("exercises");
    let solution = root.join(SOLUTION);
    // A workspace over which the solution is laid already has the command.
    let has_solution = solution.exists() && !root.join(COMMAND).exists();
    // The exercises write these files.
    let new =
        |exercise: &Exercise| root.join(exercise.folder).join(exercise.name).with_extension("rs");
    let mut written: Vec<PathBuf> = EXERCISES.iter().map(|exercise| exercise.table(root)).collect();
    written.extend(EXERCISES.iter().map(new).filter(|new| !new.exists()));
    if has_solution {
        written.extend(paths(&solution).iter().map(|path| root.join(path)));
    }
    for part in LAYERS {
        copy(&root.join(part), &workspace.join(part), &written);
    }
    for file in ["Cargo.lock", "clippy.toml"] {
        write(&workspace.join(file), &fs::read(root.join(file)).unwrap());
    }
    // The copy has another version. Cargo tells packages apart by name and version and not by folder,
    // so it would mix up the build of the copy with that of this workspace.
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let ours = format!("version = \"{}\"", env!("CARGO_PKG_VERSION"));
    let copys = format!("version = \"{}-exercises\"", env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest.matches(&ours).count(), 1, "the version of the workspace");
    let manifest = layers_only(&manifest.replace(&ours, &copys));
    write(&workspace.join("Cargo.toml"), manifest.as_bytes());

    EXERCISES.iter().for_each(|exercise| exercise.is_done_in(&workspace, root));
    if has_solution {
        lay_over(&solution, root, &workspace);
    } else {
        harness::skipped("lab 11 has no solution here, or is solved");
    }

    let output = Command::new(env!("CARGO"))
        .args([
            "test",
            "--package",
            "app",
            "--package",
            "parse",
            "--lib",
            "--offline",
            "--target-dir",
        ])
        // The target folder of this workspace already has the libraries.
        .arg(temporary.parent().unwrap())
        // No exercise changes these modules, and their tests are most of the work.
        .args(["--", "--skip", "log::", "--skip", "passwords::"])
        .current_dir(&workspace)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("dialect::bare::tests::"), "{said}");
    assert!(!has_solution || said.contains("commands::poke::tests::"), "{said}");
    assert!(!said.contains("warning"), "{said}");
}

/// A wrong solution of lab 11 changes a workspace over which the solution has been laid.
#[test]
fn every_wrong_solution_of_lab_11_applies_to_the_solution() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let solution = root.join(SOLUTION);
    if !solution.exists() || root.join(COMMAND).exists() {
        return harness::skipped("lab 11 has no solution here, or is solved");
    }
    let (solved, wrong) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    lay_over(&solution, root, solved.path());
    let overlays = fs::read_dir(root.join("bin/course/wrong/11-your-command")).unwrap();
    let overlays: Vec<PathBuf> = overlays.map(|entry| entry.unwrap().path()).collect();
    assert!(overlays.len() >= 5, "the wrong solutions were not found");
    for overlay in overlays {
        lay_over(&overlay, solved.path(), wrong.path());
    }
}
