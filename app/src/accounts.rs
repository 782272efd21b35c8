//! Coming in, with a password that was looked at or without one; and going out.

use std::net::IpAddr;

use parse::{Dict, Peer, Response};

use crate::log::{Account, Change, Draft, Origin};
use crate::passwords::{Errand, Finding, Hash};
use crate::people::Name;
use crate::rooms::LOBBY;
use crate::{Ban, Chat, Refusal, Replies, Timestamp};

impl Chat {
    /// Lets a peer in under a name; gives the answer to its login. `proof` is what is kept of the
    /// password of that name, if it gave that.
    ///
    /// # Errors
    /// When the name is banned, when somebody has it, or when what was said before cannot be read.
    pub(crate) fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        proof: Option<Hash>,
        replies: &mut Replies,
    ) -> Result<Dict, Refusal> {
        // Here, and not when it was asked for: meanwhile somebody may have been banned.
        if self.log.is_banned(&Ban::name(username))? {
            return Err(Refusal::Banned);
        }
        let backlog = self.log.page(LOBBY, None, self.limits.backlog)?;
        let name = self.people.enter(username, peer)?;
        self.name(peer, Name::clone(&name), proof);
        self.announce("join", LOBBY, &name, peer, replies);
        Ok(Dict::new().with("username", &*name).with("messages", backlog.to_list()))
    }

    /// Gives a peer that is connected a name. `proof` is what is kept of the password that it gave.
    fn name(&mut self, peer: Peer, name: Name, proof: Option<Hash>) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.name = Some(name);
            session.proof = proof;
        }
    }

    /// Takes the name of a peer away; from now on it has to log in again in time.
    pub(crate) fn unname(&mut self, peer: Peer, name: &str, now: Timestamp, replies: &mut Replies) {
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.name = None;
            session.proof = None;
            let rooms = std::mem::take(&mut session.rooms);
            self.leave_all(name, peer, &rooms, replies);
        }
        self.expect_login(peer, now);
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
        let Errand { peer, username, request, tag, hash: proof } = errand;
        // Whoever has gone meanwhile has logged in nowhere, and registered nothing.
        let Some(address) = self.address(peer).ok().filter(|_| !self.is_closing(peer)) else {
            return;
        };
        let outcome = match finding {
            Finding::Right => {
                self.throttle.succeed(&username, address);
                self.enter(peer, &username, proof, replies)
            }
            Finding::Wrong => {
                tracing::info!(%peer, %address, %username, "a wrong password");
                Err(Refusal::WrongPassword)
            }
            // Somebody may have come in under that name meanwhile.
            Finding::Hash(_) if self.is_elsewhere(&username, peer) => Err(Refusal::NameTaken),
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

    /// Whether somebody else is here under this name: whoever that is may be surprised to lose it,
    /// so nobody else can have it.
    pub(crate) fn is_elsewhere(&self, username: &str, peer: Peer) -> bool {
        self.people.find(username).is_some_and(|person| person.peer != peer)
    }

    fn is_closing(&self, peer: Peer) -> bool {
        self.sessions.get(&peer).is_none_or(|session| session.closing)
    }
}
