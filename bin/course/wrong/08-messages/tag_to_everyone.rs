//! Puts the tag into the copy of every peer.
//!
//! Fails: SAY-4, SAY-9

fn deliver(state: &mut State, message: &Message, origin: Option<Origin>, replies: &mut Replies) {
    let receivers = receivers(&mut state.roster, message, origin.as_ref());
    let tag = origin.as_ref().and_then(|origin| origin.tag.clone());
    let response = Response::ok("message", message.to_dict()).tagged(tag);
    let sender = origin.filter(|_| message.to.is_some()).map(|origin| origin.peer);
    if let Some(peer) = sender
        && state.roster.is_here(peer, &message.username)
    {
        replies.say(peer, response.clone());
    }
    replies.say_to_all(receivers.except(sender), response);
}
