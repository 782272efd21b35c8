//! The labs, as the files `handout/labs/NN-slug/lab.toml` describe them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::failure::Failure;
use crate::hex;

/// The folder of the labs in a workspace.
pub(crate) const FOLDER: &str = "handout/labs";

/// The file of the answers to questions, in the top folder of a workspace; a lab with questions has it
/// without answers.
pub(crate) const ANSWERS: &str = "answers.toml";

/// The folder of the tests that a student writes, in a workspace.
pub(crate) const TRANSCRIPTS: &str = "transcripts";

/// The sum of the points of each lab.
pub(crate) const POINTS: u32 = 100;

/// One lab.
#[derive(Debug, Clone)]
pub(crate) struct Lab {
    pub(crate) number: u32,
    /// The name of its folder, such as `02-lines`.
    pub(crate) slug: String,
    pub(crate) about: About,
}

/// The content of a `lab.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) title: String,
    pub(crate) layer: Layer,
    /// The least and the most hours that it takes.
    pub(crate) hours: [f32; 2],
    /// What the student does, in a sentence.
    pub(crate) goal: String,
    /// Hints, each stronger than the one before.
    pub(crate) hints: Vec<String>,
    #[serde(default)]
    pub(crate) holes: Vec<Hole>,
    /// Further files and folders of a submission that count, relative to the workspace.
    #[serde(default)]
    pub(crate) files: Vec<PathBuf>,
    /// Packages whose unit tests a check runs with cargo. They are built before it, because a check has less
    /// time than a build.
    #[serde(default)]
    pub(crate) builds: Vec<String>,
    #[serde(default)]
    pub(crate) wire: Option<Wire>,
    pub(crate) checks: Vec<Check>,
}

/// The part of the workspace that a lab is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layer {
    Net,
    Parse,
    App,
    Client,
    None,
}

impl Layer {
    pub(crate) const ALL: [Layer; 5] =
        [Layer::Net, Layer::Parse, Layer::App, Layer::Client, Layer::None];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Layer::Net => "net",
            Layer::Parse => "parse",
            Layer::App => "app",
            Layer::Client => "client",
            Layer::None => "none",
        }
    }

    /// The folder of its code; `None` if a lab of it has no code.
    pub(crate) fn folder(self) -> Option<&'static str> {
        match self {
            Layer::Net => Some("net/src"),
            Layer::Parse => Some("parse/src"),
            Layer::App => Some("app/src"),
            Layer::Client => Some("bin/client"),
            Layer::None => None,
        }
    }
}

/// Functions of one file whose bodies the student writes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hole {
    /// The file, relative to the workspace.
    pub(crate) file: PathBuf,
    /// Paths of functions: `name`, `Type::name`, `<Type as Trait>::name`, `module::name`.
    pub(crate) functions: Vec<String>,
    /// Tests of this file that would give the answer away.
    #[serde(default)]
    pub(crate) without: Vec<String>,
}

/// How the checks of `grade` start the student's program.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wire {
    /// Command of the server; `{server}` stands for the program of the workspace.
    #[serde(default)]
    pub(crate) server: Option<String>,
    /// Command of the client; `{client}` stands for the program of the workspace.
    #[serde(default)]
    pub(crate) client: Option<String>,
    /// Profile of the client, relative to the workspace.
    #[serde(default)]
    pub(crate) profile: Option<PathBuf>,
    /// Further arguments of `grade`.
    #[serde(default)]
    pub(crate) arguments: Vec<String>,
}

/// One check of a lab.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub(crate) struct Check {
    pub(crate) id: String,
    /// What the check shows, in words.
    pub(crate) title: String,
    pub(crate) points: u32,
    pub(crate) kind: Kind,
}

/// What a check runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A test of a package, without sockets or with its own.
    Unit { target: Target, test: String },
    /// An end-to-end test of the root package.
    Story(String),
    /// A check of `grade`.
    Wire(String),
    /// A verdict of `grade tests` on the transcripts of the student.
    Suite(Suite),
    /// An answer in `answers.toml`: its key, and the digests of the spellings that are right.
    Answer { key: String, sha256: Vec<String> },
}

/// A property of the transcripts that a student writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Suite {
    /// Every transcript passes on every right server.
    Valid,
    /// They catch the mutant that breaks this sentence.
    Concept(String),
    /// They catch every mutant of this area.
    Area(String),
}

impl Suite {
    /// Reads `valid`, `concept SENTENCE` or `area NAME`.
    fn read(text: &str) -> Option<Suite> {
        match text.split_once(' ') {
            None if text == "valid" => Some(Suite::Valid),
            Some(("concept", says)) => Some(Suite::Concept(says.to_owned())),
            Some(("area", name)) => Some(Suite::Area(name.to_owned())),
            _ => None,
        }
    }
}

/// The tests of a package that are in one program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Library(String),
    Binary(String, String),
    Integration(String),
}

impl Target {
    /// Reads `PACKAGE`, `PACKAGE/BINARY` or `PACKAGE/it`.
    fn read(text: &str) -> Target {
        match text.split_once('/') {
            None => Target::Library(text.to_owned()),
            Some((package, "it")) => Target::Integration(package.to_owned()),
            Some((package, binary)) => Target::Binary(package.to_owned(), binary.to_owned()),
        }
    }

    /// The arguments with which `cargo test` runs these tests.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        match self {
            Target::Library(package) => vec!["--package", package, "--lib"],
            Target::Binary(package, binary) => vec!["--package", package, "--bin", binary],
            Target::Integration(package) => vec!["--package", package, "--test", "it"],
        }
    }
}

