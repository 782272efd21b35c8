//! The arguments of the tool.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The labs of Strata: shows where you are, checks labs, and makes starters of them.
///
/// Without a command, it runs the checks of the current lab until one fails, and names the next step.
#[derive(Debug, Parser)]
#[command(name = "course", version)]
#[command(
    after_help = "Exit codes: 0 all checks passed, 1 some failed, 2 wrong usage or an error."
)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run all checks of a lab, with points
    Check(Check),
    /// Reveal one more hint for a lab
    Hint(Chosen),
    /// Run the checks again whenever a file is saved
    Watch(Chosen),
    /// Make the holes of a lab empty again; your attempt is kept beside each file
    Reset(Reset),
    /// Run all checks, and write the file that you hand in
    Submit(Submit),
    /// For teachers: write a starter, a workspace with holes
    Starter(Starter),
    /// For teachers: grade a submission, each lab with our other layers
    ///
    /// A lab is graded with the submission's layer and our other layers, so that a bug in another lab
    /// costs nothing. Then it is checked with all layers of the submission. Builds and tests run in a
    /// sandbox of `grade`.
    Grade(Grade),
    /// For teachers: grade a class, a folder with a folder or a .tar file for each submission
    Batch(Batch),
    /// For teachers: prove that the labs are right
    ///
    /// For each lab: with holes, every check of the lab fails, and the unit tests of other labs pass;
    /// with the reference, every check passes; with each wrong solution, exactly the checks fail that
    /// it names.
    Prove(Prove),
    /// For teachers: try the mutants of the holes, as `cargo mutants` makes them
    ///
    /// Each mutant that builds has to fail a check of its lab.
    Mutants(Mutants),
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The lab [default: the first that is not done]
    pub(crate) lab: Option<u32>,

    /// Check all labs of this workspace
    #[arg(long, conflicts_with = "lab")]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Chosen {
    /// The lab [default: the first that is not done]
    pub(crate) lab: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct Reset {
    /// The lab
    pub(crate) lab: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Submit {
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "submission.tar")]
    pub(crate) output: PathBuf,

    /// Do not run the checks; the report says so
    #[arg(long)]
    pub(crate) no_check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Starter {
    /// The folder to write, which is new or empty
    pub(crate) folder: PathBuf,

    /// Open the holes of this lab only
    #[arg(long, value_name = "N")]
    pub(crate) lab: Option<u32>,

    /// Open the holes of all labs; this is the default
    #[arg(long, conflicts_with = "lab")]
    pub(crate) all: bool,

    /// Fill the holes of the labs before this one
    #[arg(long, value_name = "N", conflicts_with = "lab")]
    pub(crate) upto: Option<u32>,

    /// Write a starter for a course in Python instead: a server and a client with the holes of the labs
    /// that can be seen on the wire
    #[arg(long, conflicts_with_all = ["lab", "all", "upto"])]
    pub(crate) python: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// Prove only these labs
    #[arg(long = "lab", value_name = "N")]
    pub(crate) labs: Vec<u32>,

    /// Write the tables in handout/teachers/matrix
    #[arg(long)]
    pub(crate) write: bool,

    /// Try only this wrong solution; repeat it for several
    #[arg(long, value_name = "NAME")]
    pub(crate) wrong: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Grade {
    /// The submission: a workspace, or what `course submit` has written
    pub(crate) submission: PathBuf,

    #[command(flatten)]
    pub(crate) grading: Grading,
}

#[derive(Debug, Args)]
pub(crate) struct Batch {
    /// The folder of the submissions
    pub(crate) folder: PathBuf,

    #[command(flatten)]
    pub(crate) grading: Grading,

    /// Number of submissions that are graded in parallel
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) jobs: NonZero<usize>,
}

#[derive(Debug, Args)]
pub(crate) struct Grading {
    /// Grade this lab; repeat it for several [default: all]
    #[arg(long = "lab", value_name = "N")]
    pub(crate) labs: Vec<u32>,

    /// Also check each of our layers with the submission's other layers
    #[arg(long)]
    pub(crate) all: bool,

    /// The folder for the reports
    #[arg(long, value_name = "FOLDER")]
    pub(crate) report: Option<PathBuf>,

    /// Build and test beside the grader where the system allows no sandbox: code of students then runs
    /// with your rights
    #[arg(long)]
    pub(crate) no_isolation: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Mutants {
    /// Try only these labs
    #[arg(long = "lab", value_name = "N")]
    pub(crate) labs: Vec<u32>,

    /// Write the results into handout/teachers/mutants
    #[arg(long)]
    pub(crate) write: bool,
}
