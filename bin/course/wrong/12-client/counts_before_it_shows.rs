//! Marks a response as answered before its lines are shown, so that the prompt comes first.
//!
//! Fails: SCREEN-3

pub(crate) fn show<E>(
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    mut print: impl FnMut(&[String]) -> Result<(), E>,
) -> Result<CloseReason, E> {
    loop {
        match receiver.recv(None) {
            LinkEvent::Said(response) => {
                let lines = conversation.receive(&response);
                conversation.answered(&response);
                print(&lines)?;
            }
            LinkEvent::Unreadable(error) => {
                print(&conversation.unreadable(&error, receiver.frame()))?;
            }
            LinkEvent::Closed(reason) => return Ok(reason),
            LinkEvent::Quiet => {}
        }
    }
}
