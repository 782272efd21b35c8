//! What the log hands back takes effect: whoever is to hear of it is told.

use parse::{Audience, Dict, Peer, Response};

use crate::log::{Effect, Origin};
use crate::people::People;
use crate::{Act, Chat, Message, Refusal, Replies, commands};

impl Chat {
    /// Tells whoever is to hear it what the log handed back.
    pub(crate) fn take_effect(
        &mut self,
        outcome: Result<Effect, Refusal>,
        origin: Option<Origin>,
        replies: &mut Replies,
    ) {
        let mut answer = |answer: Result<Dict, Refusal>| {
            if let Some(Origin { peer, request, tag, .. }) = &origin
                && self.sessions.contains_key(peer)
            {
                let outcome = answer.map_err(|refusal| refusal.to_string());
                let response = Response { name: request.clone(), outcome, tag: tag.clone() };
                replies.say(*peer, response);
            }
        };
        match outcome {
            Ok(Effect::Said(message)) => self.tell(&message, origin, replies),
            Ok(Effect::Registered(account)) => {
                answer(Ok(Dict::new().with("username", &*account.username)));
                self.registered(&account, origin.map(|origin| origin.peer), replies);
            }
            Ok(Effect::AccountChanged { username, account }) => {
                self.end_without_right(&username, account.as_ref(), replies);
            }
            Ok(Effect::Removed { id, room }) => {
                answer(Ok(Dict::new().with("id", id)));
                self.tell_removed(id, &room, origin.map(|origin| origin.peer), replies);
            }
            Ok(Effect::Administered(act)) => {
                if let Act::Ban(ban) | Act::Unban(ban) = &act {
                    answer(Ok(Dict::new().with("who", ban.to_string())));
                }
                if let Act::Ban(ban) = &act {
                    self.close_banned(ban, replies);
                }
            }
            Err(refusal) => {
                answer(Err(refusal));
                if let Some(Origin { peer, request, .. }) = &origin
                    && commands::makes_an_account(request)
                    && let Ok(address) = self.address(*peer)
                {
                    self.quota.give_back(address);
                }
            }
        }
    }

    /// Tells whoever is to hear it that something was said. The sender's own copy is the answer
    /// to its request, so it carries the tag; without a tag it is the same as everybody's.
    /// Without an origin nobody here has said it; it is heard all the same.
    fn tell(&mut self, message: &Message, origin: Option<Origin>, replies: &mut Replies) {
        let response = Response::ok("message", message.to_dict());
        let apart = |origin: &Origin| message.to.is_some() || origin.tag.is_some();
        let sender = origin.as_ref().filter(|origin| apart(origin)).map(|origin| origin.peer);
        let audience: Audience = match &message.to {
            None => {
                let members = self.members(&message.room);
                members.map_or_else(|| [].into_iter().collect(), People::everyone)
            }
            Some(name) => {
                let receiver = match &origin {
                    // The one who was meant, and nobody who took that name meanwhile.
                    Some(origin) => origin.to.filter(|to| self.is_here(*to, name)),
                    None => self.people.find(name).map(|person| person.peer),
                };
                receiver.into_iter().collect()
            }
        };
        if let Some(Origin { peer, tag, .. }) = origin
            && sender == Some(peer)
            && self.is_here(peer, &message.username)
        {
            replies.say(peer, response.clone().tagged(tag));
        }
        replies.say_to_all(audience.except(sender), response);
    }

    /// Whether this peer is (still) logged in under this name.
    fn is_here(&self, peer: Peer, name: &str) -> bool {
        self.sessions.get(&peer).is_some_and(|session| session.name.as_deref() == Some(name))
    }
}
