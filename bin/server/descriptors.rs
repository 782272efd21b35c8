//! The limit on file descriptors: each connection needs one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit of this process to the hard limit, and returns the limit then in force;
/// `None` if there is none. Shells set a low soft limit (often 1,024) for programs that use
/// `select`.
pub(crate) fn raise() -> Option<usize> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // macOS refuses values above a limit that it does not report; then the old limit stays.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok())
}
