//! The arguments of `grade tests` and `grade harvest`.

use std::num::NonZero;
use std::path::PathBuf;

use clap::Args;

/// The arguments of `grade tests`.
#[derive(Debug, Args)]
pub(crate) struct TestsArguments {
    /// Folder with the transcripts, whose names end with .chat
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// Dialect of transcripts that name none: json, ktn14 or ktn15 [default: json]
    #[arg(long, value_name = "DIALECT")]
    pub(crate) dialect: Option<String>,

    /// File whose table `[tests]` says what is told about a mutant that was not caught, and the points
    /// [default: handout/rubric.toml at the time of the build]
    #[arg(long, value_name = "FILE")]
    pub(crate) rubric: Option<PathBuf>,

    /// Print the results as JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,

    /// Number of servers that run in parallel
    #[arg(long, value_name = "N", default_value = "32")]
    pub(crate) jobs: NonZero<usize>,

    /// Run the servers beside the grader
    #[arg(long)]
    pub(crate) no_isolation: bool,
}

/// The arguments of `grade harvest`.
#[derive(Debug, Args)]
pub(crate) struct HarvestArguments {
    /// Folder with a folder of transcripts for each person
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// Dialect of transcripts that name none: json, ktn14 or ktn15 [default: json]
    #[arg(long, value_name = "DIALECT")]
    pub(crate) dialect: Option<String>,

    /// Number of servers that run in parallel
    #[arg(long, value_name = "N", default_value = "16")]
    pub(crate) jobs: NonZero<usize>,

    /// Run the servers beside the grader
    #[arg(long)]
    pub(crate) no_isolation: bool,
}
