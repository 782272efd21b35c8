//! Asks for the password when the server has refused the one with which the client came back.
//!
//! The person did not type that password now: it was changed elsewhere, or the account is new or gone.

use std::ops::ControlFlow::{self, Continue};
use std::process::ExitCode;

use super::{Person, say};
use crate::protocol::login_as;

impl Person {
    /// Asks for the password and logs in, if the login of a return was refused because of the password. The line
    /// that the person was typing comes back after that.
    pub(super) fn log_in_again(&mut self) -> ControlFlow<ExitCode> {
        let name = self.conversation.known().refused_login.take();
        // The person may have logged in already, with a paste of several lines.
        let Some(name) = name.filter(|_| self.conversation.me().is_none()) else {
            return Continue(());
        };
        let draft = self.keyboard.set_aside();
        let login = login_as(&name);
        let secrets = self.secrets(&login);
        self.ask_locked(&login, &secrets)?;
        if self.conversation.me().is_none() {
            say(&self.conversation.style().event(&format!("/login {name} tries it again")));
        }
        self.keyboard.take_up(&draft);
        Continue(())
    }
}
