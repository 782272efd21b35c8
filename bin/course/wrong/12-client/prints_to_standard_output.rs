//! Prints to standard output, as the client in a pipe does, and so into the line that is being typed.
//!
//! Fails: SHOW-5, SHOW-6, SHOW-12

fn receive(
    conversation: &Conversation,
    receiver: LinkReceiver,
    _printer: impl ExternalPrinter,
) -> String {
    let result = receiving::show(conversation, receiver, |lines| crate::stdio::print(lines));
    conversation.end(result.unwrap_or(CloseReason::Bug))
}
