//! The limit on file descriptors. Each client needs one, and the default limit is low.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of this process, and of its children, to the hard limit. Returns the new limit, or
/// `None` if there is no limit.
pub(crate) fn raise() -> Option<usize> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // macOS refuses values above a lower limit; then the limit stays.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok())
}
