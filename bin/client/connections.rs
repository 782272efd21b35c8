//! The loop over connections: shows the responses of one connection and, when it is lost, of the next one.

use parse::LinkReceiver;

use crate::conversation::Conversation;
use crate::foreign::Beginning;
use crate::instead::LOGGED_OUT;
use crate::reconnect::Attempts;
use crate::server::Server;

/// The place where responses are shown: a terminal or a pipe.
pub(crate) trait Display {
    /// The reason why nothing can be shown any more.
    type Error;

    /// Shows the responses of a connection until it closes, and [ends](Conversation::end) it.
    ///
    /// # Errors
    /// When the output cannot be written.
    fn show(&mut self, receiver: LinkReceiver) -> Result<Closed, Self::Error>;

    /// Says that the connection is lost and that the client connects again.
    fn say_lost(&mut self, text: &str);

    /// Shows how many seconds are left until this attempt to connect; 0 means that it begins.
    fn count_down(&mut self, seconds: usize, attempt: usize);
}

/// The end of a connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Closed {
    /// The text that says why.
    pub(crate) why: String,
    /// Whether a bug in the client ended it. Then the client does not connect again.
    pub(crate) is_bug: bool,
}

/// Shows one connection after the other. Returns the end of the last
/// connection.
///
/// # Errors
/// The error of the display.
pub(crate) fn show_all<D: Display>(
    display: &mut D,
    conversation: &Conversation,
    mut receiver: LinkReceiver,
    server: &Server,
) -> Result<Closed, D::Error> {
    let mut attempts = Attempts::new(server.clone());
    let mut is_first = true;
    loop {
        let mut closed = display.show(receiver)?;
        let mut known = conversation.known();
        if let Some(why) = known.given_up.take() {
            closed.why = why;
        } else if let Beginning::Foreign(protocol) = known.beginning {
            closed.why = format!("{} is not a chat server: it answers {protocol}", server.target);
        } else if is_first && !closed.is_bug && !known.liveness.has_heard() {
            closed.why += &server.hint().unwrap_or_default();
        }
        drop(known);
        is_first = false;
        let was_away = conversation.is_away();
        if !conversation.goes_away(closed.is_bug) {
            return Ok(closed);
        }
        if !was_away {
            attempts.succeeded();
            display.say_lost(&format!("{}; connecting again", closed.why));
        }
        let mut tick = |seconds, attempt| display.count_down(seconds, attempt);
        let link = loop {
            match attempts.connect(&mut tick, |time| conversation.wait_for_wish(time)) {
                Err(why) => {
                    conversation.stays_away();
                    return Ok(Closed { why, is_bug: false });
                }
                _ if conversation.gives_up() => {
                    return Ok(Closed { why: LOGGED_OUT.to_owned(), is_bug: false });
                }
                Ok(Some(link)) => break link,
                // The person wants a connection after all.
                Ok(None) => {}
            }
        };
        conversation.comes_back(link.sender);
        receiver = link.receiver;
    }
}
