//! Moderation: administrators, bans, kicks and the audit.
//!
//! The log stores the bans and the audit, so this module has no state.

use std::net::IpAddr;
use std::sync::Arc;

use parse::Peer;

use crate::log::{Change, Draft, Log, Origin};
use crate::replies::farewell;
use crate::roster::Roster;
use crate::session::Session;
use crate::{Act, Ban, Now, Refusal, Replies};

/// The notice that a peer gets before a kick closes its connection.
const KICKED: &str = "You were kicked.";

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

/// Checks that a name is not banned.
///
/// # Errors
/// Returns an error if it is, or if the log cannot read the bans.
pub(crate) fn check_name(log: &dyn Log, username: &str) -> Result<(), Refusal> {
    if log.is_banned(&Ban::name(username))? { Err(Refusal::Banned) } else { Ok(()) }
}

/// Whether an address is banned. If the log cannot read the bans, it is not.
pub(crate) fn is_address_banned(log: &dyn Log, address: IpAddr) -> bool {
    matches!(log.is_banned(&Ban::address(address)), Ok(true))
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

/// Closes the connections of all peers that a ban applies to, with a notice.
pub(crate) fn close_banned(roster: &mut Roster, ban: &Ban, replies: &mut Replies) {
    let applies = |session: &Session| match ban {
        Ban::Name(name) => {
            let proved = session.proof.as_ref().map(|proof| &proof.account);
            let mut names = session.name.iter().chain(proved);
            names.any(|other| other.eq_ignore_ascii_case(name))
        }
        Ban::Address(_) => Ban::address(session.address()) == *ban,
    };
    let sessions = roster.sessions().filter(|(_, session)| applies(session));
    let banned: Vec<Peer> = sessions.map(|(peer, _)| peer).collect();
    for peer in banned {
        replies.say(peer, farewell("banned", &Refusal::Banned.to_string()));
        roster.close(peer, replies);
    }
}

/// Closes the connection of a peer, with a notice.
pub(crate) fn kick(roster: &mut Roster, peer: Peer, replies: &mut Replies) {
    replies.say(peer, farewell("kicked", KICKED));
    roster.close(peer, replies);
}
