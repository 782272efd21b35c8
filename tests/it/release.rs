//! The release: the workflow and its script agree, and the installer installs only what it has checked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WORKFLOW: &str = include_str!("../../.github/workflows/release.yml");
const SCRIPT: &str = include_str!("../../.ci/release");
const INSTALLER: &str = include_str!("../../.ci/install.sh");
const MANIFEST: &str = include_str!("../../Cargo.toml");
const DOCKERFILE: &str = include_str!("../../handout/deploy/gradescope/Dockerfile");

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The values of a key of the workflow, in order. A list item may begin with the key.
fn values<'a>(key: &str) -> Vec<&'a str> {
    let of_key = |line: &'a str| {
        let line = line.trim_start().trim_start_matches("- ");
        Some(line.strip_prefix(key)?.strip_prefix(':')?.trim())
    };
    WORKFLOW.lines().filter_map(of_key).collect()
}

/// The words of a list of the script, such as `programs=(server client)`.
fn list(name: &str) -> Vec<&'static str> {
    let start = format!("\n{name}=(");
    let (_, rest) = SCRIPT.split_once(&start).expect(name);
    rest.split_once(')').unwrap().0.split_whitespace().collect()
}

#[test]
fn every_step_of_the_workflow_is_a_step_of_the_script() {
    let steps: Vec<&str> = SCRIPT
        .lines()
        .filter_map(|line| line.strip_prefix("#   .ci/release ")?.split_whitespace().next())
        .collect();
    let (_, cases) = SCRIPT.split_once("\ncase $1 in\n").unwrap();
    let cases: Vec<&str> = cases.split(')').next().unwrap().split(" | ").collect();
    assert_eq!(steps, cases, "the comment and the end of .ci/release");
    for step in &steps {
        assert!(SCRIPT.contains(&format!("\n{step}() {{\n")), "{step} is no function");
    }
    let runs = values("run");
    let used: Vec<&str> = runs
        .iter()
        .map(|run| run.strip_prefix(".ci/release ").unwrap_or_else(|| panic!("run: {run}")))
        .map(|run| run.split_whitespace().next().unwrap())
        .collect();
    let want: Vec<&str> = steps.into_iter().filter(|step| *step != "check").collect();
    assert_eq!(used, want, "the workflow calls each step once, in the order of the script");
}

#[test]
fn a_step_gets_as_many_arguments_as_it_takes() {
    for run in values("run") {
        // An expression of the workflow is one argument.
        let run = run.replace("${{ ", "").replace(" }}", "");
        let words: Vec<&str> = run.split_whitespace().skip(1).collect();
        let usage = format!("#   .ci/release {} ", words[0]);
        let usage = SCRIPT.lines().find_map(|line| line.strip_prefix(&usage)).unwrap();
        let is_argument = |word: &&str| word.chars().all(|letter| letter.is_ascii_uppercase());
        let takes = usage.split_whitespace().take_while(is_argument).count();
        assert_eq!(words.len() - 1, takes, "{run}");
    }
}

#[test]
fn what_is_shipped_exists() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: harness::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let programs = packages
        .iter()
        .filter(|package| list("packages").contains(&package["name"].as_str().unwrap()))
        .flat_map(|package| package["targets"].as_array().unwrap())
        .filter(|target| target["kind"][0] == "bin")
        .map(|target| target["name"].as_str().unwrap());
    let mut programs: Vec<&str> = programs.collect();
    let mut want = list("programs");
    programs.sort_unstable();
    want.sort_unstable();
    assert_eq!(programs, want);
    for page in list("pages") {
        assert!(root().join(page).is_file(), "{page}");
    }
    let version = MANIFEST.split("\nversion = \"").nth(1).unwrap().split('"').next().unwrap();
    let tag = format!("v{version}");
    let step = |tag: &str| Command::new(root().join(".ci/release")).args(["version", tag]).output();
    assert!(step(&tag).unwrap().status.success());
    let refused = step("v0.0.0").unwrap();
    let says = format!("release: the tag is v0.0.0, and the version in Cargo.toml is {version}\n");
    assert_eq!(String::from_utf8_lossy(&refused.stderr), says);
}

#[test]
fn every_archive_can_be_installed() {
    let targets: Vec<&str> = values("target").into_iter().collect();
    assert_eq!(targets.len(), 4, "{targets:?}");
    for (system, machine) in
        [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "x86_64"), ("Darwin", "arm64")]
    {
        let release = Release::new(system, machine);
        let output = release.install();
        assert!(output.status.success(), "{output:?}");
        let installed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(targets.contains(&&*release.target()), "{}", release.target());
        for program in list("programs") {
            assert!(installed.contains(&format!("/bin/{program}\n")), "{installed}");
            let program = release.folder.path().join("bin").join(program);
            let ran = Command::new(program).output().unwrap();
            assert_eq!(ran.stdout, b"it runs\n");
        }
        assert!(!release.folder.path().join("bin/README.md").exists());
    }
    let other = Release::new("Plan9", "x86_64").install();
    assert!(!other.status.success());
    assert!(String::from_utf8_lossy(&other.stderr).contains("there is no archive for Plan9"));
}

