//! Every connection takes a descriptor, and a system gives few of them unless it is asked.

use crate::failure::Failure;

/// What we need beside the clients: the poll, the standard streams, the children's pipes.
const OWN: u64 = 64;

/// Raises our limit as far as we may, which the processes that we start inherit.
///
/// # Errors
/// When that is not enough for so many clients.
pub(crate) fn provide(clients: u32) -> Result<(), Failure> {
    let needed = u64::from(clients) + OWN;
    match raise() {
        Some(limit) if limit < needed => Err(Failure::Usage(format!(
            "{clients} clients need {needed} descriptors, and the hard limit here is {limit}: \
             raise it (`ulimit -Hn {needed}`, as root) or ask for at most {} clients",
            limit.saturating_sub(OWN)
        ))),
        _ => Ok(()),
    }
}

/// Sets the soft limit to the hard one, and says which that is, if there is one.
#[cfg(unix)]
pub(crate) fn raise() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        // macOS has a lower limit of its own and refuses; then what we have is what there is.
        Err(_) => current,
    }
}

/// Elsewhere there is no such limit.
#[cfg(not(unix))]
pub(crate) fn raise() -> Option<u64> {
    None
}
