//! Coming in, with a password that was looked at or without one; and going out.

use std::net::IpAddr;

use parse::{Dict, Peer, Response};

use crate::leaving::Parting;
use crate::log::{Account, Change, Draft, Origin};
use crate::passwords::{Errand, Finding, Hash};
use crate::people::Name;
use crate::rooms::LOBBY;
use crate::session::Proof;
use crate::{Ban, Chat, Now, Refusal, Replies, commands};

impl Chat {
    /// Logs a peer in under a name; gives the answer to its login. `proof` is there if it gave the
    /// password of that name.
    ///
    /// # Errors
    /// When the name is banned, when somebody has it, or when what was said before cannot be read.
    pub(crate) fn log_in(
        &mut self,
        peer: Peer,
        username: &str,
        proof: Option<Proof>,
        replies: &mut Replies,
    ) -> Result<Dict, Refusal> {
        // Before it is in: else it would be in, and be told that it is not.
        let backlog = self.log.page(LOBBY, None, self.limits.backlog)?;
        let name = self.enter(peer, username, replies)?;
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.proof = proof;
        }
        Ok(Dict::new().with("username", &*name).with("messages", backlog.to_list()))
    }

    /// Lets a peer in under a name, and tells the others; gives the name to keep.
    ///
    /// # Errors
    /// When the name is banned, or when somebody has it.
    pub(crate) fn enter(
        &mut self,
        peer: Peer,
        username: &str,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        // Here, and not when it was asked for: meanwhile somebody may have been banned.
        self.check_ban(username)?;
        let name = self.people.enter(username, peer)?;
        if let Some(session) = self.sessions.get_mut(&peer) {
            session.name = Some(Name::clone(&name));
        }
        self.announce("join", LOBBY, &name, peer, replies);
        Ok(name)
    }

    /// # Errors
    /// When the name is banned, or when that cannot be read.
    pub(crate) fn check_ban(&self, username: &str) -> Result<(), Refusal> {
        if self.log.is_banned(&Ban::name(username))? { Err(Refusal::Banned) } else { Ok(()) }
    }

    /// Takes away who a peer is: its name, and what it has proved. Gives the name, or that of the
    /// account where it only looked on. Who was in has to log in again in time.
    ///
    /// # Errors
    /// When it is nobody.
    pub(crate) fn log_out(
        &mut self,
        peer: Peer,
        now: Now,
        replies: &mut Replies,
    ) -> Result<Name, Refusal> {
        let session = self.sessions.get_mut(&peer).ok_or(Refusal::NothingToLogOut)?;
        let proof = session.proof.take();
        let Some(name) = session.name.take() else {
            return proof.map(|proof| proof.account).ok_or(Refusal::NothingToLogOut);
        };
        let rooms = std::mem::take(&mut session.rooms);
        self.leave_all(&name, peer, &rooms, Parting::InOrder, replies);
        self.expect_login(peer, now);
        Ok(name)
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
    /// Gives the peer if it has its answer now.
    pub(crate) fn found_out(
        &mut self,
        errand: Errand,
        finding: Finding,
        now: Now,
        replies: &mut Replies,
    ) -> Option<Peer> {
        let Errand { peer, address, username, request, tag, hash, attempt } = errand;
        // What the try was worth does not depend on whether the peer waited for it.
        match (&finding, attempt) {
            (Finding::Right, Some(attempt)) => self.throttle.succeed(attempt, now.monotonic),
            (Finding::Wrong, _) => tracing::info!(%peer, %address, %username, "a wrong password"),
            (Finding::Failed, Some(attempt)) => self.throttle.take_back(&attempt, now.monotonic),
            _ => {}
        }
        // Whoever has gone meanwhile has logged in nowhere, and registered nothing.
        if self.is_closing(peer) {
            if commands::makes_an_account(request) {
                self.quota.give_back(address);
            }
            return Some(peer);
        }
        let outcome = match finding {
            Finding::Right => {
                // The account may have changed since it was looked up.
                let proof = self.proof(&username, hash);
                proof.and_then(|proof| {
                    if self.is_observer(peer) {
                        self.prove(peer, &username, Some(proof))
                    } else {
                        self.log_in(peer, &username, Some(proof), replies)
                    }
                })
            }
            Finding::Wrong => Err(Refusal::WrongPassword),
            // Somebody may have come in under that name meanwhile.
            Finding::Hash(_) if self.is_elsewhere(&username, peer) => Err(Refusal::NameTaken),
            Finding::Hash(hash) => {
                let account = Account { username, hash, admin: false };
                let (to, tag) = (None, tag.clone());
                let origin = Some(Origin { peer, to, request: request.into(), tag });
                let change = Change::Register(account);
                match self.log.append(Draft { change, timestamp: now.wall, origin }) {
                    // It is answered when that is through.
                    Ok(()) => return None,
                    Err(refusal) => Err(refusal),
                }
            }
            Finding::Failed => Err(Refusal::Busy),
        };
        if outcome.is_err() && commands::makes_an_account(request) {
            self.quota.give_back(address);
        }
        let outcome = outcome.map_err(|refusal| refusal.to_string());
        replies.say(peer, Response { name: request.into(), outcome, tag });
        Some(peer)
    }

    /// An account was made: whoever made the one of their own name has given its password, and
    /// anybody else under that name has to go.
    pub(crate) fn registered(
        &mut self,
        account: &Account,
        by: Option<Peer>,
        replies: &mut Replies,
    ) {
        let username = &account.username;
        if let Some(session) = by.and_then(|peer| self.sessions.get_mut(&peer))
            && session.name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(username))
        {
            let (account, hash) = (Name::clone(username), account.hash.clone());
            session.proof = Some(Proof { account, hash });
        }
        self.end_without_right(username, Some(account), replies);
    }

    /// What shows that somebody has given the password of an account.
    ///
    /// # Errors
    /// When the account has another password by now, or is gone; and when that cannot be read.
    fn proof(&self, username: &Name, hash: Option<Hash>) -> Result<Proof, Refusal> {
        let account = self.log.account(username)?;
        let hash = hash.filter(|hash| account.is_some_and(|account| account.hash == *hash));
        let account = Name::clone(username);
        hash.map(|hash| Proof { account, hash }).ok_or(Refusal::WrongPassword)
    }

    /// Whether somebody else is here under this name: whoever that is may be surprised to lose it,
    /// so nobody else can have it.
    pub(crate) fn is_elsewhere(&self, username: &str, peer: Peer) -> bool {
        self.people.find(username).is_some_and(|person| person.peer != peer)
    }

    pub(crate) fn is_closing(&self, peer: Peer) -> bool {
        self.sessions.get(&peer).is_none_or(|session| session.closing)
    }
}
