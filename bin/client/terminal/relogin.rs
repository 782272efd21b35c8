//! Logs in again when the server has refused a login for which the main thread did not wait.
//!
//! Either the client came back with a password that was changed elsewhere, or the account is new or gone. Or the
//! answer to a login came after the person had stopped the wait for it.

use std::ops::ControlFlow::{self, Continue};
use std::process::ExitCode;

use super::{Person, say};
use crate::protocol::login_as;

impl Person {
    /// Logs in after a question for the password, if the server has refused such a login. The line that the
    /// person was typing comes back after that.
    pub(super) fn log_in_again(&mut self) -> ControlFlow<ExitCode> {
        let mut known = self.conversation.known();
        // First the new prompt comes. It ends a wait, also one for the answer to a login.
        let has_new_prompt = !known.has_returned;
        let name = known.refused_login.take_if(|_| has_new_prompt);
        drop(known);
        // The person may have logged in already, with a paste of several lines.
        let Some(name) = name.filter(|_| self.conversation.me().is_none()) else {
            return Continue(());
        };
        let draft = self.keyboard.set_aside();
        self.ask(login_as(&name))?;
        if self.conversation.me().is_none() {
            let how = format!("/login {name} tries it again");
            say(&self.conversation.style().event(&how));
        }
        self.keyboard.take_up(&draft);
        Continue(())
    }
}
