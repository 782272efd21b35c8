//! Sends a whisper to its receiver only, so its sender gets no answer.
//!
//! Fails: SAY-5, SAY-13

fn deliver(state: &mut State, message: &Message, origin: Option<Origin>, replies: &mut Replies) {
    let response = Response::ok("message", message.to_dict());
    let receivers = receivers(&mut state.roster, message, origin.as_ref());
    let Some(sender) = origin.filter(|origin| origin.tag.is_some()) else {
        replies.say_to_all(receivers, response);
        return;
    };
    if state.roster.is_here(sender.peer, &message.username) {
        replies.say(sender.peer, response.clone().tagged(sender.tag));
    }
    replies.say_to_all(receivers.except(sender.peer), response);
}
