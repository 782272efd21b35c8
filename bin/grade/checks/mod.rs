//! Everything that is checked, one topic a file.

mod backlog;
mod client;
mod crowd;
mod end;
mod framing;
mod idle;
mod login;
mod logout;
mod messages;
mod names;
mod parsing;
mod start;

use crate::check::Check;

/// Every check of a server, and then every check of a client, in the order in which they are reported.
/// One that comes after another stands below it.
pub(crate) fn all() -> impl Iterator<Item = &'static Check> {
    let areas = [
        start::CHECKS,
        login::CHECKS,
        parsing::CHECKS,
        framing::CHECKS,
        logout::CHECKS,
        messages::CHECKS,
        names::CHECKS,
        backlog::CHECKS,
        crowd::CHECKS,
        end::CHECKS,
    ];
    areas.into_iter().flatten().chain(client::all())
}

/// The check with this id.
pub(crate) fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id.eq_ignore_ascii_case(id))
}
