//! Sends the answer to the sender, and then the message to everyone, with the sender among them.
//!
//! Fails: SAY-3, SAY-4, SAY-6, SAY-9, SAY-10, SAY-14

fn deliver(state: &mut State, message: &Message, origin: Option<Origin>, replies: &mut Replies) {
    let response = Response::ok("message", message.to_dict());
    let receivers = receivers(&mut state.roster, message, origin.as_ref());
    if let Some(Origin { peer, tag, .. }) = origin
        && state.roster.is_here(peer, &message.username)
    {
        replies.say(peer, response.clone().tagged(tag));
    }
    replies.say_to_all(receivers, response);
}
