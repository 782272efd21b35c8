//! Everything that is checked of a client, one topic a file.

mod hostile;
mod opening;
mod showing;
mod stream;
mod typing;

use crate::check::Check;

/// Every check of a client, in the order in which they are reported.
pub(super) fn all() -> impl Iterator<Item = &'static Check> {
    let areas = [opening::CHECKS, typing::CHECKS, showing::CHECKS, stream::CHECKS, hostile::CHECKS];
    areas.into_iter().flatten()
}
