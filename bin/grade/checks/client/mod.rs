//! All checks of a client, one topic per file.

mod hostile;
mod opening;
mod showing;
mod stream;
mod typing;

use crate::check::Check;

/// All checks of a client, in the order of the report.
pub(super) fn all() -> impl Iterator<Item = &'static Check> {
    let areas = [opening::CHECKS, typing::CHECKS, showing::CHECKS, stream::CHECKS, hostile::CHECKS];
    areas.into_iter().flatten()
}
