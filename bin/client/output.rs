//! The output of a client without a terminal: lines for people, or the frames of the server.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal};

use parse::{CloseReason, Dict, LinkEvent, LinkReceiver, Response, Value};

use crate::absence::Progress;
use crate::conversation::Conversation;
use crate::protocol::MESSAGE;
use crate::sanitize::clean;
use crate::{receiving, stdio, tags};

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
    /// When the output cannot be written. If its reader has closed it, the responses are not shown.
    pub(crate) fn show(
        self,
        conversation: &Conversation,
        receiver: LinkReceiver,
    ) -> io::Result<CloseReason> {
        match self {
            Output::Lines => receiving::show(conversation, receiver, |lines| {
                conversation.note_end(conversation.while_showing(|| stdio::print(lines)))
            }),
            Output::Frames => {
                let is_terminal = io::stdout().is_terminal();
                show_frames(conversation, receiver, |frame| {
                    let safe = if is_terminal { clean(frame).into() } else { Cow::from(frame) };
                    conversation.note_end(conversation.while_showing(|| stdio::print(&[safe])))
                })
            }
        }
    }

    /// Prints lines of the client itself.
    ///
    /// # Errors
    /// When the output cannot be written. If its reader has closed it, the lines are not shown.
    pub(crate) fn say(self, conversation: &Conversation, lines: &[String]) -> io::Result<()> {
        match self {
            Output::Lines => conversation.note_end(stdio::print(lines)),
            Output::Frames => {
                lines.iter().for_each(|line| stdio::print_error(line));
                Ok(())
            }
        }
    }
}

/// Prints each response as it came, except the answers to requests that the client made for itself.
/// Messages that come during a return wait for its end, and are printed with the missed ones. Responses
/// change the state of the conversation as if they were shown. Lines of the client go to standard error,
/// and so does the error about a frame that is no response.
fn show_frames(
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    mut print: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<CloseReason> {
    loop {
        match receiver.recv(None) {
            LinkEvent::Said(response) => {
                let frame = String::from_utf8_lossy(receiver.frame());
                let (frames, said) = conversation.receive_frame(&response, frame);
                said.iter().for_each(|line| stdio::print_error(line));
                let printed = frames.iter().try_for_each(|frame| print(frame));
                conversation.answered(&response);
                printed?;
            }
            LinkEvent::Unreadable(error) => {
                let lines = conversation.unreadable(&error, receiver.frame());
                lines.iter().for_each(|line| stdio::print_error(line));
            }
            LinkEvent::Closed(reason) => return Ok(reason),
            LinkEvent::Quiet => {}
        }
    }
}

impl Conversation {
    /// Notes if the reader of the output has closed it, as `head` does. That is no error here: the thread that
    /// reads the input knows whether lines are left, and ends the client.
    fn note_end(&self, printed: io::Result<()>) -> io::Result<()> {
        match printed {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.known().output = None;
                Ok(())
            }
            printed => printed,
        }
    }

    /// Handles a response. Returns the frames to print, and lines of the client itself. `frame` is the
    /// response as the server sent it.
    fn receive_frame<'a>(
        &self,
        response: &Response,
        frame: Cow<'a, str>,
    ) -> (Vec<Cow<'a, str>>, Vec<String>) {
        self.known().hear();
        let (tagged, lack) = self.with_tag(response);
        let (frames, said) = match self.on_the_way_back(&tagged) {
            Some(Progress { said, missed, left_out, lost }) => {
                (missed.into_iter().map(as_frame).collect(), [said, left_out, lost].concat())
            }
            None => {
                self.usual_lines(&tagged);
                (if tags::is_own(&tagged) { vec![] } else { vec![frame] }, vec![])
            }
        };
        self.answered_without_tag(response, &tagged);
        (frames, lack.into_iter().chain(said).collect())
    }
}

/// A message of the history, as it would have come if the client had been there.
fn as_frame(message: Dict) -> Cow<'static, str> {
    Value::from(Response::ok(MESSAGE, message).to_dict()).to_string().into()
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::Shutdown;
    use std::time::Duration;

    use parse::Request;

    use super::*;
    use crate::conversation::testing::connected;
    use crate::tags::OWN;

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

    #[test]
    fn missed_messages_are_frames_in_order_each_once_and_own_ones_are_among_them() {
        let (_server, conversation, _receiver) = connected(false);
        let (_new_server, other, _new_receiver) = connected(false);
        let said = |id: u64, name: &str| {
            Dict::new().with("id", id).with("username", name).with("message", "hi")
        };
        let login = |tag: Value, messages: Vec<Dict>| {
            let messages: Value = messages.into_iter().map(Value::from).collect();
            let body = Dict::new().with("username", "alice").with("messages", messages);
            Response::ok("login", body).tagged(Some(tag))
        };
        let receive = |response: Response| {
            let (frames, said) = conversation.receive_frame(&response, "as it came".into());
            conversation.answered(&response);
            (frames.into_iter().map(Cow::into_owned).collect::<Vec<String>>(), said)
        };
        let ask = |name, key| conversation.ask(Request::new(name, Dict::new().with(key, "hi")));
        conversation.known().reconnects = true;
        ask("login", "username").unwrap();
        assert_eq!(receive(login(1.into(), vec![said(1, "bob")])).0, ["as it came"]);
        ask(MESSAGE, "message").unwrap();
        conversation.end(CloseReason::Finished);
        assert!(conversation.goes_away(false));
        conversation.comes_back(other.link());
        assert_eq!(receive(Response::ok(MESSAGE, said(4, "eve"))), (vec![], vec![]));
        let page = vec![said(1, "bob"), said(2, "alice"), said(3, "bob"), said(4, "eve")];
        let (frames, lines) = receive(login(OWN.into(), page));
        let frame = |(id, name)| {
            format!(r#"{{"response":"message","id":{id},"username":"{name}","message":"hi"}}"#)
        };
        assert_eq!(frames, [(2, "alice"), (3, "bob"), (4, "eve")].map(frame));
        // The own message arrived, so nothing is said about it.
        assert_eq!(lines, ["* connected again; you are alice"]);
        assert_eq!(receive(Response::ok(MESSAGE, said(5, "eve"))).0, ["as it came"]);
    }
}
