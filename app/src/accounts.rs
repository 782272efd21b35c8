//! Coming in: with a password that was looked at, or without one.

use std::net::IpAddr;

use parse::{Dict, Peer, Response};

use crate::log::{Account, Change, Draft, Origin};
use crate::passwords::{Errand, Finding};
use crate::people::Name;
use crate::rooms::LOBBY;
use crate::{Chat, Refusal, Replies, Timestamp};

impl Chat {
    /// Lets a peer in under a name; gives the answer to its login. `proved` is whether it gave
    /// the password of that name.
    ///
    /// # Errors
    /// When somebody has the name, or when what was said before cannot be read.
    pub(crate) fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        proved: bool,
        replies: &mut Replies,
    ) -> Result<Dict, Refusal> {
        let backlog = self.log.page(LOBBY, None, self.limits.backlog)?;
        let name = self.people.enter(username, peer)?;
        self.name(peer, Name::clone(&name), proved);
        self.announce("join", LOBBY, &name, peer, replies);
        Ok(Dict::new().with("username", &*name).with("messages", backlog.to_list()))
    }

    /// Where a peer comes from.
    ///
    /// # Errors
    /// When it is gone.
    pub(crate) fn address(&self, peer: Peer) -> Result<IpAddr, Refusal> {
        let session = self.sessions.get(&peer).ok_or(Refusal::NotLoggedIn)?;
        Ok(session.arrival.address.ip())
    }

    /// Something was found out about a password: goes on with what that was for.
    pub(crate) fn found_out(
        &mut self,
        errand: Errand,
        finding: Finding,
        now: Timestamp,
        replies: &mut Replies,
    ) {
        let Errand { peer, username, request, tag } = errand;
        // Whoever has gone meanwhile has logged in nowhere, and registered nothing.
        let Some(address) = self.address(peer).ok().filter(|_| !self.is_closing(peer)) else {
            return;
        };
        let outcome = match finding {
            Finding::Right => {
                self.throttle.succeed(&username, address);
                self.enter(peer, &username, true, replies)
            }
            Finding::Wrong => {
                tracing::info!(%peer, %address, %username, "a wrong password");
                Err(Refusal::WrongPassword)
            }
            Finding::Hash(hash) => {
                let account = Account { username, hash, admin: false };
                let (to, tag) = (None, tag.clone());
                let origin = Some(Origin { peer, to, request: request.into(), tag });
                let change = Change::Register(account);
                match self.log.append(Draft { change, timestamp: now, origin }) {
                    // It is answered when that is through.
                    Ok(()) => return,
                    Err(refusal) => Err(refusal),
                }
            }
            Finding::Failed => Err(Refusal::Busy),
        };
        let outcome = outcome.map_err(|refusal| refusal.to_string());
        replies.say(peer, Response { name: request.into(), outcome, tag });
        self.go_on(peer, request, now, replies);
    }

    fn is_closing(&self, peer: Peer) -> bool {
        self.sessions.get(&peer).is_none_or(|session| session.closing)
    }
}
