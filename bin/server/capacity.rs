//! Bounds the number of connections by the limit on file descriptors.
//!
//! Each connection needs a descriptor. Without a reserve, connections could use up all descriptors.
//! SQLite could then not open its temporary files, and the server could not save messages.

use crate::settings::Settings;

/// Descriptors for other purposes: standard streams, the poll and its waker, the pipe for signals,
/// the data file with SQLite's other files and the lock (a dozen in all), temporary files, and a
/// few to spare.
const RESERVED: usize = 32;
/// Descriptors for each listening address: the listener, and a connection that the server accepts
/// only to refuse it. The listener of `--metrics` serves one connection at a time.
const LISTENER: usize = 2;

/// Bounds the number of connections by the number of descriptors.
///
/// # Errors
/// One line, if there is no descriptor for a single connection.
pub(crate) fn fit(settings: &mut Settings, descriptors: usize) -> Result<(), String> {
    let addresses: usize = settings.listen.iter().map(|listen| listen.addresses.len()).sum();
    let figures = usize::from(settings.metrics.is_some());
    let reserved = RESERVED + LISTENER * (addresses + figures);
    let most = descriptors.saturating_sub(reserved);
    if most == 0 {
        return Err(format!(
            "the limit on open files is {descriptors}, and the server needs {reserved} for itself \
             and one for each connection; raise it (ulimit -n)"
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