/// A check as the file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    title: String,
    points: u32,
    unit: Option<String>,
    story: Option<String>,
    wire: Option<String>,
    suite: Option<String>,
    answer: Option<String>,
    sha256: Option<Digests>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Digests {
    One(String),
    Several(Vec<String>),
}

impl TryFrom<Written> for Check {
    type Error = String;

    fn try_from(written: Written) -> Result<Check, String> {
        let Written { id, title, points, unit, story, wire, suite, answer, sha256 } = written;
        let sha256 = sha256.map(|digests| match digests {
            Digests::One(one) => vec![one],
            Digests::Several(several) => several,
        });
        let kind = match (unit, story, wire, suite, answer, sha256) {
            (Some(unit), None, None, None, None, None) => {
                let (target, test) = unit.split_once(' ').ok_or_else(|| {
                    format!("{id}: unit has to be \"PACKAGE TEST\", not {unit:?}")
                })?;
                Kind::Unit { target: Target::read(target), test: test.to_owned() }
            }
            (None, Some(story), None, None, None, None) => Kind::Story(story),
            (None, None, Some(wire), None, None, None) => Kind::Wire(wire),
            (None, None, None, Some(suite), None, None) => {
                Kind::Suite(Suite::read(&suite).ok_or_else(|| {
                    format!(
                        "{id}: suite has to be \"valid\", \"concept SENTENCE\" or \"area NAME\", not {suite:?}"
                    )
                })?)
            }
            (None, None, None, None, Some(key), Some(sha256)) => Kind::Answer { key, sha256 },
            _ => {
                return Err(format!(
                    "{id}: a check has either unit, story, wire, suite, or answer with sha256"
                ));
            }
        };
        Ok(Check { id, title, points, kind })
    }
}

impl Lab {
    fn read(folder: &Path) -> Result<Lab, Failure> {
        let path = folder.join("lab.toml");
        let wrong = |problem: String| Failure::Lab { path: path.clone(), problem };
        let slug = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let number = slug.split('-').next().and_then(|number| number.parse().ok());
        let number = number.ok_or_else(|| wrong("the folder's name has no number".to_owned()))?;
        let text = fs::read_to_string(&path).map_err(Failure::file("read", &path))?;
        let mut about: About = toml::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        for hint in &mut about.hints {
            *hint = shown(hint);
        }
        let lab = Lab { number, slug, about };
        match lab.problem() {
            Some(problem) => Err(wrong(problem)),
            None => Ok(lab),
        }
    }

    /// Finds what the format cannot rule out.
    fn problem(&self) -> Option<String> {
        let points: u32 = self.about.checks.iter().map(|check| check.points).sum();
        if points != POINTS {
            return Some(format!("the points add up to {points}, not to {POINTS}"));
        }
        let wire = self.about.checks.iter().any(|check| matches!(check.kind, Kind::Wire(_)));
        let program = |wire: &Wire| wire.server.is_some() != wire.client.is_some();
        if wire && !self.about.wire.as_ref().is_some_and(program) {
            return Some("checks of grade need [wire] with either server or client".to_owned());
        }
        None
    }

    /// The page for students, relative to the workspace.
    pub(crate) fn page(&self) -> PathBuf {
        Path::new(FOLDER).join(&self.slug).join("README.md")
    }

    pub(crate) fn check(&self, id: &str) -> Option<&Check> {
        self.about.checks.iter().find(|check| check.id == id)
    }
}

/// The mark of a hint that is encoded.
const HIDDEN: &str = "hex:";

/// Encodes a hint, so that nobody reads it by accident.
pub(crate) fn hidden(hint: &str) -> String {
    HIDDEN.to_owned() + &hex::encode(hint.as_bytes())
}

/// Decodes a hint. Other text stays as it is.
fn shown(hint: &str) -> String {
    let bytes = hint.strip_prefix(HIDDEN).and_then(hex::decode);
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| hint.to_owned())
}

/// Reads the labs of a workspace, in order.
pub(crate) fn all(root: &Path) -> Result<Vec<Lab>, Failure> {
    let folder = root.join(FOLDER);
    let mut labs = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Failure::file("read", &folder))? {
        let path = entry.map_err(Failure::file("read", &folder))?.path();
        if path.join("lab.toml").exists() {
            labs.push(Lab::read(&path)?);
        }
    }
    labs.sort_by_key(|lab| lab.number);
    let mut seen = BTreeSet::new();
    for lab in &labs {
        for id in lab.about.checks.iter().map(|check| check.id.as_str()) {
            if !seen.insert(id) {
                let path = folder.join(&lab.slug).join("lab.toml");
                let problem = format!("there are two checks with the id {id}");
                return Err(Failure::Lab { path, problem });
            }
        }
    }
    Ok(labs)
}

/// The labs with these numbers; all if there are none.
pub(crate) fn choose<'l>(labs: &'l [Lab], numbers: &[u32]) -> Result<Vec<&'l Lab>, Failure> {
    if numbers.is_empty() {
        return Ok(labs.iter().collect());
    }
    numbers.iter().map(|number| find(labs, *number)).collect()
}

/// Finds a lab by its number.
pub(crate) fn find(labs: &[Lab], number: u32) -> Result<&Lab, Failure> {
    labs.iter().find(|lab| lab.number == number).ok_or_else(|| {
        let numbers: Vec<String> = labs.iter().map(|lab| lab.number.to_string()).collect();
        Failure::NoLab(number, numbers.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hidden_hint_is_shown_again() {
        let hint = "Think of “plus”.";
        let hidden = hidden(hint);
        assert!(hidden.starts_with("hex:5468") && !hidden.contains("plus"), "{hidden}");
        assert_eq!(shown(&hidden), hint);
        for plain in ["Think.", "hex: a base", "hex:ff"] {
            assert_eq!(shown(plain), plain);
        }
    }
}
