//! Starters: the reference, in which the bodies of the holes are `todo!`.
//!
//! The reference carries no marks for this. A lab names its holes as paths of functions, and the starter
//! is computed. What would give a solution away is left out: the pages for teachers, the wrong and right
//! solutions, the mutants of the grader, and the history of the repository.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::code::Code;
use crate::copy::{self, Files};
use crate::failure::Failure;
use crate::git;
use crate::lab::{self, Lab, Layer};
use crate::place::{MARK, Starter};

/// Files and folders of the reference that no starter has.
const LEFT_OUT: [&str; 10] = [
    "bin/course/python",
    "bin/course/solutions",
    "bin/course/starter",
    "bin/course/tests",
    "bin/course/wrong",
    "bin/grade/mutants",
    "bin/grade/tests",
    "bin/inspect/tests",
    "bin/load/tests",
    "handout/teachers",
];

/// End-to-end tests of the reference that are about the house and not about the programs, or that show
/// how to find the answers of a lab.
const HOUSE_TESTS: [&str; 5] = ["frames_by_hand", "handout", "imports", "release", "tidy"];

/// Pages with a row for teachers, whose page a starter does not have.
const PAGES: [&str; 2] = ["ARCHITECTURE.md", "handout/README.md"];

/// Packages whose tests and examples a starter does not have.
const WITHOUT_TESTS: [&str; 4] = ["bin/course", "bin/grade", "bin/inspect", "bin/load"];

/// What a crate with holes has to allow until they are filled.
const ALLOW: &str = "#![allow(dead_code, unused_imports, unused_mut, unused_variables, \
                     reason = \"the labs use what is here\")]\n";

/// Templates in the reference: the page and the workflow of a starter.
const README: &str = "bin/course/starter/README.md";
const WORKFLOW: &str = "bin/course/starter/workflow.yml";

/// The starter for courses in Python.
const PYTHON: &str = "bin/course/python";

/// The pages of the handout that it contains, and the grammar that one of them names.
const PYTHON_PAGES: [&str; 4] = [
    "handout/labs/00-tests-first/README.md",
    "handout/protocol.md",
    "handout/transcripts.md",
    "handout/transcript.tmLanguage.json",
];

const ALIAS: &str = "[alias]\ncourse = \"run --quiet --package course --\"\n";

/// Writes a starter with the holes of these labs into a new folder, as a repository with one commit.
pub(crate) fn write(root: &Path, labs: &[&Lab], all: &[Lab], to: &Path) -> Result<(), Failure> {
    must_be_new(to)?;
    for (path, content) in contents(root, labs, all)? {
        copy::write(&to.join(path), &content)?;
    }
    commit(to)
}

/// Writes a starter for a course in Python into a new folder, as a repository with one commit.
pub(crate) fn write_python(root: &Path, to: &Path) -> Result<(), Failure> {
    must_be_new(to)?;
    let folder = root.join(PYTHON);
    for entry in fs::read_dir(&folder).map_err(Failure::file("read", &folder))? {
        let path = entry.map_err(Failure::file("read", &folder))?.path();
        // Python and its tools leave folders behind.
        if path.is_file() {
            let content = fs::read(&path).map_err(Failure::file("read", &path))?;
            copy::write(&to.join(path.file_name().unwrap_or_default()), &content)?;
        }
    }
    for page in PYTHON_PAGES.map(Path::new).into_iter().filter(|page| root.join(page).exists()) {
        copy::write(&to.join(page), copy::read(&root.join(page))?.as_bytes())?;
    }
    copy::write(&to.join(".gitignore"), b"__pycache__/\n/report/\n")?;
    commit(to)
}

fn must_be_new(folder: &Path) -> Result<(), Failure> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Failure::NotEmpty(folder.to_owned()));
    }
    Ok(())
}

