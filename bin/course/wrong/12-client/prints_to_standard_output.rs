//! Prints to standard output, as the client in a pipe does, and so into the line that is being typed.
//!
//! Fails: SHOW-5, SHOW-12

fn receive(
    conversation: &Conversation,
    receiver: LinkReceiver,
    printer: impl ExternalPrinter,
) -> String {
    drop(printer);
    let result = receiving::show(conversation, receiver, |lines| crate::stdio::print(lines));
    conversation.end(result.unwrap_or(CloseReason::Bug))
}
