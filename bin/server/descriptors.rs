//! How many connections the system lets us have: each one is a file descriptor.

/// Descriptors that are no connections: standard streams, listeners, files, and some to spare.
const RESERVED: usize = 64;

/// Raises the limit of this process as far as it may itself, and says how many descriptors that
/// is. Shells set a low one (1,024 is common) for the sake of programs that use `select`.
#[cfg(unix)]
pub(crate) fn raise() -> Option<usize> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where it cannot be raised (a hard limit that the system does not really grant), it is as
    // it was.
    let _ = setrlimit(Resource::Nofile, raised);
    getrlimit(Resource::Nofile).current.and_then(|limit| usize::try_from(limit).ok())
}

/// Nothing is known of such a limit here.
#[cfg(not(unix))]
pub(crate) fn raise() -> Option<usize> {
    None
}

/// How many connections that many descriptors allow.
pub(crate) fn connections(descriptors: usize) -> usize {
    descriptors.saturating_sub(RESERVED).max(1)
}
