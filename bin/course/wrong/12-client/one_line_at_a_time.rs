//! Prints each line separately. Takes a frame that is not a response for the end of the connection.
//!
//! Fails: SCREEN-1, SCREEN-2, SCREEN-4, SCREEN-5

pub(crate) fn show<E>(
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    mut print: impl FnMut(&[String]) -> Result<(), E>,
) -> Result<CloseReason, E> {
    loop {
        match receiver.recv(None) {
            LinkEvent::Said(response) => {
                for line in conversation.receive(&response) {
                    print(&[line])?;
                }
                conversation.answered(&response);
            }
            LinkEvent::Unreadable(_) => return Ok(CloseReason::Unframed),
            LinkEvent::Closed(reason) => return Ok(reason),
            LinkEvent::Quiet => {}
        }
    }
}