#[test]
fn an_archive_with_a_wrong_checksum_is_not_installed() {
    let release = Release::new("Linux", "x86_64");
    let archive = release.archive();
    let mut bytes = fs::read(&archive).unwrap();
    bytes.push(0);
    fs::write(&archive, bytes).unwrap();
    let refused = release.install();
    assert!(!refused.status.success());
    let says =
        "the checksum of strata-x86_64-unknown-linux-gnu.tar.gz is wrong; nothing was installed";
    assert!(String::from_utf8_lossy(&refused.stderr).contains(says), "{refused:?}");
    assert!(!release.folder.path().join("bin").exists());
    let unnamed = Release::new("Linux", "x86_64");
    fs::write(unnamed.folder.path().join("dist/SHA256SUMS"), "").unwrap();
    let refused = unnamed.install();
    assert!(String::from_utf8_lossy(&refused.stderr).contains("SHA256SUMS does not name"));
}

#[test]
fn the_image_for_gradescope_has_what_the_script_puts_into_its_context() {
    let copied = DOCKERFILE.lines().filter_map(|line| line.strip_prefix("COPY "));
    let copied: Vec<&str> = copied
        .flat_map(|line| line.split_whitespace().filter(|word| !word.starts_with('/')))
        .collect();
    assert_eq!(copied, ["grade", "setup.sh", "run_autograder"]);
    let zipped = format!("zipfile -c \"$zip\" {}", copied.join(" "));
    assert!(SCRIPT.contains(&zipped));
    for words in ["`setup.sh` runs once", "`run_autograder` runs for each submission"] {
        let page = include_str!("../../handout/grading.md");
        assert_eq!(page.matches(words).count(), 1, "{words}");
        assert!(SCRIPT.contains(&format!("script_of_handout '{words}'")), "{words}");
    }
}

/// The files of a release with programs that do nothing, and a system that says it is another one.
struct Release {
    folder: tempfile::TempDir,
    system: &'static str,
    machine: &'static str,
}

impl Release {
    fn new(system: &'static str, machine: &'static str) -> Release {
        let release = Release { folder: tempfile::tempdir().unwrap(), system, machine };
        let path = |name: &str| release.folder.path().join(name);
        for folder in ["dist", "strata", "tools"] {
            fs::create_dir(path(folder)).unwrap();
        }
        for program in list("programs") {
            write_script(&path("strata").join(program), "echo it runs");
        }
        fs::write(path("strata/README.md"), "").unwrap();
        let uname = format!("[ \"$1\" = -s ] && echo {system} || echo {machine}");
        write_script(&path("tools/uname"), &uname);
        let tar = Command::new("tar")
            .arg("-czf")
            .arg(release.archive())
            .arg("-C")
            .args([release.folder.path(), Path::new("strata")])
            .status();
        assert!(tar.unwrap().success());
        let finish =
            Command::new(root().join(".ci/release")).arg("finish").arg(path("dist")).status();
        assert!(finish.unwrap().success());
        release
    }

    fn target(&self) -> String {
        let machine = if self.machine == "arm64" { "aarch64" } else { self.machine };
        let system = if self.system == "Darwin" { "apple-darwin" } else { "unknown-linux-gnu" };
        format!("{machine}-{system}")
    }

    fn archive(&self) -> PathBuf {
        self.folder.path().join(format!("dist/strata-{}.tar.gz", self.target()))
    }

    /// Runs the installer that `finish` wrote.
    fn install(&self) -> Output {
        let path = |name: &str| self.folder.path().join(name);
        let tools = harness::path_with(&path("tools/uname"));
        let mut install = Command::new("sh");
        install.arg(path("dist/install.sh")).env("PATH", tools);
        install.env("STRATA_FROM", path("dist")).env("STRATA_TO", path("bin"));
        install.output().unwrap()
    }
}

fn write_script(path: &Path, text: &str) {
    harness::write_program(path, format!("#!/bin/sh\n{text}\n").as_bytes());
}

#[test]
fn the_line_of_the_readme_is_that_of_the_installer() {
    let line = INSTALLER.lines().find_map(|line| line.strip_prefix("#   curl ")).unwrap();
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&format!("$ curl {line}\n")), "{line}");
}
