//! What `grade` can be told.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::batch;

/// Grades a chat server, or a client, from outside, whatever it is written in.
///
/// Each check starts the program anew, in a folder of its own, uses it as people would, and says what
/// it found: passed, failed with the first difference and how to replay it, skipped after a check that
/// failed, or undecided where only the machine is to blame, which is never charged.
///
/// Without --server and --client it grades Strata's own of both.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// How the server is started; {port} stands for the port that it has to listen on, and {dialect}
    /// for the dialect
    #[arg(long, value_name = "COMMAND")]
    pub(crate) server: Option<String>,

    /// How the client is started; {host} and {port} stand for where the server is, {dialect} for the
    /// dialect, {name} for the name to log in under
    #[arg(long, value_name = "COMMAND", requires = "profile", conflicts_with = "server")]
    pub(crate) client: Option<String>,

    /// How the client is used: what is typed to log in, to speak, to leave; handout/profile.toml is one
    #[arg(long, value_name = "FILE", requires = "client")]
    pub(crate) profile: Option<PathBuf>,

    /// What it speaks: json, ktn14 or ktn15; repeat it for several [default: for a server json, for
    /// Strata's own all of them; for a client what its profile says]
    #[arg(long, value_name = "DIALECT")]
    pub(crate) dialect: Vec<String>,

    /// The folder of the submission; its files are there when the program is started [default: .]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) from: Option<PathBuf>,

    /// Only this check; repeat it for several
    #[arg(long, value_name = "ID")]
    pub(crate) check: Vec<String>,

    /// Where names and texts come from, to replay a run [default: another one each time]
    #[arg(long, value_name = "SEED")]
    pub(crate) seed: Option<String>,

    /// Whose submission it is: names and texts are the same for one student, and others for another
    #[arg(long, value_name = "ID", conflicts_with = "seed")]
    pub(crate) student: Option<String>,

    /// Write reports into this folder, after each check
    #[arg(long, value_name = "FOLDER")]
    pub(crate) report: Option<PathBuf>,

    /// What the checks are worth [default: handout/rubric.toml, as it was when this was built]
    #[arg(long, value_name = "FILE")]
    pub(crate) rubric: Option<PathBuf>,

    /// How many checks run at a time
    #[arg(long, value_name = "N", default_value = "8")]
    pub(crate) jobs: NonZero<usize>,

    /// How many seconds an answer may take
    #[arg(long, value_name = "SECONDS", default_value = "3")]
    pub(crate) patience: NonZero<u32>,

    /// How many seconds the program may take to listen, or to connect
    #[arg(long, value_name = "SECONDS", default_value = "10")]
    pub(crate) start: NonZero<u32>,

    /// How many seconds one check may take; the program is ended then
    #[arg(long, value_name = "SECONDS", default_value = "120")]
    pub(crate) check_limit: NonZero<u32>,

    /// How many seconds the run may take; what was not begun by then is undecided
    #[arg(long, value_name = "SECONDS", default_value = "1800")]
    pub(crate) limit: NonZero<u32>,

    /// List the checks, with what each requires
    #[arg(long)]
    pub(crate) list: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Grade a folder of submissions
    ///
    /// Each folder in DIR is one submission, called as its student is; what else lies there, and what
    /// is hidden, is none. What comes of it is a folder of reports for each, and a CSV of all, which is
    /// written anew after each.
    ///
    /// The file of --config has to say what is started: server = "python3 server.py {port}", or client
    /// and profile. It can say dialect, rubric, jobs, patience, start, check-limit and limit, which mean
    /// what they mean as options; reports and csv, where the results go; and submissions, how many of
    /// them are graded at a time.
    #[command(
        after_help = "Exit codes: 0 all were graded, 2 bad arguments or a bad file, 3 something \
        could not be decided or written, 130 interrupted."
    )]
    Batch(batch::Arguments),
}
