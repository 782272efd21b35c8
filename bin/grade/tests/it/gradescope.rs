//! The scripts for Gradescope in the handout, with a container's folder somewhere else: only a report
//! that the grader has finished counts, and the student's program cannot write one.

#![cfg(target_os = "linux")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The block of shell commands after these words in the handout.
fn script(after: &str) -> &'static str {
    let page = include_str!("../../../../handout/grading.md");
    let rest = page.split_once(after).expect(after).1;
    rest.split_once("```sh\n").and_then(|(_, block)| block.split_once("```")).expect("sh").0
}

/// A folder that stands for `/autograder`; `None` where only root could use it.
struct Container(tempfile::TempDir);

impl Container {
    fn new(submission: &str) -> Option<Container> {
        let is_root = rustix::process::geteuid().is_root();
        let has_user = fs::read_to_string("/etc/passwd").is_ok_and(|it| it.contains("\nnobody:"));
        if !is_root || !has_user {
            eprintln!("skipped: this needs root and a user called nobody");
            return None;
        }
        let container = Container(tempfile::tempdir().unwrap());
        // As in a container, everybody may enter.
        fs::set_permissions(container.0.path(), Permissions::from_mode(0o755)).unwrap();
        for folder in ["source", "submission", "results"] {
            fs::create_dir(container.path(folder)).unwrap();
        }
        let grade = assert_cmd::cargo::cargo_bin!("grade");
        std::os::unix::fs::symlink(grade, container.path("source/grade")).unwrap();
        fs::write(container.path("submission/run.sh"), submission).unwrap();
        Some(container)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs the script with these changes. Returns the file that Gradescope reads.
    fn run(&self, changes: &[(&str, &str)]) -> String {
        let mut text = script("`run_autograder` runs for each submission").to_owned();
        let here = self.0.path().to_str().unwrap();
        let run = "sh run.sh {port}' --no-isolation --check START-1 --check LOGIN-1 --start 3";
        let common = [
            ("/autograder", here),
            ("python3 server.py {port}'", run),
            ("--user student", "--user nobody"),
        ];
        for (old, new) in common.iter().chain(changes) {
            assert!(text.contains(old), "{old} is not in {text}");
            text = text.replace(old, new);
        }
        let output = Command::new("sh").args(["-c", &text]).output().unwrap();
        let results = fs::read_to_string(self.path("results/results.json"));
        results.unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }
}

/// A server of this test that the user nobody may run, and its command line.
fn server(folder: &Path) -> String {
    let copy = folder.join("mutant-server");
    harness::write_program(&copy, &fs::read(super::mutant("server")).unwrap());
    fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    format!("exec '{}' --port $1 --dialect json", copy.display())
}

#[test]
fn a_finished_report_counts() {
    let folder = tempfile::tempdir().unwrap();
    let Some(container) = Container::new(&server(folder.path())) else { return };
    let results = container.run(&[]);
    let results: serde_json::Value = serde_json::from_str(&results).unwrap();
    assert_eq!(results["tests"].as_array().unwrap().len(), 2, "{results}");
    assert!(results["score"].as_f64().unwrap() > 0.0, "{results}");
}

#[test]
fn a_program_can_neither_write_its_points_nor_end_the_grader() {
    // One `grep` finds the grader by the name of its option.
    let attack = "for it in $(grep -l -z -x -e '--repor[t]' /proc/[0-9]*/cmdline); do
            it=${it%/cmdline}
            folder=$(tr '\\0' '\\n' <$it/cmdline | grep -A1 -x -e --report | tail -1)
            [ -n \"$folder\" ] || continue
            echo '{\"score\": 100.0}' >\"$folder/results.json\"
            kill -9 ${it#/proc/}
        done
        sleep 1000";
    let Some(container) = Container::new(attack) else { return };
    let results = container.run(&[]);
    assert!(results.contains("\"score\": 0.0") && results.contains("START-1"), "{results}");
}

#[test]
fn without_a_finished_report_there_are_no_points_and_a_message() {
    let Some(container) = Container::new("sleep 1000") else { return };
    let grade = container.path("source/grade");
    // Something kills the grader, or it ends with a code of success before it has written anything, or
    // its reports are unfinished.
    let part = "mkdir \"$6\"; echo '{\"score\": 100}' >\"$6/results.json\"; : >\"$6/.unfinished\"";
    for instead in ["kill -9 $$", "exit 0", "exit 2", part] {
        fs::remove_file(&grade).unwrap();
        let text = format!(
            "#!/bin/sh\nwhile [ \"$1\" != --report ]; do shift; done\nset -- 2 3 4 5 6 \"$2\"\n{instead}\n"
        );
        harness::write_program(&grade, text.as_bytes());
        let results = container.run(&[]);
        let results: serde_json::Value = serde_json::from_str(&results).unwrap();
        assert_eq!(results["score"], 0, "{results}");
        let output = results["output"].as_str().unwrap();
        assert!(output.starts_with("The grader did not finish (code "), "{output}");
    }
}

#[test]
fn the_image_is_set_up_so_that_only_root_reads_the_grader() {
    let text = script("`setup.sh` runs once");
    for line in ["useradd --system student", "chmod -R go-rwx /autograder/source"] {
        assert!(text.lines().any(|it| it == line), "{text}");
    }
}
