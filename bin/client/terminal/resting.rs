//! The person has logged out, and the server has closed the connection: the next login connects again.

use super::{Person, say};
use crate::input::Input;
use crate::protocol::{LOGIN, REGISTER};
use crate::server;

impl Person {
    /// The input to execute; `None` if it cannot be executed. While the client rests, a login and a registration
    /// connect again first, and nothing else can be sent. After a logout, `/reconnect` stands for the login of the last
    /// person.
    pub(super) fn executable(&mut self, text: String) -> Option<String> {
        let known = self.conversation.known();
        let is_out = known.me.is_none() && known.returning.is_none();
        let last = known.left.name().filter(|_| is_out).map(|_| known.last_login());
        let way_back = format!("not connected; {}", known.way_back());
        let is_resting = known.is_resting;
        drop(known);
        let is_return = self.conversation.parse_input(&text) == Input::Reconnect;
        let text = last.filter(|_| is_return).unwrap_or(text);
        if !is_resting {
            return Some(text);
        }
        if text.trim().is_empty() {
            say(&self.conversation.style().event(&way_back));
            return None;
        }
        let wakes = |line| match self.conversation.parse_part(line) {
            Input::Ask(request) => [LOGIN, REGISTER].contains(&&*request.name),
            Input::Reconnect => true,
            _ => false,
        };
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let why = if lines.next().is_some_and(wakes) {
            match self.connect_again() {
                Ok(()) => return Some(text),
                Err(why) => why,
            }
        } else if self.needs_server(&text) {
            way_back
        } else {
            return Some(text);
        };
        self.mistake(&why);
        // `/reconnect` alone sends nothing.
        if !is_return && self.needs_server(&text) {
            self.keep_unsent(&text);
        }
        None
    }

    /// Connects again if the client rests.
    pub(super) fn wake_up(&mut self) -> Result<(), String> {
        if self.conversation.is_resting() { self.connect_again() } else { Ok(()) }
    }

    /// Ends the rest over a new connection.
    fn connect_again(&mut self) -> Result<(), String> {
        let link = self.server.connect().map_err(|error| server::explain(&error))?;
        let failed = |error| format!("cannot start a thread: {error}");
        let printer = self.keyboard.printer().map_err(failed)?;
        self.conversation.wakes_up(link.sender);
        let (interrupter, server) = (self.interrupter.clone(), self.server.clone());
        interrupter
            .start_receiving(&self.conversation, link.receiver, printer, server)
            .map_err(failed)?;
        say(&self.conversation.style().event(&format!("connected to {}", self.server.target)));
        Ok(())
    }
}
