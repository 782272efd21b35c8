//! The command line of `grade`.

mod exam;
mod suite;

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use self::exam::{CheckArguments, ExamCommand, MakeArguments, ServeArguments};
pub(crate) use self::suite::{HarvestArguments, TestsArguments};

/// The course of servers, unless the command line names another.
pub(crate) const DEFAULT_COURSE: &str = "strata";

/// Grades a chat server or a client, in any language, from outside.
///
/// Each check starts the program anew, in a sandbox with the submission, uses it as people would, and
/// reports a result: passed; failed, with the first difference and a command to replay it; skipped,
/// after a failed check; or undecided, if the machine was at fault, which costs no points.
///
/// Without --server and --client, it grades Strata's own server and client.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// Command that starts the server; {port} stands for the port to listen on, {dialect} for the
    /// dialect
    #[arg(long, value_name = "COMMAND")]
    pub(crate) server: Option<String>,

    /// Command that starts the client; {host} and {port} stand for the address of the server, {dialect}
    /// for the dialect, {name} for the name to log in with
    #[arg(long, value_name = "COMMAND", requires = "profile", conflicts_with = "server")]
    pub(crate) client: Option<String>,

    /// Profile of the client: what to type to log in, to speak, to leave; for an example see
    /// handout/profile.toml
    #[arg(long, value_name = "FILE", requires = "client")]
    pub(crate) profile: Option<PathBuf>,

    /// Course of the server: strata, ktn2014, ktn2015, ktn2017, or the path of a file such as those in
    /// handout/courses
    #[arg(long, value_name = "COURSE", default_value = DEFAULT_COURSE)]
    pub(crate) course: String,

    /// Dialect to check: json, ktn14 or ktn15; repeat it for several [default: that of the course,
    /// or json for a server, all for Strata's own, the profile's for a client]
    #[arg(long, value_name = "DIALECT")]
    pub(crate) dialect: Vec<String>,

    /// Port on which the server always listens, or to which the client always connects, if its command
    /// has no {port}
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<NonZero<u16>>,

    /// File or folder that the program may read, besides its own and those of the system; repeat it for
    /// several
    #[arg(long, value_name = "PATH")]
    pub(crate) visible: Vec<PathBuf>,

    /// Run the program beside the grader, with all its files and processes, as a debugger needs it;
    /// every report says so
    #[arg(long)]
    pub(crate) no_isolation: bool,

    /// User who runs the program where isolation is not possible; for a grader that runs as root
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// Folder of the submission; the program can write into it, but nothing is kept [default: .]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: Option<PathBuf>,

    /// Run only this check; repeat it for several
    #[arg(long, value_name = "ID")]
    pub(crate) check: Vec<String>,

    /// Seed for names and texts, to replay a run [default: a new one each time]
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<String>,

    /// Id of the student, used as seed: each student gets the same names and texts in every run
    #[arg(long, value_name = "ID", conflicts_with = "seed")]
    pub(crate) student: Option<String>,

    /// Write reports into this folder, after each check
    #[arg(long, value_name = "FOLDER")]
    pub(crate) report: Option<PathBuf>,

    /// Write a recording of each failed check, for the tool inspect, into a folder of the reports; also as a
    /// page that a browser opens
    #[arg(long, requires = "report")]
    pub(crate) inspect: bool,

    /// File with the points of the checks [default: handout/rubric.toml at the time of the build]
    #[arg(long, value_name = "FILE")]
    pub(crate) rubric: Option<PathBuf>,

    /// Number of checks that run in parallel
    #[arg(long, value_name = "N", default_value = "8")]
    pub(crate) jobs: NonZero<usize>,

    /// Seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value = "3")]
    pub(crate) patience: NonZero<u32>,

    /// Seconds for the program to start listening, or to connect
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    pub(crate) start: NonZero<u32>,

    /// Seconds for one check; then the program is stopped
    #[arg(long, value_name = "SECONDS", default_value = "120")]
    pub(crate) check_limit: NonZero<u32>,

    /// Seconds for the run; checks that have not begun by then are undecided
    #[arg(long, value_name = "SECONDS", default_value = "1800")]
    pub(crate) limit: NonZero<u32>,

    /// List the checks with their requirements
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Grade a folder of submissions
    ///
    /// Each folder in DIR is one submission, named after its student; files and hidden folders are
    /// ignored. For each submission it writes a folder of reports, and for all together a CSV file,
    /// which is rewritten after each submission.
    ///
    /// The file of --config must contain the command: server = "python3 server.py {port}", or client
    /// and profile. It may contain course, dialect, port, visible (a list), rubric, jobs, patience, start,
    /// check-limit, limit and inspect (true or false), which mean the same as the options; isolation = false, which means
    /// --no-isolation; reports and csv, the places for the results; and submissions, the
    /// number of submissions graded in parallel.
    #[command(
        after_help = "Exit codes: 0 every submission was graded, 2 bad arguments or a bad file, 3 a \
        result is undecided or could not be written, 130 interrupted."
    )]
    Batch(BatchArguments),

    /// Play transcripts against a server or a client
    ///
    /// A transcript says who sends what and what comes back; handout/transcripts.md explains the language.
    /// The program runs as in a check: in a sandbox, with limits, started anew for each transcript. The
    /// report of a transcript that differs shows the first difference with its place in the file.
    ///
    /// With --fmt, no program runs: the files are written in their one form.
    #[command(
        after_help = "Exit codes: 0 everything happened as written, 1 something else happened, 2 bad \
        arguments or a wrong transcript, 3 a result is undecided, 130 interrupted. With --fmt --check, 1 \
        means that a file is not in its form."
    )]
    Play(PlayArguments),

    /// Judge a folder of transcripts: each must pass on every right server, and fail on wrong ones
    ///
    /// The servers are inside grade, so no server of yours is needed. Right servers use the freedoms that
    /// handout/transcripts.md names; a transcript that fails on one of them is invalid, and the report says
    /// where, and which sentence allows what the server does. Mutants have one mistake each. A mutant is
    /// caught if a valid transcript fails on it.
    #[command(
        after_help = "Exit codes: 0 every transcript is valid and every concept is caught, 1 not so, 2 bad \
        arguments or a wrong transcript, 3 a result is undecided, or this grade has no servers, 130 interrupted."
    )]
    Tests(TestsArguments),

    /// Find the misunderstandings in the transcripts of a class
    ///
    /// Each folder in DIR has the transcripts of one person. Those that are invalid are grouped by the right
    /// server on which they first fail: what their authors believe, and how many believe it.
    #[command(
        after_help = "Exit codes: 0 every transcript was played, 2 bad arguments, 3 a result is undecided, \
        130 interrupted."
    )]
    Harvest(HarvestArguments),

    /// Make the exams of a class, and check what the students hand in
    ///
    /// Each student gets a server with two mistakes, and shows each of them with a transcript.
    /// handout/teachers/exam.md says how to hold the exam.
    #[command(subcommand)]
    Exam(ExamCommand),

    /// Serve as one of the servers inside grade
    #[command(hide = true, name = "built-in")]
    BuiltIn {
        /// Arguments of the server
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },

    /// Run a command in the sandbox of a check, such as the build of a submission
    ///
    /// The command runs in DIR, at the same path as outside, and finds what a check finds: the folders of
    /// the system and of PATH, and no network but its own. It has no input. What it writes into DIR, /tmp
    /// and its home stays in memory, at most 512 MiB, and is forgotten. When it ends, everything that it has
    /// started ends. Its environment has PATH, HOME and what --env gives.
    ///
    /// Everything in a --write folder is the work of the command: do not run it outside a sandbox.
    #[command(
        after_help = "Exit codes: that of the command, 128 and the number of the signal that ended it, \
        2 bad arguments, 124 too much time, 125 grade could not isolate or start it, 126 too much memory, \
        processes or output, 130 interrupted. In the last four cases a line on standard error says why."
    )]
    Isolate(IsolateArguments),
}

