//! The check that the system allows enough descriptors for the clients.

use crate::descriptors;
use crate::failure::Failure;

/// Descriptors besides those of the clients: the poll, the standard streams, the pipes of the children.
const OWN: usize = 64;

/// Raises the limit on descriptors to the hard limit. The processes that the tool starts inherit it.
///
/// # Errors
/// If the hard limit is too low for this number of clients.
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
