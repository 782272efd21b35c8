//! The command line of `grade exam`.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum ExamCommand {
    /// Make a folder with an exam for each student
    ///
    /// The folder students/ has a folder for each student: a server with two mistakes, the task, and the
    /// pages of the handout. The servers speak the dialect json. The folder teacher/ has the answers, and the code that starts the servers.
    #[command(
        after_help = "Exit codes: 0 the exams are made, 2 bad arguments or a bad file, 3 the folder \
                            could not be written."
    )]
    Make(MakeArguments),

    /// Check what the students have handed in
    ///
    /// Plays the transcripts of each student against right servers, against the student's server, and against
    /// servers with one of its two mistakes. Prints a table, and writes results.csv and questions.md into
    /// the folder teacher/.
    #[command(
        after_help = "Exit codes: 0 every exam was checked, 2 bad arguments or a bad folder, 3 a \
                            result is undecided or could not be written, 130 interrupted."
    )]
    Check(CheckArguments),

    /// Serve as the server of an exam
    #[command(hide = true)]
    Serve(ServeArguments),
}

/// The arguments of `grade exam make`.
#[derive(Debug, Args)]
pub(crate) struct MakeArguments {
    /// CSV file with the students, one in each line; its first line names a column "name"
    #[arg(long, value_name = "FILE")]
    pub(crate) class: PathBuf,

    /// Secret of the teacher: the same seed and class give the same exams
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: String,

    /// Folder to make; it must be empty or missing
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
}

/// The arguments of `grade exam check`.
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Folder that `grade exam make` has made, with what the students handed in
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// Number of transcripts that are played in parallel
    #[arg(long, value_name = "N", default_value = "8")]
    pub(crate) jobs: NonZero<usize>,

    /// Seconds to wait for an answer
    #[arg(long, value_name = "SECONDS", default_value = "3")]
    pub(crate) patience: NonZero<u32>,

    /// Run the servers beside grade, where a sandbox is not possible
    #[arg(long)]
    pub(crate) no_isolation: bool,
}

/// The arguments of `grade exam serve`.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Sealed mistakes
    #[arg(value_name = "TOKEN")]
    pub(crate) token: String,

    /// File with the code that the teacher announced
    #[arg(long, value_name = "FILE")]
    pub(crate) code: PathBuf,

    /// Port to listen on
    #[arg(long, value_name = "N")]
    pub(crate) port: u16,
}
