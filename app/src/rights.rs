//! The right to a name, and sessions that lose it.
//!
//! Anyone may use a name without an account. A name with an account belongs to the peers that gave
//! its password. Another process can make an account, remove it or change its password while a
//! peer is logged in under its name. The chat then tells the peers that have lost the right to the
//! name why, and closes their connections.

use parse::Peer;

use crate::Replies;
use crate::log::Account;
use crate::replies::notice;
use crate::roster::Roster;
use crate::session::Session;

/// The notice to a peer whose account was removed.
const REMOVED: &str = "This account was removed.";
/// The notice to a peer that gave an older password.
const CHANGED: &str = "The password of this account was changed. Log in again.";
/// The notice to a guest whose name has an account now.
const MADE: &str = "This name has an account now. Log in with its password, or take another name.";

/// Returns why a session has no right to a name, or `None` if it has or does not use the name.
fn lost_right(
    session: &Session,
    username: &str,
    account: Option<&Account>,
) -> Option<&'static str> {
    let proof = session.proof.as_ref();
    match (proof.filter(|proof| proof.account.eq_ignore_ascii_case(username)), account) {
        (Some(_), None) => Some(REMOVED),
        (Some(proof), Some(account)) if proof.hash != account.hash => Some(CHANGED),
        (None, Some(_)) if session.is_named(username) => Some(MADE),
        _ => None,
    }
}

/// Closes the connections of peers that have lost the right to a name, whose account is now
/// `account`.
pub(crate) fn close_without_right(
    roster: &mut Roster,
    username: &str,
    account: Option<&Account>,
    replies: &mut Replies,
) {
    let lost = |(peer, session): (Peer, &Session)| {
        let why = lost_right(session, username, account).filter(|_| !session.closing);
        why.map(|why| (peer, why))
    };
    let closed: Vec<(Peer, &str)> = roster.sessions().filter_map(lost).collect();
    for (peer, why) in closed {
        tracing::info!(%peer, username, why, "closed: the account has changed");
        replies.say(peer, notice(why));
        roster.close(peer, replies);
    }
}
