//! The line that says that the client is connected.
//!
//! It precedes everything that the server sends. A server that is no chat server gets an error in its place, so
//! the client waits a moment for the first answer.

use std::time::Duration;

use super::Conversation;

/// How long the client waits for the first answer. A server of another protocol answers within this time.
const FIRST_ANSWER: Duration = Duration::from_millis(500);

impl Conversation {
    /// Takes the line for the place before the first lines of the server; `None` if it is shown already.
    pub(crate) fn take_greeting(&self) -> Option<String> {
        self.known().greeting.take()
    }

    /// Waits for the first answer, and takes the line unless the server is no chat server.
    pub(crate) fn await_greeting(&self) -> Option<String> {
        self.wait(FIRST_ANSWER);
        let mut known = self.known();
        let greeting = known.greeting.take();
        greeting.filter(|_| !known.beginning.is_foreign())
    }
}

#[cfg(test)]
mod tests {
    use parse::{CloseReason, ParseError};

    use crate::conversation::testing::connected;

    #[test]
    fn a_server_of_another_protocol_is_not_said_to_be_connected() {
        let error = ParseError::NotAnObject { reason: String::new() };
        for (frame, want) in [(&b"HTTP/1.1 400 Bad Request"[..], None), (b"220 ESMTP", Some("hi"))]
        {
            let (_server, conversation, _receiver) = connected(true);
            conversation.known().greeting = Some("hi".to_owned());
            conversation.unreadable(&error, frame);
            conversation.end(CloseReason::Finished);
            assert_eq!(conversation.await_greeting().as_deref(), want);
            assert_eq!(conversation.await_greeting(), None, "it is shown once");
        }
    }
}
