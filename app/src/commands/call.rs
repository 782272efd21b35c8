//! One request, as a command sees it.

use std::sync::Arc;

use parse::{Dict, Peer, Value};

use super::{Answer, Outcome};
use crate::log::{Change, Draft, Origin, PresenceChange};
use crate::passwords::{Hash, Job};
use crate::rooms::{self, LOBBY};
use crate::state::State;
use crate::{Act, Now, Refusal, Replies, moderation, unconfirmed};

/// One request, and everything that a command may use to answer it.
///
/// Most commands read an argument, use a part of the state, and return an [`Answer`].
/// `handout/labs/11-your-command` explains how to write one.
pub struct Call<'a> {
    /// The state of the chat.
    pub chat: &'a mut State,
    /// The peer that sent the request.
    pub peer: Peer,
    /// The name of the peer. It is there whenever the access of the command is
    /// [`Access::LoggedIn`](super::Access).
    pub name: Option<Arc<str>>,
    /// The name of the command.
    pub request: &'static str,
    /// The arguments of the request. They match the command table.
    pub arguments: &'a Dict,
    /// The tag of the request. The chat adds it to the answer.
    pub tag: Option<&'a Value>,
    /// The time, on both clocks.
    pub now: Now,
    /// The replies to other peers. The command returns the answer to the request.
    pub replies: &'a mut Replies,
}

impl Call<'_> {
    /// The name of the peer.
    ///
    /// # Errors
    /// Returns an error if the peer is not logged in.
    pub fn asker(&self) -> Result<&str, Refusal> {
        self.name.as_deref().ok_or(Refusal::NotLoggedIn)
    }

    /// The shared copy of the name of the peer.
    ///
    /// # Errors
    /// Returns an error if the peer is not logged in.
    pub fn asker_name(&self) -> Result<Arc<str>, Refusal> {
        self.name.clone().ok_or(Refusal::NotLoggedIn)
    }

    /// The account of an administrator. The name is the same, if the peer has one.
    ///
    /// # Errors
    /// Returns an error if the peer has not given the password of an account.
    pub fn administrator(&self) -> Result<Arc<str>, Refusal> {
        let proof = self.chat.roster.connected(self.peer).proof.as_ref();
        Ok(Arc::clone(&proof.ok_or(Refusal::NotAllowed)?.account))
    }

    /// Whether this flag of the request is set. A missing flag is not set.
    ///
    /// # Errors
    /// Returns an error if the value is no boolean. The chat has checked that already.
    pub fn flag(&self, name: &str) -> Result<bool, Refusal> {
        Ok(self.arguments.optional_boolean(name)?.unwrap_or(false))
    }

    /// The room that the request names, or the lobby.
    ///
    /// # Errors
    /// Returns an error if the peer is not in that room.
    pub fn room(&self) -> Result<Arc<str>, Refusal> {
        let Some(room) = self.arguments.optional_string("room")? else { return Ok(LOBBY.into()) };
        let room = rooms::read(room, self.chat.limits.name)?;
        if *room == *LOBBY || self.chat.roster.connected(self.peer).rooms.contains(&room) {
            Ok(room)
        } else {
            Err(Refusal::NotInRoom)
        }
    }

    /// Keeps the latest whispers to the peer from now on, if the request has the secret of a session.
    ///
    /// # Errors
    /// Returns [`Refusal::BadSession`] if the secret is too short or too long.
    pub(crate) fn begin_session(&mut self) -> Result<(), Refusal> {
        let secret = self.arguments.optional_string("session")?;
        if secret.is_some_and(|secret| !unconfirmed::SECRET.contains(&secret.len())) {
            return Err(Refusal::BadSession);
        }
        self.chat.roster.connected_mut(self.peer).unconfirmed.begin(secret);
        Ok(())
    }

    /// The origin for a draft. It says which peer to answer when the log has committed the draft.
    pub fn origin(&self) -> Origin {
        let tag = self.tag.cloned();
        Origin { peer: self.peer, to: None, request: self.request.into(), tag }
    }

    /// A password job for this request, about the account with this name and hash.
    pub(crate) fn password_job(&self, username: Arc<str>, hash: Option<Hash>) -> Job {
        let address = self.chat.roster.connected(self.peer).address();
        let (peer, request, tag) = (self.peer, self.request, self.tag.cloned());
        Job { peer, address, username, request, tag, hash, replaces: false, attempt: None }
    }

    /// Appends a change of presence to the log. The chat grants or refuses it, and the peer gets its
    /// answer, when the log hands it back.
    ///
    /// # Errors
    /// Returns an error if the log is full.
    pub fn append(&mut self, change: PresenceChange) -> Outcome {
        let (change, origin) = (Change::Presence(change), Some(self.origin()));
        self.chat.log.append(Draft { change, timestamp: self.now.wall, origin })?;
        Ok(Answer::Later)
    }

    /// Appends an act of an administrator to the log. It takes effect, and the peer gets its
    /// answer, when the log has committed it.
    ///
    /// # Errors
    /// Returns an error if the log is full.
    pub fn administer(&mut self, act: Act) -> Outcome {
        self.administer_to(act, None)
    }

    /// Appends an act of an administrator that concerns one peer to the log, as
    /// [`administer`](Call::administer) does.
    ///
    /// # Errors
    /// Returns an error if the log is full.
    pub fn administer_to(&mut self, act: Act, to: Option<Peer>) -> Outcome {
        let (by, origin) = (self.administrator()?, Origin { to, ..self.origin() });
        moderation::audit(&mut **self.chat.log, &by, act, self.now, Some(origin))?;
        Ok(Answer::Later)
    }

    /// Appends an act to the audit that takes effect without the log.
    ///
    /// # Errors
    /// Returns an error if the peer has not given the password of an account.
    pub fn note(&mut self, act: Act) -> Result<(), Refusal> {
        let by = self.administrator()?;
        moderation::audit(&mut **self.chat.log, &by, act, self.now, None)
    }
}