/// The arguments of `grade batch`.
#[derive(Debug, Args)]
pub(crate) struct BatchArguments {
    /// Folder with the submissions
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// File with the settings
    #[arg(long, value_name = "FILE", default_value = "grade.toml")]
    pub(crate) config: PathBuf,

    /// Grade only this submission, and replace its row in the CSV file; repeat it for several
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Vec<String>,
}

/// The arguments of `grade play`.
#[derive(Debug, Args)]
pub(crate) struct PlayArguments {
    /// Transcripts
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// Write the files in their one form, and play nothing
    #[arg(long, conflicts_with_all = ["server", "client"])]
    pub(crate) fmt: bool,

    /// With --fmt: write nothing, and name the files that are not in their form
    #[arg(long, requires = "fmt")]
    pub(crate) check: bool,

    /// Command that starts the server; {port} stands for the port to listen on, {dialect} for the
    /// dialect
    #[arg(long, value_name = "COMMAND", required_unless_present_any = ["client", "fmt"])]
    pub(crate) server: Option<String>,

    /// Command that starts the client, as for grade itself; the grader plays the server, and a user who types
    /// what the first person of the transcript sends
    #[arg(long, value_name = "COMMAND", requires = "profile", conflicts_with = "server")]
    pub(crate) client: Option<String>,

