//! Panics if the printer fails. Prints an empty text for a response without lines.
//!
//! Fails: SCREEN-5, SCREEN-6

fn receive(
    conversation: &Conversation,
    receiver: LinkReceiver,
    mut printer: impl ExternalPrinter,
) -> String {
    let Ok(reason) = receiving::show(conversation, receiver, |lines| {
        printer.print(lines.iter().flat_map(|line| [line, "\n"]).collect()).unwrap();
        Ok::<(), Infallible>(())
    });
    printer.print(format!("{NOTHING}\n")).unwrap();
    conversation.end(reason)
}
