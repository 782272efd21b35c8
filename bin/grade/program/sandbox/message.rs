//! The messages between the grader and a sandbox.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

/// A request to the fork server for the first process of a sandbox. Beside it is the sandbox's end of the
/// channel to the grader.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start {}

/// The answer of the fork server, after the first process has begun, or the reason why it has not has been
/// sent to the grader.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Forked {}

/// An order of the grader to a sandbox.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::program) enum Order {
    /// The first order: builds the file system. Beside it are the channel for sockets and, unless the
    /// program runs at a terminal, the program's input and output, and its error output if that is apart.
    Prepare(Setup),
    /// Starts the program, with these variables besides `PATH` and `HOME`.
    Run { line: String, environment: Vec<(String, String)> },
    /// Asks the program to end, with SIGTERM.
    Terminate,
}

/// What a sandbox shows to its program.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(in crate::program) struct Setup {
    /// The folder of the submission, or the empty string if there is none.
    pub(in crate::program) submission: OsString,
    /// A copy of the submission that belongs to the program already, or the empty string.
    pub(in crate::program) given: OsString,
    /// The folder in which the program runs: that of the submission has the same path as outside.
    pub(in crate::program) work: OsString,
    /// Files and folders that the program may read.
    pub(in crate::program) visible: Vec<Visible>,
    /// Real folders that the program may write to; what it writes stays.
    pub(in crate::program) writable: Vec<Visible>,
    /// Folders and files that appear empty, although they are in a visible folder.
    pub(in crate::program) hidden: Vec<OsString>,
    pub(in crate::program) at_terminal: bool,
    /// Number of processes and threads that the program may have.
    pub(in crate::program) threads: u64,
    /// The search path for programs.
    pub(in crate::program) path: OsString,
}

/// A file or folder of the machine that the program sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::program) struct Visible {
    /// The path outside, without links.
    pub(in crate::program) source: OsString,
    /// The path inside.
    pub(in crate::program) target: OsString,
    /// The target is a link with this content.
    pub(in crate::program) link: Option<OsString>,
}

/// What a sandbox tells the grader.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::program) enum News {
    /// The first process of the sandbox exists and has this id outside; beside it is a handle on it.
    Begun(i32),
    /// The file system is built. If the program runs at a terminal, the grader's end is beside it.
    Ready,
    /// The program runs.
    Running,
    /// A step failed, in words.
    Refused(String),
    /// The first process of the program has ended with this code.
    Exited(i32),
    /// This signal ended the first process of the program.
    Killed(i32),
}

/// A request for a socket in the network of the sandbox; it comes beside the answer.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::program) struct Wanted {
    pub(in crate::program) domain: i32,
    pub(in crate::program) kind: i32,
    pub(in crate::program) protocol: Option<i32>,
}

/// The answer to a request for a socket: the number of an error of the system, if there was one.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::program) struct Given {
    pub(in crate::program) error: Option<i32>,
}
