//! The output of a client without a terminal: lines for people, or the frames of the server.

use std::borrow::Cow;
use std::io::{self, IsTerminal};

use parse::{CloseReason, LinkEvent, LinkReceiver, Value};

use crate::conversation::{Conversation, OWN};
use crate::sanitize::clean;
use crate::{receiving, stdio};

/// The kind of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// The lines that a person would see.
    Lines,
    /// Each response as the server sent it. The client's own lines go to standard error.
    Frames,
}

impl Output {
    /// Shows the responses of the server until the connection closes. Returns why it closed.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn show(
        self,
        conversation: &Conversation,
        receiver: LinkReceiver,
    ) -> io::Result<CloseReason> {
        match self {
            Output::Lines => receiving::show(conversation, receiver, stdio::print),
            Output::Frames => {
                let is_terminal = io::stdout().is_terminal();
                show_frames(conversation, receiver, |frame| {
                    let safe = if is_terminal { clean(frame).into() } else { Cow::from(frame) };
                    stdio::print(&[safe])
                })
            }
        }
    }

    /// Prints lines of the client itself.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub(crate) fn say(self, lines: &[String]) -> io::Result<()> {
        match self {
            Output::Lines => stdio::print(lines),
            Output::Frames => {
                lines.iter().for_each(|line| stdio::print_error(line));
                Ok(())
            }
        }
    }
}

/// Prints each response as it came, except the answers to requests that the client made for itself.
/// Responses change the state of the conversation as if they were shown. A frame that is no response is
/// an error of the server, and goes to standard error.
fn show_frames(
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    mut print: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<CloseReason> {
    loop {
        match receiver.recv(None) {
            LinkEvent::Said(response) => {
                conversation.receive(&response);
                let is_own = response.tag == Some(Value::from(OWN));
                let frame = String::from_utf8_lossy(receiver.frame());
                let printed = if is_own { Ok(()) } else { print(&frame) };
                conversation.answered(&response);
                printed?;
            }
            LinkEvent::Unreadable(error) => stdio::print_error(&conversation.unreadable(&error)),
            LinkEvent::Closed(reason) => return Ok(reason),
            LinkEvent::Quiet => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::Shutdown;
    use std::time::Duration;

    use super::*;
    use crate::testing::connected;

    #[test]
    fn a_response_is_printed_as_it_came_and_counts_as_answered() {
        let (mut server, conversation, receiver) = connected(false);
        let own = r#"{"response":"help","help":[],"tag":"own"}"#;
        let odd = r#"{ "tag":null, "online" : 1.00, "response":"login","username":"alice","messages":[]}"#;
        server.write_all(format!("{own}\n{odd}\nno response\n").as_bytes()).unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let mut frames = Vec::new();
        let shown = show_frames(&conversation, receiver, |frame| {
            frames.push(frame.to_owned());
            Ok(())
        });
        assert_eq!((shown.unwrap(), frames), (CloseReason::Finished, vec![odd.to_owned()]));
        assert_eq!(conversation.me().as_deref(), Some("alice"));
        assert!(conversation.wait(Duration::ZERO) && conversation.known().refused);
    }
}
