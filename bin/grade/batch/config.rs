//! `grade.toml`: how to grade the submissions of a course. A key means the same as the option of the
//! same name, because both become [`Arguments`].

use std::num::NonZero;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde::Deserialize;

use super::submissions::Submission;
use crate::arguments::Arguments;
use crate::course;
use crate::session::Session;
use shared::configuration;

/// The keys of the file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Config {
    /// Path of the file.
    #[serde(skip)]
    path: PathBuf,
    server: Option<String>,
    client: Option<String>,
    /// Name of the profile, in each submission or beside the file.
    profile: Option<PathBuf>,
    /// The course, or the path of its file.
    course: Option<String>,
    dialect: Option<String>,
    port: Option<NonZero<u16>>,
    /// Files and folders that the programs may read, besides their own.
    #[serde(default)]
    visible: Vec<PathBuf>,
    /// Whether programs run in sandboxes.
    #[serde(default = "yes")]
    isolation: bool,
    rubric: Option<PathBuf>,
    #[serde(default = "reports")]
    pub(super) reports: PathBuf,
    /// Recordings of failed checks stand beside the reports.
    #[serde(default)]
    inspect: bool,
    #[serde(default = "csv")]
    pub(super) csv: PathBuf,
    /// Number of submissions graded in parallel.
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

fn yes() -> bool {
    true
}

fn one() -> NonZero<usize> {
    NonZero::<usize>::MIN
}

impl Config {
    /// # Errors
    /// One line of text with the file and the error.
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
            return Err(config.wrong(&format!("csv: {} is not a file", config.csv.display())));
        }
        Ok(config)
    }

    /// Checks that the file names either a server, or a client with its profile.
    fn check_program(&self) -> Result<(), String> {
        let lines = [&self.server, &self.client].into_iter().flatten();
        let wrong = match (&self.server, &self.client, &self.profile) {
            (None, None, _) => "the command is missing: server = \"…\"",
            (Some(_), Some(_), _) => "server and client exclude each other",
            (None, Some(_), None) => "the profile of the client is missing: profile = \"…\"",
            (Some(_), None, Some(_)) => "a profile needs a client",
            _ if lines.into_iter().any(|line| line.trim().is_empty()) => "the command is empty",
            (Some(_), None, None) | (None, Some(_), Some(_)) => return Ok(()),
        };
        Err(self.wrong(wrong))
    }

    /// The session that grades this submission.
    ///
    /// # Errors
    /// One line of text, as in [`Config::read`].
    pub(super) fn session(&self, submission: &Submission) -> Result<Session, String> {
        // A missing key has the default of the missing option.
        let usual = Arguments::try_parse_from(["grade"]).map_err(|error| error.to_string())?;
        let arguments = Arguments {
            server: self.server.clone(),
            client: self.client.clone(),
            profile: self.profile.as_ref().map(|profile| {
                // A student may hand in a profile. Opening a pipe of that name would block.
                let own = submission.folder.join(profile);
                if own.is_file() { own } else { self.beside(profile) }
            }),
            course: self.course.as_ref().map_or(usual.course, |course| {
                match course::is_path(course) {
                    true => self.beside(Path::new(course)).display().to_string(),
                    false => course.clone(),
                }
            }),
            dialect: self.dialect.clone().into_iter().collect(),
            port: self.port,
            visible: self.visible.iter().map(|path| self.beside(path)).collect(),
            no_isolation: !self.isolation,
            from: Some(submission.folder.clone()),
            student: Some(submission.name.clone()),
            report: Some(self.reports.join(&submission.called)),
            inspect: self.inspect,
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
        let session = sessions.into_iter().next();
        let session = session.ok_or_else(|| self.wrong("there is nothing to grade"))?;
        Ok(session.keeping_finished())
    }

    /// Makes the folders for the results, and checks that they are writable. After an hour of grading,
    /// it would be too late to find out.
    ///
    /// # Errors
    /// One line of text, as in [`Config::read`].
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

    /// This path, relative to the folder of the file.
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
    fn paths_are_relative_to_the_file_and_the_rest_has_defaults() {
        let config = parse("server = './server {port}'\nrubric = 'mine.toml'").unwrap();
        assert_eq!(config.reports, Path::new("course/reports"));
        assert_eq!(config.csv, Path::new("course/grades.csv"));
        assert_eq!(config.rubric.as_deref(), Some(Path::new("course/mine.toml")));
        assert_eq!(config.submissions.get(), 1);
        let config = parse("server = 'x'\nreports = '/a'\nsubmissions = 3").unwrap();
        assert_eq!((config.reports.as_path(), config.submissions.get()), (Path::new("/a"), 3));
    }

    #[test]
    fn errors_are_one_line_with_the_file() {
        for (text, want) in [
            ("", "grade.toml: the command is missing"),
            ("server = ' '", "grade.toml: the command is empty"),
            ("server = 'x'\nclient = 'y'", "grade.toml: server and client exclude each other"),
            ("client = 'y'", "grade.toml: the profile of the client is missing"),
            ("server = 'x'\nprofile = 'y'", "grade.toml: a profile needs a client"),
            ("server = 'x'\nsever = 'y'", "grade.toml, line 2: unknown field `sever`"),
            ("server = 'x'\n\njobs = 0", "grade.toml, line 3: "),
            ("server = 'x", "grade.toml, line 1: "),
            ("server = 'x'\ncsv = '..'", "grade.toml: csv: course/.. is not a file"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(want) && error.lines().count() == 1, "{text}: {error}");
        }
    }

    /// The first block of TOML after this title in the page.
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
    fn the_example_in_the_handout_is_valid() {
        let config = parse(example("\n## A folder of submissions\n")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let submission = Submission {
            name: "ada".to_owned(),
            called: "ada".into(),
            folder: folder.path().to_owned(),
        };
        // The rubric of the example exists only for its reader.
        let config = Config { rubric: None, ..config };
        assert!(!config.session(&submission).unwrap().checks().is_empty());
    }
}
