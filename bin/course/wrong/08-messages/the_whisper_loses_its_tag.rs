//! Gives the sender of a whisper a copy without the tag of the request.
//!
//! Fails: SAY-4

fn deliver(state: &mut State, message: &Message, origin: Option<Origin>, replies: &mut Replies) {
    let response = Response::ok("message", message.to_dict());
    let receivers = receivers(&mut state.roster, message, origin.as_ref());
    let is_apart = |origin: &Origin| message.to.is_some() || origin.tag.is_some();
    let Some(sender) = origin.filter(is_apart) else {
        replies.say_to_all(receivers, response);
        return;
    };
    if state.roster.is_here(sender.peer, &message.username) {
        let copy = response.clone();
        replies.say(sender.peer, if message.to.is_some() { copy } else { copy.tagged(sender.tag) });
    }
    replies.say_to_all(receivers.except(sender.peer), response);
}