    /// Profile of the client: what to type to log in, to speak, to leave
    #[arg(long, value_name = "FILE", requires = "client")]
    pub(crate) profile: Option<PathBuf>,

    /// Dialect of transcripts that name none [default: that of the course, or json]
    #[arg(long, value_name = "DIALECT")]
    pub(crate) dialect: Option<String>,

    /// Course of the server; see grade --help
    #[arg(long, value_name = "COURSE", default_value = DEFAULT_COURSE)]
    pub(crate) course: String,

    /// Port on which the server always listens, or to which the client always connects, if its command
    /// has no {port}
    #[arg(long, value_name = "N")]
    pub(crate) port: Option<NonZero<u16>>,

    /// File or folder that the program may read, besides its own and those of the system; repeat it for
    /// several
    #[arg(long, value_name = "PATH")]
    pub(crate) visible: Vec<PathBuf>,

    /// Run the program beside the grader, as a debugger needs it
    #[arg(long)]
    pub(crate) no_isolation: bool,

    /// User who runs the program where isolation is not possible; for a grader that runs as root
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// Folder of the program; it can write into it, but nothing is kept [default: .]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: Option<PathBuf>,

    /// Number of transcripts that are played in parallel
    #[arg(long, value_name = "N", default_value = "8")]
    pub(crate) jobs: NonZero<usize>,

    /// Seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value = "3")]
    pub(crate) patience: NonZero<u32>,

    /// Seconds for the program to start listening, or to connect
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    pub(crate) start: NonZero<u32>,
}

/// The arguments of `grade isolate`.
#[derive(Debug, Args)]
pub(crate) struct IsolateArguments {
    /// Folder in which the command runs
    #[arg(long, value_name = "DIR")]
    pub(crate) from: PathBuf,

    /// Folder that the command may write to, at the same path; what it writes stays. It is made if it is
    /// missing. If root runs grade, it belongs to the user nobody afterwards. Repeat it for several
    #[arg(long, value_name = "DIR")]
    pub(crate) write: Vec<PathBuf>,

    /// File or folder that the command may read, besides those of the system; repeat it for several
    #[arg(long, value_name = "PATH")]
    pub(crate) visible: Vec<PathBuf>,

    /// Seconds for the command
    #[arg(long, value_name = "SECONDS", default_value = "600")]
    pub(crate) time: NonZero<u32>,

    /// Memory of all its processes together, in MiB
    #[arg(long, value_name = "MIB", default_value = "4096")]
    pub(crate) memory: NonZero<u32>,

    /// Number of its processes and threads
    #[arg(long, value_name = "N", default_value = "512")]
    pub(crate) processes: NonZero<u32>,

    /// Variable of its environment; repeat it for several
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    pub(crate) env: Vec<(String, String)>,

    /// Run the command beside grade, with all rights of yours; standard error says so
    #[arg(long)]
    pub(crate) no_isolation: bool,

    /// Command with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}

/// Parses `NAME=VALUE`.
fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("it must be NAME=VALUE".to_owned()),
    }
}