/// The files of a starter with the holes of these labs.
pub(crate) fn contents(root: &Path, labs: &[&Lab], all: &[Lab]) -> Result<Files, Failure> {
    let mut files = Files::new();
    for path in copy::files(root)? {
        if !is_left_out(&path) {
            let content = fs::read(root.join(&path)).map_err(Failure::file("read", &path))?;
            files.insert(path, content);
        }
    }
    for (path, text) in holes(root, labs)? {
        files.insert(path, text.into_bytes());
    }
    for layer in labs.iter().filter(|lab| !lab.about.holes.is_empty()).map(|lab| lab.about.layer) {
        edit(&mut files, &crate_root(layer), |text| Ok(allowing_unused(&text)))?;
    }
    for package in WITHOUT_TESTS {
        edit(&mut files, &Path::new(package).join("Cargo.toml"), |text| without_tests(&text))?;
    }
    edit(&mut files, Path::new("tests/it/main.rs"), |text| Ok(without_house_tests(&text)))?;
    for page in PAGES.map(Path::new).into_iter().filter(|page| root.join(page).exists()) {
        edit(&mut files, page, |text| Ok(without_rows_for_teachers(&text)))?;
    }
    for lab in all {
        let about = Path::new(lab::FOLDER).join(&lab.slug).join("lab.toml");
        edit(&mut files, &about, |text| with_hidden_hints(&text))?;
        let answers = Path::new(lab::FOLDER).join(&lab.slug).join(lab::ANSWERS);
        if let Some(content) = files.get(&answers).cloned() {
            files.insert(lab::ANSWERS.into(), content);
        }
    }
    let starter = Starter { labs: labs.iter().map(|lab| lab.number).collect() };
    let mark = toml::to_string(&starter)
        .map_err(|error| Failure::Message(format!("cannot write {MARK}: {error}")))?;
    let first = labs.first().map_or(1, |lab| lab.number).to_string();
    let hole = labs.iter().find(|lab| !lab.about.holes.is_empty());
    let hole = hole.map_or(2, |lab| lab.number).to_string();
    let readme =
        copy::read(&root.join(README))?.replace("{first}", &first).replace("{hole}", &hole);
    let workflow = copy::read(&root.join(WORKFLOW))?;
    for (path, content) in [
        (MARK, mark.as_str()),
        ("README.md", &readme),
        (".cargo/config.toml", ALIAS),
        (".github/workflows/course.yml", &workflow),
        (".gitignore", "/target\n/.course\n/submission.tar\n*.attempt-*\nproptest-regressions/\n"),
    ] {
        files.insert(path.into(), content.as_bytes().to_vec());
    }
    Ok(files)
}

/// The files with holes: path and text.
pub(crate) fn holes(root: &Path, labs: &[&Lab]) -> Result<BTreeMap<PathBuf, String>, Failure> {
    let mut places: BTreeMap<&Path, Vec<(u32, &str)>> = BTreeMap::new();
    let mut without: BTreeMap<&Path, Vec<String>> = BTreeMap::new();
    for lab in labs {
        for hole in &lab.about.holes {
            let functions = hole.functions.iter().map(|path| (lab.number, path.as_str()));
            places.entry(&hole.file).or_default().extend(functions);
            without.entry(&hole.file).or_default().extend(hole.without.iter().cloned());
        }
    }
    let mut files = BTreeMap::new();
    for (file, functions) in places {
        let text = copy::read(&root.join(file))?;
        let wrong = |problem| Failure::Code { path: file.to_owned(), problem };
        let text = with_holes(&text, functions).map_err(wrong)?;
        let code = Code::parse(&text).map_err(wrong)?;
        let text = code.without(without.get(file).map_or(&[], Vec::as_slice)).map_err(wrong)?;
        files.insert(file.to_owned(), text);
    }
    Ok(files)
}

/// The text of a file in which the bodies of functions of labs are `todo!`.
pub(crate) fn with_holes<'f>(
    text: &str,
    functions: impl IntoIterator<Item = (u32, &'f str)>,
) -> Result<String, String> {
    let code = Code::parse(text)?;
    let functions = functions.into_iter();
    let holes =
        functions.map(|(lab, path)| Ok((code.function(path)?, format!("lab {lab}: {path}"))));
    Ok(code.with_holes(&holes.collect::<Result<Vec<_>, String>>()?))
}

fn is_left_out(path: &Path) -> bool {
    let house = HOUSE_TESTS.iter().any(|test| {
        path.starts_with(Path::new("tests/it").join(test))
            || path == Path::new("tests/it").join(test).with_extension("rs")
    });
    house || LEFT_OUT.iter().any(|left_out| path.starts_with(left_out))
}

/// The file in which the attributes of a crate stand.
fn crate_root(layer: Layer) -> PathBuf {
    let folder = Path::new(layer.folder().unwrap_or_default());
    folder.join(if layer == Layer::Client { "main.rs" } else { "lib.rs" })
}

