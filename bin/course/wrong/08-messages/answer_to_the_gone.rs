//! Answers the sender without a look whether it is still there.
//!
//! Fails: SAY-12

fn deliver(state: &mut State, message: &Message, origin: Option<Origin>, replies: &mut Replies) {
    let response = Response::ok("message", message.to_dict());
    let receivers = receivers(&mut state.roster, message, origin.as_ref());
    let sender = origin.filter(|origin| message.to.is_some() || origin.tag.is_some());
    let peer = sender.as_ref().map(|origin| origin.peer);
    if let Some(Origin { peer, tag, .. }) = sender {
        replies.say(peer, response.clone().tagged(tag));
    }
    replies.say_to_all(receivers.except(peer), response);
}
