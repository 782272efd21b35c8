//! The right to a name, and sessions that lose it.
//!
//! Anyone may use a name without an account. A name with an account belongs to the peers that gave
//! its password. Another process can make an account, remove it or change its password while a
//! peer is logged in under its name. The chat then tells the peers that have lost the right to the
//! name why, and closes their connections. It tells the peers that keep it when their account becomes that of
//! an administrator, or stops being one.

use parse::Peer;

use crate::Replies;
use crate::log::Account;
use crate::replies::{farewell, notice};
use crate::roster::Roster;
use crate::session::Session;

/// The notice to a peer whose account was removed.
const REMOVED: &str = "This account was removed.";
/// The notice to a peer that gave an older password.
const CHANGED: &str = "The password of this account was changed. Log in again.";
/// The notice to a guest whose name has an account now.
const MADE: &str = "This name has an account now. Log in with its password, or take another name.";

/// The notice to a peer whose account has become that of an administrator.
const PROMOTED: &str = "You are an administrator now.";
/// The notice to a peer whose account has stopped being that of an administrator.
const DEMOTED: &str = "You are no administrator any more.";

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

/// Tells the peers that gave the password of this account whether it is that of an administrator, if that has changed.
pub(crate) fn tell_rank(roster: &mut Roster, account: &Account, replies: &mut Replies) {
    let is_told = |session: &Session| {
        let proof = session.proof.as_ref().filter(|_| !session.closing);
        let is_of = |name: &str| name.eq_ignore_ascii_case(&account.username);
        proof.is_none_or(|proof| !is_of(&proof.account) || proof.admin == account.admin)
    };
    let untold = roster.sessions().filter(|(_, session)| !is_told(session));
    for peer in untold.map(|(peer, _)| peer).collect::<Vec<_>>() {
        let proof = roster.session_mut(peer).and_then(|session| session.proof.as_mut());
        let Some(proof) = proof else { continue };
        proof.admin = account.admin;
        let (reason, text) =
            if account.admin { ("promoted", PROMOTED) } else { ("demoted", DEMOTED) };
        replies.say(peer, farewell(reason, text));
    }
}
