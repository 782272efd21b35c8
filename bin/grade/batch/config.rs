//! `grade.toml`: how the submissions of a course are graded. What it says means what the option of the
//! same name means for one submission, because it goes the same way.

use std::num::NonZero;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde::Deserialize;

use super::submissions::Submission;
use crate::arguments::Arguments;
use crate::session::Session;
use shared::configuration;

/// What stands in the file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Config {
    /// Where it stands.
    #[serde(skip)]
    path: PathBuf,
    server: Option<String>,
    client: Option<String>,
    /// Called so in each submission, or else beside the file.
    profile: Option<PathBuf>,
    dialect: Option<String>,
    rubric: Option<PathBuf>,
    #[serde(default = "reports")]
    pub(super) reports: PathBuf,
    #[serde(default = "csv")]
    pub(super) csv: PathBuf,
    /// How many are graded at a time.
    #[serde(default = "one")]
    pub(super) submissions: NonZero<usize>,
    jobs: Option<NonZero<usize>>,
    patience: Option<NonZero<u32>>,
    start: Option<NonZero<u32>>,
    check_limit: Option<NonZero<u32>>,
    limit: Option<NonZero<u32>>,
}

fn reports() -> PathBuf {
    PathBuf::from("reports")
}

fn csv() -> PathBuf {
    PathBuf::from("grades.csv")
}

fn one() -> NonZero<usize> {
    NonZero::<usize>::MIN
}

impl Config {
    /// # Errors
    /// In one line that names the file, and what is wrong with it.
    pub(super) fn read(path: &Path) -> Result<Config, String> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
        Config::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Config, String> {
        let mut config: Config = configuration::parse(path, text)?;
        config.path = path.to_owned();
        config.check_program()?;
        config.reports = config.beside(&config.reports);
        config.csv = config.beside(&config.csv);
        config.rubric = config.rubric.as_deref().map(|rubric| config.beside(rubric));
        if config.csv.file_name().is_none() || config.csv.is_dir() {
            return Err(config.wrong(&format!("csv: {} is no file", config.csv.display())));
        }
        Ok(config)
    }

    /// Either a server is started, or a client that is used as its profile says.
    fn check_program(&self) -> Result<(), String> {
        let lines = [&self.server, &self.client].into_iter().flatten();
        let wrong = match (&self.server, &self.client, &self.profile) {
            (None, None, _) => "it does not say what is started: server = \"…\"",
            (Some(_), Some(_), _) => "a server and a client cannot be graded at once",
            (None, Some(_), None) => "it does not say how the client is used: profile = \"…\"",
            (Some(_), None, Some(_)) => "a profile is for a client, and there is none",
            _ if lines.into_iter().any(|line| line.trim().is_empty()) => "there is no command",
            (Some(_), None, None) | (None, Some(_), Some(_)) => return Ok(()),
        };
        Err(self.wrong(wrong))
    }

    /// How this submission is graded: as the command line says it.
    ///
    /// # Errors
    /// In one line, as [`Config::read`].
    pub(super) fn session(&self, submission: &Submission) -> Result<Session, String> {
        // Whatever the file does not say is as it is on a command line that does not say it.
        let usual = Arguments::try_parse_from(["grade"]).map_err(|error| error.to_string())?;
        let arguments = Arguments {
            server: self.server.clone(),
            client: self.client.clone(),
            profile: self.profile.as_ref().map(|profile| {
                // Each has a client of its own. A pipe that is called so would be waited at.
                let own = submission.folder.join(profile);
                if own.is_file() { own } else { self.beside(profile) }
            }),
            dialect: self.dialect.clone().into_iter().collect(),
            from: Some(submission.folder.clone()),
            student: Some(submission.name.clone()),
            report: Some(self.reports.join(&submission.called)),
            rubric: self.rubric.clone(),
            jobs: self.jobs.unwrap_or(usual.jobs),
            patience: self.patience.unwrap_or(usual.patience),
            start: self.start.unwrap_or(usual.start),
            check_limit: self.check_limit.unwrap_or(usual.check_limit),
            limit: self.limit.unwrap_or(usual.limit),
            ..usual
        };
        let sessions = Session::plan(&arguments).map_err(|error| self.wrong(&error))?;
        // One program in one dialect is one session.
        sessions.into_iter().next().ok_or_else(|| self.wrong("there is nothing to grade"))
    }

    /// Makes the folders that are written into, and finds out whether they can be: in an hour it
    /// would be late for that.
    ///
    /// # Errors
    /// In one line, as [`Config::read`].
    pub(super) fn make_folders(&self) -> Result<(), String> {
        let beside_csv = self.csv.parent().unwrap_or(Path::new(""));
        for folder in [&self.reports, beside_csv] {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            let tried =
                std::fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
            tried.map_err(|error| {
                self.wrong(&format!("cannot write into {}: {error}", folder.display()))
            })?;
        }
        Ok(())
    }

    /// This path, from where the file stands.
    fn beside(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    fn wrong(&self, what: &str) -> String {
        format!("{}: {what}", self.path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, String> {
        Config::parse(Path::new("course/grade.toml"), text)
    }

    #[test]
    fn paths_are_beside_the_file_and_the_rest_is_as_usual() {
        let config = parse("server = './server {port}'\nrubric = 'mine.toml'").unwrap();
        assert_eq!(config.reports, Path::new("course/reports"));
        assert_eq!(config.csv, Path::new("course/grades.csv"));
        assert_eq!(config.rubric.as_deref(), Some(Path::new("course/mine.toml")));
        assert_eq!(config.submissions.get(), 1);
        let config = parse("server = 'x'\nreports = '/a'\nsubmissions = 3").unwrap();
        assert_eq!((config.reports.as_path(), config.submissions.get()), (Path::new("/a"), 3));
    }

    #[test]
    fn what_is_wrong_is_said_in_a_line_with_the_file() {
        for (text, want) in [
            ("", "grade.toml: it does not say what is started"),
            ("server = ' '", "grade.toml: there is no command"),
            ("server = 'x'\nclient = 'y'", "grade.toml: a server and a client cannot be graded at"),
            ("client = 'y'", "grade.toml: it does not say how the client is used"),
            ("server = 'x'\nprofile = 'y'", "grade.toml: a profile is for a client"),
            ("server = 'x'\nsever = 'y'", "grade.toml, line 2: unknown field `sever`"),
            ("server = 'x'\n\njobs = 0", "grade.toml, line 3: "),
            ("server = 'x", "grade.toml, line 1: "),
            ("server = 'x'\ncsv = '..'", "grade.toml: csv: course/.. is no file"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(want) && error.lines().count() == 1, "{text}: {error}");
        }
    }

    /// The first block of toml after this title in the page.
    fn example(title: &str) -> &'static str {
        let page = include_str!("../../../handout/grading.md");
        let after = page.split_once(title).expect(title).1;
        after
            .split_once("```toml\n")
            .and_then(|(_, block)| block.split_once("```"))
            .expect("toml")
            .0
    }

    #[test]
    fn the_example_in_the_handout_is_one() {
        let config = parse(example("\n## A folder of submissions\n")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let submission = Submission {
            name: "ada".to_owned(),
            called: "ada".into(),
            folder: folder.path().to_owned(),
        };
        // The rubric of the example is one that the reader has.
        let config = Config { rubric: None, ..config };
        assert!(!config.session(&submission).unwrap().checks().is_empty());
    }
}
