//! What a person can do instead of waiting for a return: log in under another name, or log out.

use parse::Request;

use crate::absence::{Change, Step};
use crate::conversation::{Conversation, Known};
use crate::limits::broken_name;
use crate::protocol::{LOGOUT, USERNAME};
use crate::returning::LOGGING_IN;

/// The event after a logout.
pub(crate) const LOGGED_OUT: &str = "you are logged out";

impl Known {
    /// Whether the person has logged out during the attempts to connect.
    pub(crate) fn is_given_up(&self) -> bool {
        self.returning.as_ref().is_some_and(|returning| returning.is_given_up)
    }
}

impl Conversation {
    /// Makes this the login of the return. The client logs in as soon as it is connected.
    /// Returns the lines to show; `None` if the client is logged in already and reads what was missed.
    pub(crate) fn log_in_instead(&self, login: &Request) -> Option<Vec<String>> {
        let name = login.arguments.string(USERNAME).ok()?;
        let mut known = self.known();
        let Known { returning, login: last, .. } = &mut *known;
        let returning = returning.as_mut()?;
        if !matches!(returning.step, Step::Connect | Step::Login) {
            return None;
        }
        if let Some(why) = broken_name(login) {
            drop(known);
            return Some(vec![self.mistake(&why)]);
        }
        returning.is_given_up = false;
        let before = last.as_ref().and_then(|last| last.arguments.string(USERNAME).ok());
        let is_same = before.is_some_and(|before| before.eq_ignore_ascii_case(name));
        let waits = returning.step == Step::Login && returning.retry.is_some();
        if !is_same {
            *last = Some(login.clone());
            returning.change = Change::Name;
            returning.refused = 0;
            returning.is_overtaken = returning.step == Step::Login && !waits;
        }
        returning.replaces = is_same && returning.is_elsewhere;
        let text = match returning.step {
            Step::Connect => format!("the client logs in as {name} when it is connected"),
            _ => format!("{LOGGING_IN} as {name}"),
        };
        if waits {
            self.log_in_now(known);
        } else {
            drop(known);
            self.hurry();
        }
        Some(vec![self.style().event(&text)])
    }

    /// Ends the return without a login. If the client is connected, it stays so, else it stops its attempts.
    /// Returns the lines to show; `None` if the client is logged in already and reads what was missed.
    pub(crate) fn log_out_instead(&self) -> Option<Vec<String>> {
        let mut known = self.known();
        let returning = known.returning.as_mut()?;
        match returning.step {
            Step::Connect => {
                // The thread that waits for the next attempt says so (`gives_up`).
                returning.is_given_up = true;
                drop(known);
                self.wake();
                Some(Vec::new())
            }
            Step::Login => {
                let is_asked = returning.retry.is_none();
                let lost = self.end_return(known);
                let login = self.known().last_login();
                if is_asked {
                    // The answer to the login may come still.
                    self.ask_own(LOGOUT);
                }
                let how = format!("{LOGGED_OUT}; {login} logs in again");
                Some(std::iter::once(self.style().event(&how)).chain(lost).collect())
            }
            Step::Join(_) | Step::Page(_) => None,
        }
    }

    /// Logs the person out, if they wanted that during the attempts to connect. Returns whether they did.
    pub(crate) fn gives_up(&self) -> bool {
        let mut known = self.known();
        let gives_up = known.is_given_up();
        if gives_up {
            known.log_out();
            known.over = true;
            drop(known);
            self.wake();
        }
        gives_up
    }

    /// The words for what the client is not yet, while it is on its way back.
    pub(crate) fn lacks(&self) -> &'static str {
        let known = self.known();
        let is_connected = known.returning.as_ref().is_some_and(|it| it.step != Step::Connect);
        if is_connected { "not logged in" } else { "not connected" }
    }
}
