//! Accounts: what a password job or a new account changes.

use parse::{Dict, Peer};

use crate::log::{Account, Change, Draft, Origin};
use crate::passwords::{Hash, Job, JobResult};
use crate::people::Name;
use crate::replies::answer;
use crate::session::{Arriving, Proof};
use crate::state::State;
use crate::{Now, Refusal, Replies, rights};

impl State {
    /// Continues a `login`, `register` or `passwd` whose password job is done. Returns whether the
    /// answer is no longer outstanding.
    pub(crate) fn finish_job(
        &mut self,
        job: Job,
        result: JobResult,
        now: Now,
        replies: &mut Replies,
    ) -> bool {
        let Job { peer, username, request, tag, hash, replaces, .. } = job;
        if self.roster.is_closing(peer) {
            self.authentication.release(peer);
            return true;
        }
        let outcome = match result {
            JobResult::Right if self.roster.is_observer(peer) => self
                .proof(&username, hash)
                .and_then(|proof| self.log_in_observer(peer, &username, proof)),
            JobResult::Right => {
                let tag = tag.clone();
                let origin = Origin { peer, to: None, request: request.into(), tag };
                let asked = hash.ok_or(Refusal::WrongPassword).and_then(|hash| {
                    self.ask_for_name(&username, Arriving::Owner { hash, replaces }, origin, now)
                });
                match asked {
                    // The answer follows when the log has ordered the login.
                    Ok(()) => return false,
                    Err(refusal) => Err(refusal),
                }
            }
            JobResult::Wrong => Err(self.wrong_password(peer)),
            // Another peer may have taken the name while the password was hashed.
            JobResult::Hash(_) if self.roster.is_taken(&username, peer) => Err(Refusal::NameTaken),
            JobResult::Hash(new) => {
                let tag = tag.clone();
                let origin = Some(Origin { peer, to: None, request: request.into(), tag });
                let change = match hash {
                    Some(old) => Change::Password { username, old, new },
                    None => Change::Register(Account { username, hash: new, admin: false }),
                };
                match self.log.append(Draft { change, timestamp: now.wall, origin }) {
                    // The answer follows when the log has committed the change.
                    Ok(()) => return false,
                    Err(refusal) => Err(refusal),
                }
            }
            JobResult::Failed => Err(Refusal::Busy),
        };
        if outcome.is_err() {
            self.authentication.release(peer);
        }
        replies.say(peer, answer(request, outcome, tag));
        true
    }

    /// The refusal of a password that is wrong or missing. Where only accounts may log in, it advises
    /// to make one. The advice depends on the settings only: it does not reveal which names are
    /// registered.
    pub(crate) fn wrong_password(&self, peer: Peer) -> Refusal {
        let needs_account = self.limits.register && !self.limits.guests;
        if needs_account && self.may_log_in(peer) {
            Refusal::WrongPassword.advised("If you have no account, register one.")
        } else {
            Refusal::WrongPassword
        }
    }

    /// Makes the proof that a peer gave the password with this hash.
    ///
    /// # Errors
    /// Returns an error if the account has another password by now or was removed, or if the log
    /// cannot read it.
    pub(crate) fn proof(&self, username: &Name, hash: Option<Hash>) -> Result<Proof, Refusal> {
        let account = self.log.account(username)?;
        let account = account.filter(|account| hash.is_some_and(|hash| account.hash == hash));
        let Account { hash, admin, .. } = account.ok_or(Refusal::WrongPassword)?;
        Ok(Proof { account: Name::clone(username), hash, admin })
    }

    /// An account now exists. Its peer asks for the name if it wants to be logged in; then the answer
    /// follows. A peer that registered its own name has given the password; the connection of any
    /// other peer under that name is closed. Returns whether the request is answered.
    pub(crate) fn registered(
        &mut self,
        account: &Account,
        origin: Option<Origin>,
        now: Now,
        replies: &mut Replies,
    ) -> bool {
        let username = &account.username;
        let by = origin.as_ref().map(|origin| origin.peer);
        self.prove(account, by);
        rights::close_without_right(&mut self.roster, username, Some(account), replies);
        let login =
            by.is_some_and(|peer| self.authentication.confirm(peer) && self.may_log_in(peer));
        if login && let Some(origin) = origin.clone() {
            let how = Arriving::Registration(Name::clone(username), account.hash.clone());
            if self.ask_for_name(username, how, origin, now).is_ok() {
                return false;
            }
        }
        self.respond(origin, Ok(Dict::new().with("username", &**username)), replies);
        true
    }

    /// Records that a peer gave the password of its account.
    pub(crate) fn prove(&mut self, account: &Account, by: Option<Peer>) {
        let username = &account.username;
        if let Some(session) = by.and_then(|peer| self.roster.session_mut(peer))
            && session.is_named(username)
        {
            let Account { hash, admin, .. } = account.clone();
            // `rights::tell_rank` tells the person of a change.
            let admin = session.proof.as_ref().map_or(admin, |proof| proof.admin);
            session.proof = Some(Proof { account: Name::clone(username), hash, admin });
        }
    }

    /// Whether a peer is connected, has no name yet, and can have one.
    fn may_log_in(&self, peer: Peer) -> bool {
        let session = self.roster.session(peer);
        session.is_some_and(|it| !it.closing && it.name.is_none() && !it.is_observer())
    }
}
