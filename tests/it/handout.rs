//! The exercises of the handout: "add a command" in `handout/README.md`, and "teach the server a new
//! dialect" in `handout/dialect.md`.
//!
//! The test does them as a student would. It copies the new files and the two lines for each from the
//! handout into a copy of the workspace, and runs the tests of `app` and `parse` there. The tests that
//! walk the command table and the list of dialects must find the new entries.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An exercise: one new file, and two new lines in the `mod.rs` beside it.
struct Exercise {
    page: &'static str,
    /// The folder of the new file.
    folder: &'static str,
    /// The name of the new file without its extension.
    name: &'static str,
}

const EXERCISES: [Exercise; 2] = [
    Exercise {
        page: include_str!("../../handout/README.md"),
        folder: "app/src/commands",
        name: "poke",
    },
    Exercise {
        page: include_str!("../../handout/dialect.md"),
        folder: "parse/src/dialect",
        name: "bare",
    },
];

/// The content of the first code block of this kind behind this text.
fn block_after(page: &str, text: &str, kind: &str) -> String {
    let after =
        page.split(text).nth(1).unwrap_or_else(|| panic!("the page does not contain {text:?}"));
    let block = after.split(&format!("```{kind}\n")).nth(1);
    let block = block.unwrap_or_else(|| panic!("no block of {kind} behind {text:?}"));
    block.split("```").next().unwrap().to_owned()
}

/// Copies a folder without the files in `leave`. It does not write unchanged files, so that cargo
/// builds everything only in the first run.
fn copy(from: &Path, to: &Path, leave: &[PathBuf]) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().unwrap().is_dir() {
            copy(&from, &to, leave);
        } else if !leave.contains(&from) {
            write(&to, &fs::read(&from).unwrap());
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    if fs::read(path).ok().as_deref() != Some(bytes) {
        fs::write(path, bytes).unwrap();
    }
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
    for tool in ["load", "grade"] {
        profiles.remove(tool).expect(tool);
    }
    manifest.to_string()
}

#[test]
fn each_exercise_is_one_file_and_two_lines() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let workspace = temporary.join("exercises");
    let tables = EXERCISES.map(|exercise| exercise.table(root));
    for part in LAYERS {
        copy(&root.join(part), &workspace.join(part), &tables);
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
        .current_dir(&workspace)
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    for tests in ["commands::poke::tests::", "dialect::bare::tests::"] {
        assert!(said.contains(tests), "{said}");
    }
    assert!(!said.contains("warning"), "{said}");
}
