//! Shows the responses of the server while another thread sends requests.
//!
//! At a terminal, the `receive` thread does this; in a pipe, the main thread does.

use parse::{CloseReason, LinkEvent, LinkReceiver};

use crate::conversation::Conversation;

/// Shows the responses of the server until the connection closes. Returns why it closed.
///
/// `print` shows lines. It is called once for each response with all lines that
/// [`receive`](Conversation::receive) returns, which may be none, and once for each
/// [unreadable](Conversation::unreadable) frame with its lines, which may be none. A response counts as
/// [answered](Conversation::answered) after its lines were shown, and also if they could not be shown: the
/// thread that waits for the answer must not wait without end.
///
/// # Errors
/// The error of `print`. Nothing is received after it.
pub(crate) fn show<E>(
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    mut print: impl FnMut(&[String]) -> Result<(), E>,
) -> Result<CloseReason, E> {
    loop {
        match receiver.recv(None) {
            LinkEvent::Said(response) => {
                let shown = print(&conversation.receive(&response));
                conversation.answered(&response);
                shown?;
            }
            LinkEvent::Unreadable(error) => {
                print(&conversation.unreadable(&error, receiver.frame()))?;
            }
            LinkEvent::Closed(reason) => return Ok(reason),
            LinkEvent::Quiet => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::io::Write;
    use std::net::Shutdown;
    use std::time::Duration;

    use parse::{Dict, Request};

    use super::*;
    use crate::conversation::testing::connected;

    /// The answers to the request that each client makes for itself, and to the first of a person.
    const HELP: &str = r#"{"response":"help","help":[],"tag":"own"}"#;
    const NAMES: &str = r#"{"response":"names","names":["bob"],"tag":1}"#;

    fn said(text: &str) -> String {
        format!(r#"{{"response":"message","username":"bob","message":"{text}"}}"#)
    }

    /// Shows these lines of a server, which then closes the connection. Returns the calls of `print`.
    fn calls(lines: &[&str]) -> Vec<Vec<String>> {
        let (mut server, conversation, receiver) = connected(true);
        server.write_all((lines.join("\n") + "\n").as_bytes()).unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let mut calls = Vec::new();
        let Ok(reason) = show(&conversation, receiver, |lines| {
            calls.push(lines.to_vec());
            Ok::<(), Infallible>(())
        });
        assert_eq!(reason, CloseReason::Finished);
        calls
    }

    #[test]
    fn responses_are_shown_until_the_connection_closes() {
        let calls = calls(&[&said("one"), "not JSON", &said("two")]);
        assert_eq!((calls.len(), &calls[0]), (3, &vec!["bob: one".to_owned()]));
        assert!(calls[1][0].starts_with("! cannot read a response of the server: Not a JSON"));
        assert_eq!(calls[2], ["bob: two"]);
    }

    #[test]
    fn the_lines_of_a_response_are_shown_together() {
        let message = r#"{"username":"bob","message":"early"}"#;
        let login = format!(
            r#"{{"response":"login","username":"alice","messages":[{message},{message}]}}"#
        );
        let want = ["* earlier messages:", "bob: early", "bob: early", "* you are alice"];
        assert_eq!(calls(&[&login]), [want]);
    }

    #[test]
    fn an_answer_counts_after_it_was_shown() {
        let (mut server, conversation, receiver) = connected(false);
        conversation.ask(Request::new("names", Dict::new())).unwrap();
        server.write_all(format!("{HELP}\n{NAMES}\n").as_bytes()).unwrap();
        server.shutdown(Shutdown::Write).unwrap();
        let mut shown = Vec::new();
        let Ok(_) = show(&conversation, receiver, |lines| {
            shown.extend_from_slice(lines);
            assert!(!conversation.wait(Duration::ZERO), "it counted before it was shown");
            Ok::<(), Infallible>(())
        });
        assert_eq!(shown, ["* here: bob"]);
        assert!(conversation.wait(Duration::ZERO), "both requests were answered");
    }

    #[test]
    fn an_error_of_the_output_ends_it_and_the_answer_counts() {
        let (mut server, conversation, receiver) = connected(false);
        conversation.ask(Request::new("names", Dict::new())).unwrap();
        server.write_all(format!("{HELP}\n{NAMES}\n{}\n", said("hi")).as_bytes()).unwrap();
        let mut calls = 0;
        let shown = show(&conversation, receiver, |lines| {
            calls += 1;
            if lines.is_empty() { Ok(()) } else { Err("the pipe is closed") }
        });
        assert_eq!((shown, calls), (Err("the pipe is closed"), 2));
        assert!(conversation.wait(Duration::ZERO), "both requests were answered");
    }

    #[test]
    fn an_unreadable_frame_that_cannot_be_shown_ends_it() {
        let (mut server, conversation, receiver) = connected(false);
        server.write_all(b"not JSON\n").unwrap();
        assert_eq!(show(&conversation, receiver, |_| Err("closed")), Err("closed"));
    }
}
