//! The number of connections for which the process has descriptors.
//!
//! Each connection takes one. Without a reserve, connections could take the last ones, and then SQLite
//! could not open a file that it needs for the messages of those who are inside.

use crate::settings::Settings;

/// Descriptors that are no connections: standard streams, the poll and its waker, the pipe for
/// signals, the data file with what SQLite and the lock keep beside it (a dozen in all), temporary
/// files, and some to spare.
const RESERVED: usize = 32;
/// Descriptors for an address that is listened on: the listener, and a connection that is accepted only
/// to be turned away.
const LISTENER: usize = 2;

/// Bounds the number of connections by what so many descriptors allow.
///
/// # Errors
/// In one line, when they do not allow a single one.
pub(crate) fn fit(settings: &mut Settings, descriptors: usize) -> Result<(), String> {
    let addresses: usize = settings.listen.iter().map(|listen| listen.addresses.len()).sum();
    let reserved = RESERVED + LISTENER * addresses;
    let most = descriptors.saturating_sub(reserved);
    if most == 0 {
        return Err(format!(
            "the limit on open files is {descriptors}, and the server needs {reserved} for itself and one \
             for each connection; raise it (ulimit -n)"
        ));
    }
    let total = &mut settings.parse.net.admission.total;
    if settings.chosen_total && *total > most {
        tracing::warn!(
            wanted = *total,
            connections = most,
            descriptors,
            "the limit on open files (ulimit -n) allows fewer connections than --connection-limit"
        );
    }
    *total = most.min(*total);
    tracing::info!(descriptors, connections = *total, "connection limit");
    Ok(())
}
