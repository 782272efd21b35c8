//! One request, as a command sees it: the chat, who asks, with what, when, and where to answer.

use std::sync::Arc;

use parse::{Dict, Peer, Value};

use super::{Answer, Outcome};
use crate::log::Origin;
use crate::passwords::{Hash, Job};
use crate::rooms::{self, LOBBY};
use crate::state::State;
use crate::{Act, Now, Refusal, Replies, moderation};

/// What a command can use: the chat, who asks, with what, when, and where to answer.
pub struct Call<'a> {
    /// The chat, to look at and to change.
    pub chat: &'a mut State,
    /// Who asks.
    pub peer: Peer,
    /// The name under which the asker is in; there whenever the command's access is
    /// [`Access::LoggedIn`](super::Access).
    pub name: Option<Arc<str>>,
    /// What it asks for: the name of the command.
    pub request: &'static str,
    /// What came with the request. What the table says of it has been checked.
    pub arguments: &'a Dict,
    /// The tag of the request. The chat puts it into the answer.
    pub tag: Option<&'a Value>,
    /// The time, on both clocks.
    pub now: Now,
    /// Where to answer, besides the answer to the asker, which is returned.
    pub replies: &'a mut Replies,
}

impl Call<'_> {
    /// The name of the asker.
    ///
    /// # Errors
    /// When the asker is not logged in.
    pub fn asker(&self) -> Result<&str, Refusal> {
        self.name.as_deref().ok_or(Refusal::NotLoggedIn)
    }

    /// The same, to be kept.
    ///
    /// # Errors
    /// When the asker is not logged in.
    pub fn asker_name(&self) -> Result<Arc<str>, Refusal> {
        self.name.clone().ok_or(Refusal::NotLoggedIn)
    }

    /// The account by which the asker is an administrator. That is its name, too, if it has one.
    ///
    /// # Errors
    /// When the asker has not given the password of an account.
    pub fn administrator(&self) -> Result<Arc<str>, Refusal> {
        let session = self.chat.roster.session(self.peer);
        let proof = session.and_then(|session| session.proof.as_ref());
        Ok(Arc::clone(&proof.ok_or(Refusal::NotAllowed)?.account))
    }

    /// The room that the request is about: the one it names, or the lobby.
    ///
    /// # Errors
    /// When the asker is not in it.
    pub fn room(&self) -> Result<Arc<str>, Refusal> {
        let Some(room) = self.arguments.optional_string("room")? else { return Ok(LOBBY.into()) };
        let room = rooms::read(room, self.chat.limits.name)?;
        let session = self.chat.roster.session(self.peer);
        if *room == *LOBBY || session.is_some_and(|session| session.rooms.contains(&room)) {
            Ok(room)
        } else {
            Err(Refusal::NotInRoom)
        }
    }

    /// Whom to answer when the log has handed back what this request appends to it.
    pub fn origin(&self) -> Origin {
        let tag = self.tag.cloned();
        Origin { peer: self.peer, to: None, request: self.request.into(), tag }
    }

    /// A password job for this request, about the account with this name and hash.
    ///
    /// # Errors
    /// Returns an error if the connection has ended.
    pub(crate) fn password_job(
        &self,
        username: Arc<str>,
        hash: Option<Hash>,
    ) -> Result<Job, Refusal> {
        let address = self.chat.roster.address(self.peer)?;
        let (peer, request, tag) = (self.peer, self.request, self.tag.cloned());
        Ok(Job { peer, address, username, request, tag, hash, attempt: None })
    }

    /// Does what an administrator asks for, once it is in the audit: the asker is answered, and
    /// it takes effect, when the log hands it back.
    ///
    /// # Errors
    /// When too much is waiting for the log already.
    pub fn administer(&mut self, act: Act) -> Outcome {
        let (by, origin) = (self.administrator()?, self.origin());
        moderation::audit(&mut *self.chat.log, &by, act, self.now, Some(origin))?;
        Ok(Answer::Later)
    }

    /// Puts into the audit what an administrator asks for, and that takes effect at once.
    ///
    /// # Errors
    /// When the asker has not given the password of an account.
    pub fn note(&mut self, act: Act) -> Result<(), Refusal> {
        let by = self.administrator()?;
        moderation::audit(&mut *self.chat.log, &by, act, self.now, None)
    }
}
