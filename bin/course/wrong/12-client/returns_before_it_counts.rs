//! Returns an error of the output before the response counts. The other thread waits without end.
//!
//! Fails: SCREEN-4

pub(crate) fn show<E>(
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    mut print: impl FnMut(&[String]) -> Result<(), E>,
) -> Result<CloseReason, E> {
    loop {
        match receiver.recv(None) {
            LinkEvent::Said(response) => {
                print(&conversation.receive(&response))?;
                conversation.answered(&response);
            }
            LinkEvent::Unreadable(error) => {
                print(&conversation.unreadable(&error, receiver.frame()))?;
            }
            LinkEvent::Closed(reason) => return Ok(reason),
            LinkEvent::Quiet => {}
        }
    }
}
