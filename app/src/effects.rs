//! Effects: delivers an entry that the log has committed.

use parse::{Audience, Dict, Peer, Response};

use crate::log::{Effect, Entry, Origin};
use crate::people::People;
use crate::rooms::in_room;
use crate::roster::Roster;
use crate::state::State;
use crate::{Act, Measure, Message, Now, Refusal, Replies, moderation, presence, rights};

/// Applies an entry of the log: answers its origin, and tells the other peers. Returns the peer of the
/// origin, unless its answer is still outstanding.
pub(crate) fn apply(
    state: &mut State,
    entry: Entry,
    now: Now,
    replies: &mut Replies,
) -> Option<Peer> {
    let Entry { outcome, origin } = entry;
    let by = origin.as_ref().map(|origin| origin.peer);
    match outcome {
        Ok(Effect::Said(message)) => {
            state.roster.figures().count_message(message.to.is_some());
            if message.to.is_some() {
                // Apart from `deliver`, which students write in lab 8.
                let receivers = receivers(&mut state.roster, &message, origin.as_ref());
                receivers.iter().for_each(|peer| state.roster.note_whisper(peer, &message));
            }
            deliver(state, &message, origin, replies);
            state.deliver_late(&message, replies);
        }
        Ok(Effect::Delivered { to, until }) => state.was_delivered(&to, until),
        Ok(Effect::Registered(account)) => {
            if !state.registered(&account, origin, now, replies) {
                return None;
            }
        }
        Ok(Effect::AccountChanged { username, account }) => {
            if let Some(account) = &account {
                state.prove(account, by);
            }
            state.respond(origin, Ok(Dict::new().with("username", &*username)), replies);
            let roster = &mut state.roster;
            rights::close_without_right(roster, &username, account.as_ref(), replies);
            if let Some(account) = &account {
                rights::tell_rank(roster, account, replies);
            }
        }
        Ok(Effect::Removed(message)) => {
            let answer = removed(in_room(&message.room), &message).with("message", &*message.text);
            state.respond(origin, Ok(answer), replies);
            announce_removal(state, &message, by, replies);
        }
        Ok(Effect::Sanctioned { measure, who, sanction }) => {
            state.respond(origin, Ok(moderation::imposed(&who, &sanction)), replies);
            moderation::enforce(&mut state.roster, measure, &who, &sanction, replies);
        }
        Ok(Effect::Lifted { measure, who }) => {
            state.respond(origin, Ok(Dict::new().with("who", who.to_string())), replies);
            if measure == Measure::Mute {
                moderation::release(&state.roster, &state.log, &who, replies);
            }
        }
        Ok(Effect::Administered(act)) => administered(state, &act, origin, replies),
        Ok(Effect::Presence(change)) => presence::apply(state, change, origin, now, replies),
        Ok(Effect::ServerJoined(server)) => presence::server_joined(state, server, now),
        Ok(Effect::ServerGone(server)) => state.roster.server_gone(server, replies),
        Ok(Effect::Separated) => {
            presence::separate(state, replies);
            state.roster.count_all();
        }
        Err(refusal) => {
            let origin = presence::refused(state, origin, &refusal, replies);
            state.respond(origin, Err(refusal), replies);
            if let Some(peer) = by {
                state.authentication.release(peer);
            }
        }
    }
    by
}

/// Carries out an act that has an origin, on each server of the chat. An act without an origin has
/// taken effect already.
fn administered(state: &mut State, act: &Act, origin: Option<Origin>, replies: &mut Replies) {
    let outcome = match act {
        Act::Kick(name, _) => {
            let to = origin.as_ref().and_then(|origin| origin.to);
            let person = state.roster.find(name).filter(|person| Some(person.peer) == to);
            person
                .map(|person| Dict::new().with("username", &*person.name))
                .ok_or(Refusal::NoSuchUser)
        }
        _ => Ok(Dict::new()),
    };
    let (to, waits) = (origin.as_ref().and_then(|origin| origin.to), origin.is_some());
    state.respond(origin, outcome, replies);
    match (act, to) {
        (Act::Kick(name, reason), Some(to)) if state.roster.is_here(to, name) => {
            moderation::kick(&mut state.roster, to, reason.as_deref(), replies);
        }
        (Act::ShutdownAll, _) if waits => state.is_over = true,
        _ => {}
    }
}

/// Sends a message to its sender and its receivers. No peer gets it twice.
///
/// The sender's copy is the answer to its request, so it carries the tag of the origin. If there is
/// a tag, or if the message is a whisper, the sender gets a copy apart, before the receivers get
/// theirs. Without a tag it is the same response as the receivers get, so a sender that is a
/// receiver needs no copy apart. A sender that does not have its name any more gets no copy apart.
/// The sender of a message from another server is not here, nor is that of a message without an origin.
fn deliver(state: &mut State, message: &Message, origin: Option<Origin>, replies: &mut Replies) {
    let response = Response::ok("message", message.to_dict());
    let receivers = receivers(&mut state.roster, message, origin.as_ref());
    let is_apart = |origin: &Origin| message.to.is_some() || origin.tag.is_some();
    let Some(sender) = origin.filter(is_apart) else {
        replies.say_to_all(receivers, response);
        return;
    };
    if state.roster.is_here(sender.peer, &message.username) {
        replies.say(sender.peer, response.clone().tagged(sender.tag));
    }
    replies.say_to_all(receivers.except(sender.peer), response);
}

/// Returns the peers that a message is for: the members of its room, and the sender is one of them;
/// or the receiver of a whisper. There may be none by now.
///
/// The receiver of a whisper is the peer that the origin names, if it still has the name of the
/// message. Another peer that took the name in the meantime must not get the whisper. A whisper
/// without an origin is for the peer that has the name now.
fn receivers(roster: &mut Roster, message: &Message, origin: Option<&Origin>) -> Audience {
    let Some(name) = &message.to else {
        let members = roster.members(&message.room);
        return members.map_or_else(|| [].into_iter().collect(), People::everyone);
    };
    let receiver = match origin {
        Some(origin) => origin.to.filter(|to| roster.is_here(*to, name)),
        None => roster.find(name).map(|person| person.peer),
    };
    receiver.into_iter().collect()
}

/// Tells the members of a room, except the administrator, that a message was removed.
fn announce_removal(state: &mut State, message: &Message, by: Option<Peer>, replies: &mut Replies) {
    let room = &*message.room;
    let Some(members) = state.roster.members(room) else { return };
    let others = members.everyone().except(by);
    replies.say_to_all(others, Response::ok("removed", removed(in_room(room), message)));
}

/// The body with what identifies a removed message for a person who has read it.
fn removed(body: Dict, message: &Message) -> Dict {
    let said = format!("{:.3}", message.timestamp);
    body.with("id", message.id).with("username", &*message.username).with("said", said)
}
