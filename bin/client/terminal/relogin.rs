//! Logs in again when the server has refused the password with which the client came back.
//!
//! The person did not type that password now: it was changed elsewhere, or the account is new or gone.

use std::ops::ControlFlow::{self, Continue};
use std::process::ExitCode;

use super::{Person, say};
use crate::protocol::{PASSWORD, login_as};

impl Person {
    /// Logs in if the login of a return was refused because of the password: without one if the account is gone,
    /// else after the question for it. The line that the person was typing comes back after that.
    pub(super) fn log_in_again(&mut self) -> ControlFlow<ExitCode> {
        let name = self.conversation.known().refused_login.take();
        // The person may have logged in already, with a paste of several lines.
        let Some(name) = name.filter(|_| self.conversation.me().is_none()) else {
            return Continue(());
        };
        let draft = self.keyboard.set_aside();
        self.ask(login_as(&name))?;
        let known = self.conversation.known();
        let is_in = known.me.is_some();
        let is_guest =
            known.login.as_ref().is_some_and(|login| !login.arguments.contains(PASSWORD));
        drop(known);
        let event = |text: String| say(&self.conversation.style().event(&text));
        if !is_in {
            event(format!("/login {name} tries it again"));
        } else if is_guest {
            event(format!("the name {name} has no account any more, so it needs no password"));
        }
        self.keyboard.take_up(&draft);
        Continue(())
    }
}
