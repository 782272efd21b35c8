//! A small reference: one layer, two labs, and what the tool expects beside them.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// The digest of "strata lab 1 letter a".
const DIGEST: &str = "5e5db288c0b8fa145696fd12f4d6b826e86971716e816ca90f88d0b6cde84ce2";

pub(crate) const SOLVED: &str = "//! Numbers.

/// Adds one.
pub fn add(a: u32) -> u32 {
    let secret_of_the_body = a;
    secret_of_the_body + 1
}

/// Doubles.
pub fn double(a: u32) -> u32 {
    a * 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adding() {
        assert_eq!(add(1), 2);
    }

    #[test]
    fn adding_much() {
        assert_eq!(add(41), 42);
    }
}
";

const ROOT: &str = r#"[workspace]
members = ["net"]
exclude = ["bin/course", "bin/grade", "bin/inspect", "bin/load"]
resolver = "3"

[package]
name = "strata"
version = "0.1.0"
edition = "2024"
autobins = false
autotests = false

[[bin]]
name = "server"
path = "bin/server/main.rs"

[[bin]]
name = "client"
path = "bin/client/main.rs"

[[test]]
name = "it"
path = "tests/it/main.rs"

[dependencies]
net = { path = "net" }

# It is built often, and nobody debugs it.
[profile.dev]
debug = false
"#;

const QUESTIONS: &str = r#"title = "A question"
layer = "none"
hours = [1, 2]
goal = "Answer a question."
hints = ["Look."]

[[checks]]
id = "ASK-1"
title = "The letter is known"
points = 100
answer = "letter"
sha256 = "DIGEST"
"#;

const ADDING: &str = r#"title = "Adding"
layer = "net"
hours = [1, 2]
goal = "Add numbers."
hints = ["Think.", "Think of plus.", "Add 1."]

[[holes]]
file = "net/src/lib.rs"
functions = ["add"]

[[checks]]
id = "ADD-1"
title = "One more than one is two"
points = 60
unit = "net tests::adding"

[[checks]]
id = "ADD-2"
title = "The server adds, too"
points = 40
story = "it_adds"
"#;

/// A lab about transcripts, which a test adds.
pub(crate) const TESTING: &str = r#"title = "Testing"
layer = "none"
hours = [1, 2]
goal = "Write tests."
hints = ["Read."]
files = ["transcripts"]

[[checks]]
id = "TEST-1"
title = "All are valid"
points = 40
suite = "valid"

[[checks]]
id = "TEST-2"
title = "A message comes back"
points = 60
suite = "concept a message reaches its sender, too"
"#;

const WRONG: &str =
    "//! Adds two.\n//!\n//! Fails: ADD-1, ADD-2\n\nfn add(a: u32) -> u32 {\n    a + 2\n}\n";

/// A reference in a temporary folder.
pub(crate) struct Mini {
    folder: TempDir,
}

impl Mini {
    pub(crate) fn new() -> Mini {
        let mini = Mini { folder: tempfile::tempdir().unwrap() };
        let bin = "fn main() {\n    println!(\"{}\", net::add(1));\n}\n";
        let story = "mod tidy;\n\n#[test]\nfn it_adds() {\n    \
                     let output = std::process::Command::new(env!(\"CARGO_BIN_EXE_server\")).output().unwrap();\n    \
                     assert_eq!(output.stdout, b\"2\\n\");\n}\n";
        let tool = "[package]\nname = \"tool\"\n\n[[test]]\nname = \"it\"\n\n[[example]]\nname = \"mutant\"\n";
        for (path, text) in [
            ("Cargo.toml", ROOT),
            (
                "net/Cargo.toml",
                "[package]\nname = \"net\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
            ),
            ("net/src/lib.rs", SOLVED),
            ("bin/server/main.rs", bin),
            ("bin/client/main.rs", bin),
            ("bin/course/Cargo.toml", tool),
            ("bin/course/starter/README.md", "# Begin with lab {first}\n"),
            ("bin/course/starter/workflow.yml", "name: course\n"),
            ("bin/course/wrong/02-adding/two.rs", WRONG),
            ("bin/grade/Cargo.toml", tool),
            ("bin/grade/mutants/x.rs", "// A mutant.\n"),
            ("bin/inspect/Cargo.toml", tool),
            ("bin/load/Cargo.toml", tool),
            ("tests/it/main.rs", story),
            ("tests/it/tidy.rs", "// The house.\n"),
            ("handout/teachers/README.md", "secret\n"),
            ("handout/labs/01-question/lab.toml", &QUESTIONS.replace("DIGEST", DIGEST)),
            ("handout/labs/01-question/answers.toml", "# Which letter?\nletter = \"\"\n"),
            ("handout/labs/02-adding/lab.toml", ADDING),
            ("notes.txt", "of the teacher"),
            ("bin/course/python/server.py", "raise NotImplementedError(\"lab 2\")\n"),
            ("bin/course/python/__pycache__/server.pyc", "old"),
            ("handout/protocol.md", "# The protocol\n"),
            ("handout/transcripts.md", "# Transcripts\n"),
        ] {
            mini.write(path, text);
        }
        mini
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        write(&self.root().join(path), text);
    }

    /// Runs the tool in the reference.
    pub(crate) fn course(&self, arguments: &[&str]) -> Command {
        course(self.root(), arguments)
    }

    /// Makes a starter.
    pub(crate) fn starter(&self, arguments: &[&str]) -> Starter {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("starter");
        let all = [&["starter", to.to_str().unwrap()], arguments].concat();
        self.course(&all).assert().success();
        Starter { _folder: folder, root: to }
    }
}

/// A starter in a temporary folder.
pub(crate) struct Starter {
    _folder: TempDir,
    pub(crate) root: PathBuf,
}

impl Starter {
    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.join(path)).unwrap()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        write(&self.root.join(path), text);
    }

    pub(crate) fn has(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }

    pub(crate) fn course(&self, arguments: &[&str]) -> Command {
        course(&self.root, arguments)
    }
}

pub(crate) fn course(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("course"));
    command.args(arguments).current_dir(folder).env_remove("CARGO_TARGET_DIR");
    command.timeout(std::time::Duration::from_secs(300));
    command
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}