/// Changes one file of a starter.
fn edit(
    files: &mut Files,
    path: &Path,
    change: impl FnOnce(String) -> Result<String, String>,
) -> Result<(), Failure> {
    let wrong = |problem: String| Failure::Code { path: path.to_owned(), problem };
    let content = files.get_mut(path).ok_or_else(|| wrong("the file is missing".to_owned()))?;
    let text = String::from_utf8_lossy(content).into_owned();
    *content = change(text).map_err(wrong)?.into_bytes();
    Ok(())
}

/// Allows unused things in a crate, below the comment at its top.
fn allowing_unused(text: &str) -> String {
    if text.contains(ALLOW) {
        return text.to_owned();
    }
    let comment: usize =
        text.split_inclusive('\n').take_while(|line| line.starts_with("//!")).map(str::len).sum();
    let (comment, rest) = text.split_at(comment);
    format!("{comment}\n{ALLOW}{rest}")
}

/// Removes the tests, the examples and the library of mutants, whose files a starter does not have, from a
/// manifest.
fn without_tests(text: &str) -> Result<String, String> {
    let mut manifest: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    for table in ["test", "example", "lib"] {
        manifest.remove(table);
    }
    if let Some(default) = manifest.get_mut("features").and_then(|it| it.get_mut("default")) {
        *default = toml_edit::value(toml_edit::Array::new());
    }
    Ok(manifest.to_string())
}

/// Encodes the hints in a `lab.toml`, so that they are not read by accident.
fn with_hidden_hints(text: &str) -> Result<String, String> {
    let mut about: toml_edit::DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    if let Some(hints) = about.get_mut("hints").and_then(toml_edit::Item::as_array_mut) {
        for hint in hints.iter_mut() {
            if let Some(text) = hint.as_str() {
                *hint = lab::hidden(text).into();
            }
        }
    }
    Ok(about.to_string())
}

fn without_house_tests(text: &str) -> String {
    let is_house = |line: &&str| HOUSE_TESTS.iter().any(|test| **line == format!("mod {test};"));
    let lines: Vec<&str> = text.lines().filter(|line| !is_house(line)).collect();
    lines.join("\n") + "\n"
}

fn without_rows_for_teachers(text: &str) -> String {
    let is_row = |line: &&str| line.starts_with('|') && line.contains("teachers/README.md)");
    let lines: Vec<&str> = text.lines().filter(|line| !is_row(line)).collect();
    lines.join("\n") + "\n"
}

/// Makes a repository with one commit.
fn commit(folder: &Path) -> Result<(), Failure> {
    git::run(folder, &["init", "--quiet", "--initial-branch", "main"])?;
    git::run(folder, &["add", "--all"])?;
    let who = ["-c", "user.name=Strata", "-c", "user.email=course@strata.invalid"];
    let commit = ["commit", "--quiet", "--no-verify", "--no-gpg-sign", "--message", "The starter"];
    git::run(folder, &[&who[..], &commit].concat()).map(drop)
}

/// Returns lines of the holes' bodies that a starter must not contain: the lines of some length that the
/// rest of the reference does not have as well.
#[cfg(test)]
pub(crate) fn secrets(
    root: &Path,
    labs: &[&Lab],
) -> Result<std::collections::BTreeSet<String>, Failure> {
    const SHORT: usize = 12;
    let mut secrets = std::collections::BTreeSet::new();
    for lab in labs {
        for hole in &lab.about.holes {
            let wrong = |problem| Failure::Code { path: hole.file.clone(), problem };
            let code = Code::parse(&copy::read(&root.join(&hole.file))?).map_err(wrong)?;
            for path in &hole.functions {
                let body = code.function(path).map_err(wrong)?.body;
                let lines = code.text()[body].lines().map(str::trim);
                secrets.extend(lines.filter(|line| line.len() > SHORT).map(str::to_owned));
            }
        }
    }
    let reduced = holes(root, labs)?;
    for path in copy::files(root)? {
        let is_code = path.extension().is_some_and(|extension| extension == "rs");
        if !is_code || is_left_out(&path) {
            continue;
        }
        let text = match reduced.get(&path) {
            Some(text) => text.clone(),
            None => copy::read(&root.join(&path))?,
        };
        for line in text.lines() {
            secrets.remove(line.trim());
        }
    }
    Ok(secrets)
}
