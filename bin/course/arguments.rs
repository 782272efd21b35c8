//! The arguments of the tool.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The labs of Strata: shows where you are, checks labs, and makes starters of them.
///
/// Without a command, it runs the checks of the current lab until one fails, and says what is next.
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
    /// For teachers: prove that the labs are right
    ///
    /// For each lab: with holes, every check of the lab fails, and the unit tests of other labs pass;
    /// with the reference, every check passes; with each wrong solution, exactly the checks fail that
    /// it names.
    Prove(Prove),
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
