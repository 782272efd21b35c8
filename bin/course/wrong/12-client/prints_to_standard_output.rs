//! Prints to standard output, as the client in a pipe does, and so into the line that is being typed.
//!
//! Fails: SCREEN-5, SCREEN-6, SCREEN-12

fn receive(
    conversation: &Conversation,
    receiver: LinkReceiver,
    _printer: impl ExternalPrinter,
) -> String {
    let result = receiving::show(conversation, receiver, |lines| crate::stdio::print(lines));
    conversation.end(result.unwrap_or(CloseReason::Bug))
}
