//! Moderation: administrators, bans, mutes, kicks and the audit.
//!
//! The log stores the bans, the mutes and the audit, so this module has no state.

use std::net::IpAddr;
use std::sync::Arc;

use parse::{Dict, Peer};

use crate::log::{Change, Departure, Draft, Log, Origin};
use crate::replies::farewell;
use crate::roster::Roster;
use crate::session::Session;
use crate::timed::Timed;
use crate::{Act, Measure, Now, Refusal, Replies, Sanction, Subject};

/// The notice that a peer gets when its mute is lifted.
const UNMUTED: &str = "You may send messages again.";

/// The notice that a peer gets before a kick closes its connection.
fn kicked(reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("You were kicked: {reason}"),
        None => "You were kicked.".to_owned(),
    }
}

/// Whether a peer is an administrator: it gave the password of an account that is one. The account
/// may lose that right, or get another password, after the login.
///
/// # Errors
/// Returns an error if the log cannot read the account.
pub(crate) fn is_admin(log: &dyn Log, session: &Session) -> Result<bool, Refusal> {
    let Some(proof) = &session.proof else { return Ok(false) };
    let account = log.account(&proof.account)?;
    Ok(account.is_some_and(|account| account.admin && account.hash == proof.hash))
}

/// Checks that a name is not banned now.
///
/// # Errors
/// Returns [`Refusal::Banned`] if it is.
pub(crate) fn check_name(log: &Timed, username: &str) -> Result<(), Refusal> {
    check(log, Measure::Ban, Some(username), None)
}

/// Checks that an address is not banned now.
///
/// # Errors
/// Returns [`Refusal::Banned`] if it is.
pub(crate) fn check_address(log: &Timed, address: IpAddr) -> Result<(), Refusal> {
    check(log, Measure::Ban, None, Some(address))
}

/// Checks that a peer is not muted now: neither its name, nor its account, nor its address.
///
/// # Errors
/// Returns [`Refusal::Muted`] if it is.
pub(crate) fn check_voice(log: &Timed, session: &Session) -> Result<(), Refusal> {
    check(log, Measure::Mute, names(session), Some(session.address()))
}

fn check<'a>(
    log: &Timed,
    measure: Measure,
    names: impl IntoIterator<Item = &'a str>,
    address: Option<IpAddr>,
) -> Result<(), Refusal> {
    let sanctions = log.sanctions();
    let found = sanctions.find(measure, names, address, log.time);
    found.map_or(Ok(()), |sanction| Err(measure.refusal(sanction)))
}

/// The names by which a sanction can concern a peer.
fn names(session: &Session) -> impl Iterator<Item = &str> {
    let proved = session.proof.as_ref().map(|proof| &*proof.account);
    session.name.as_deref().into_iter().chain(proved)
}

/// Appends what an administrator does to the audit.
///
/// With an `origin`, the act takes effect when the log has committed it. Without one, the act has
/// taken effect already: it must not depend on the disk, so a full log is no error.
///
/// # Errors
/// Returns an error if there is an origin and the log is full.
pub(crate) fn audit(
    log: &mut dyn Log,
    by: &Arc<str>,
    act: Act,
    now: Now,
    origin: Option<Origin>,
) -> Result<(), Refusal> {
    tracing::info!(%by, %act, "administration");
    let waits = origin.is_some();
    let change = Change::Administer { by: Arc::clone(by), act };
    let appended = log.append(Draft { change, timestamp: now.wall, origin });
    if waits { appended } else { Ok(()) }
}

/// The body of the answer to a `ban` or a `mute`: the subject, and the terms if there are any.
pub(crate) fn imposed(who: &Subject, sanction: &Sanction) -> Dict {
    let mut body = Dict::new().with("who", who.to_string());
    if let Some(until) = sanction.until {
        body.insert("until", format!("{until:.3}"));
    }
    if let Some(reason) = &sanction.reason {
        body.insert("reason", &**reason);
    }
    body
}

/// Tells each peer here that a new sanction concerns, and closes its connection if it is a ban.
pub(crate) fn enforce(
    roster: &mut Roster,
    measure: Measure,
    who: &Subject,
    sanction: &Sanction,
    replies: &mut Replies,
) {
    let text = measure.refusal(sanction).to_string();
    for peer in concerned(roster, who) {
        match measure {
            Measure::Ban => {
                replies.say(peer, farewell("banned", &text));
                let reason = sanction.reason.as_deref().map(str::to_owned);
                roster.prepare(peer, Departure::Banned, reason);
                roster.close(peer, replies);
            }
            Measure::Mute => replies.say(peer, farewell("muted", &text)),
        }
    }
}

/// Tells each peer here whose mute was lifted, unless another one concerns it.
pub(crate) fn release(roster: &Roster, log: &Timed, who: &Subject, replies: &mut Replies) {
    for peer in concerned(roster, who) {
        let session = roster.session(peer);
        if session.is_some_and(|session| check_voice(log, session).is_ok()) {
            replies.say(peer, farewell("unmuted", UNMUTED));
        }
    }
}

/// The peers here that a sanction of this subject concerns, in the order of their connections.
fn concerned(roster: &Roster, who: &Subject) -> Vec<Peer> {
    let concerns = |session: &Session| match who {
        Subject::Name(name) => names(session).any(|other| other.eq_ignore_ascii_case(name)),
        Subject::Range(range) => range.contains(&session.address().to_canonical()),
    };
    let sessions = roster.sessions().filter(|(_, session)| concerns(session));
    let mut peers: Vec<Peer> = sessions.map(|(peer, _)| peer).collect();
    peers.sort_unstable();
    peers
}

/// Closes the connection of a peer, with a notice. The others get the reason, too.
pub(crate) fn kick(roster: &mut Roster, peer: Peer, reason: Option<&str>, replies: &mut Replies) {
    replies.say(peer, farewell("kicked", &kicked(reason)));
    roster.prepare(peer, Departure::Kicked, reason.map(str::to_owned));
    roster.close(peer, replies);
}
