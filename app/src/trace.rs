//! The interface of an observer of the chat. The observer looks at the clock, and the chat does not.

use std::sync::Arc;

use parse::Peer;

use crate::Replies;
use crate::log::{Effect, Entry};
use crate::roster::Roster;

/// The most people whose names an observer gets.
const NAMED: usize = 50;

/// The outcome of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ran {
    /// The answer is among the replies, or behind the answers to earlier requests.
    Answered,
    /// The answer is an error.
    Refused,
    /// The answer follows when the log or a password thread is done.
    Later,
    /// The peer is being closed, so it gets no answer.
    Ignored,
}

/// Who is here, after a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Here {
    /// The number of people in the lobby.
    pub count: usize,
    /// Their names, sorted; empty if there are more than fifty.
    pub names: Vec<String>,
}

/// An observer of a chat and of the layers below. All calls of this trait come from the thread of the chat.
///
/// `decided` is the number of replies that the chat has added so far. So an observer knows which replies
/// a call has caused: those since the call before.
pub trait Trace: parse::Trace {
    /// The turn of the next frame of this peer has come. The name is that of a command, or says what the frame
    /// is instead.
    fn command(&self, peer: Peer, name: &'static str, decided: usize);
    /// The command of the last call has run.
    fn ran(&self, outcome: Ran, decided: usize);
    /// A password thread has done its work for the oldest unanswered frame of this peer.
    fn checked(&self, peer: Peer, decided: usize);
    /// The log has handed back an entry: for the oldest unanswered frame of this peer, or for no peer.
    fn committed(&self, peer: Option<Peer>, change: &'static str, decided: usize);
    /// What the last call of `checked` or `committed` brought has taken effect. `answered` says whether the
    /// frame has its answer now. `here` is there if the entry concerns who is here.
    fn took_effect(&self, answered: bool, here: Option<Here>, decided: usize);
    /// The reply with this number is carried out next. `None` follows the last one: the numbers begin anew.
    fn carries_out(&self, reply: Option<usize>);
}

/// An observer, or none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tracer(pub(crate) Option<Arc<dyn Trace>>);

impl Tracer {
    /// Reports the turn of a frame. The name is looked up only for an observer.
    pub(crate) fn command(&self, peer: Peer, name: impl Fn() -> &'static str, replies: &Replies) {
        if let Some(trace) = &self.0 {
            trace.command(peer, name(), replies.count());
        }
    }

    pub(crate) fn ran(&self, outcome: Ran, replies: &Replies) {
        if let Some(trace) = &self.0 {
            trace.ran(outcome, replies.count());
        }
    }

    pub(crate) fn checked(&self, peer: Peer, replies: &Replies) {
        if let Some(trace) = &self.0 {
            trace.checked(peer, replies.count());
        }
    }

    /// Reports an entry. Returns whether it concerns who is here.
    pub(crate) fn committed(&self, entry: &Entry, replies: &Replies) -> bool {
        let Some(trace) = &self.0 else { return false };
        let (change, concerns_people) = describe(entry);
        let peer = entry.origin.as_ref().map(|origin| origin.peer);
        trace.committed(peer, change, replies.count());
        concerns_people
    }

    /// Reports an effect. With a roster, it also tells who is here.
    pub(crate) fn took_effect(&self, answered: bool, roster: Option<&Roster>, replies: &Replies) {
        if let Some(trace) = &self.0 {
            let here = roster.map(|roster| {
                let people = roster.rooms().lobby();
                let count = people.count();
                let names = if count > NAMED { Vec::new() } else { people.names() };
                Here { count, names: names.into_iter().map(str::to_owned).collect() }
            });
            trace.took_effect(answered, here, replies.count());
        }
    }

    pub(crate) fn carries_out(&self, reply: Option<usize>) {
        if let Some(trace) = &self.0 {
            trace.carries_out(reply);
        }
    }
}

/// Describes an entry in a few words, and says whether it concerns who is here.
fn describe(entry: &Entry) -> (&'static str, bool) {
    match &entry.outcome {
        Ok(Effect::Said(_)) => ("message", false),
        Ok(Effect::Delivered { .. }) => ("whispers delivered", false),
        Ok(Effect::Registered(_)) => ("new account", false),
        Ok(Effect::AccountChanged { .. }) => ("changed account", false),
        Ok(Effect::Removed(_)) => ("message removed", false),
        Ok(Effect::Administered(_)) => ("act of an administrator", false),
        Ok(Effect::Sanctioned { .. }) => ("ban or mute", false),
        Ok(Effect::Lifted { .. }) => ("ban or mute lifted", false),
        Ok(Effect::Presence(_)) => ("presence", true),
        Ok(Effect::ServerJoined(_)) => ("another server joined", false),
        Ok(Effect::ServerGone(_)) => ("another server is gone", true),
        Ok(Effect::Separated) => ("cut off from the other servers", true),
        Err(_) => ("refused", false),
    }
}
