//! What administrators are for: who they are, and what follows from what they do.

use std::sync::Arc;

use parse::{Peer, Response};

use crate::chat::notice;
use crate::log::{Change, Draft, Origin};
use crate::rooms::in_room;
use crate::session::Session;
use crate::{Act, Ban, Chat, Now, Refusal, Replies};

/// What somebody is told before the end.
const KICKED: &str = "You were kicked.";

impl Chat {
    /// Whether whoever this is may administer: has given the password of an account that may. Both
    /// may be taken away meanwhile, and then it may not any more.
    ///
    /// # Errors
    /// When the accounts cannot be read.
    pub(crate) fn is_admin(&self, session: &Session) -> Result<bool, Refusal> {
        let Some(proof) = &session.proof else { return Ok(false) };
        let account = self.log.account(&proof.account)?;
        Ok(account.is_some_and(|account| account.admin && account.hash == proof.hash))
    }

    /// Puts into the audit what an administrator does. Where somebody waits for it (`origin`),
    /// it takes effect when the log hands it back; else it has taken effect already, since it
    /// must not depend on the disk: then a log that cannot write it is no reason not to do it.
    ///
    /// # Errors
    /// When somebody waits for it and too much is waiting already.
    pub(crate) fn administer(
        &mut self,
        by: &Arc<str>,
        act: Act,
        now: Now,
        origin: Option<Origin>,
    ) -> Result<(), Refusal> {
        tracing::info!(%by, %act, "administration");
        let waits = origin.is_some();
        let change = Change::Administer { by: Arc::clone(by), act };
        let appended = self.log.append(Draft { change, timestamp: now.wall, origin });
        if waits { appended } else { Ok(()) }
    }

    /// Hangs up on whoever comes from an address that is banned, and says why; gives whether it
    /// did.
    pub(crate) fn turn_away(&mut self, peer: Peer, replies: &mut Replies) -> bool {
        let address = self.sessions.get(&peer).map(|session| session.arrival.address.ip());
        let banned = address.map(|address| self.log.is_banned(&Ban::address(address)));
        // A log that cannot be read keeps nobody out.
        let banned = matches!(banned, Some(Ok(true)));
        if banned {
            tracing::debug!(%peer, "closed: its address is banned");
            replies.say(peer, Response::error("error", Refusal::Banned.to_string()));
            self.close(peer, replies);
        }
        banned
    }

    /// Hangs up on everybody for whom a ban holds.
    pub(crate) fn close_banned(&mut self, ban: &Ban, replies: &mut Replies) {
        let holds = |peer: &Peer| match (ban, self.sessions.get(peer)) {
            (Ban::Name(name), Some(session)) => {
                let proved = session.proof.as_ref().map(|proof| &proof.account);
                let mut names = session.name.iter().chain(proved);
                names.any(|other| other.eq_ignore_ascii_case(name))
            }
            (Ban::Address(_), Some(session)) => Ban::address(session.arrival.address.ip()) == *ban,
            (_, None) => false,
        };
        let banned: Vec<Peer> = self.sessions.keys().copied().filter(holds).collect();
        for peer in banned {
            replies.say(peer, notice(&Refusal::Banned.to_string()));
            self.close(peer, replies);
        }
    }

    /// Hangs up on somebody, and says why.
    pub(crate) fn kick(&mut self, peer: Peer, replies: &mut Replies) {
        replies.say(peer, notice(KICKED));
        self.close(peer, replies);
    }

    /// Tells everybody in a room but the one who did it that a message was taken back.
    pub(crate) fn tell_removed(
        &mut self,
        id: u64,
        room: &str,
        by: Option<Peer>,
        replies: &mut Replies,
    ) {
        let Some(members) = self.members(room) else { return };
        let others = members.everyone().except(by);
        replies.say_to_all(others, Response::ok("removed", in_room(room).with("id", id)));
    }
}
