//! All checks, one topic per file.

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

/// Maximum number of clients of every check but one.
const MOST_CLIENTS: u64 = 60;

/// All checks, in the order of the report: first those of a server, then those of a client. A check
/// stands after the checks that it depends on.
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
        end::CHECKS,
        crowd::CHECKS,
    ];
    areas.into_iter().flatten().chain(client::all())
}

/// Maximum number of clients that the check connects at the same time.
pub(crate) fn clients(check: &Check) -> u64 {
    if check.id == crowd::RUSHED { crowd::RUSH } else { MOST_CLIENTS }
}

/// The check with this id.
pub(crate) fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests;
