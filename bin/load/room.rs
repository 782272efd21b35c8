//! Whether the system has room for so many clients.

use crate::descriptors;
use crate::failure::Failure;

/// What we need beside the clients: the poll, the standard streams, the children's pipes.
const OWN: usize = 64;

/// Raises our limit as far as we may, which the processes that we start inherit.
///
/// # Errors
/// When that is not enough for so many clients.
pub(crate) fn provide(clients: u32) -> Result<(), Failure> {
    let needed = clients as usize + OWN;
    match descriptors::raise() {
        Some(limit) if limit < needed => Err(Failure::Usage(format!(
            "{clients} clients need {needed} descriptors, and the hard limit here is {limit}: \
             raise it (`ulimit -Hn {needed}`, as root) or ask for at most {} clients",
            limit.saturating_sub(OWN)
        ))),
        _ => Ok(()),
    }
}
