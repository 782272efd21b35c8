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

/// More clients than any check has but one.
const MOST_CLIENTS: u64 = 60;

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

/// How many clients a check has at the same time, at most.
pub(crate) fn clients(check: &Check) -> u64 {
    if check.id == crowd::RUSHED { crowd::RUSH } else { MOST_CLIENTS }
}

/// The check with this id.
pub(crate) fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id.eq_ignore_ascii_case(id))
}
