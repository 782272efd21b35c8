//! The time without a login in which the client has no connection.
//!
//! A server closes a connection without a login after a while: before the first login, or after a logout. The
//! client at a terminal then stays at its prompt, or at its question for a password, and the next login connects
//! again (`terminal/resting.rs`). A login elsewhere that ends the session is such a logout.

use parse::LinkSender;

use crate::conversation::{Conversation, Known};
use crate::protocol::MESSAGE;
use crate::rank::Rank;

/// What perhaps did not happen to a message without an answer.
const SENT: &str = "sent (Up brings it back)";

impl Known {
    /// The command that logs the last person in again.
    pub(crate) fn last_login(&self) -> String {
        format!("/login {}", self.left.name().unwrap_or("NAME"))
    }

    /// What ends the rest.
    pub(crate) fn way_back(&self) -> String {
        format!("{} connects again", self.last_login())
    }

    /// Takes the reason in a notice, after most of which the server closes the connection. After a kick, a script ends,
    /// and a client at a terminal comes back with the person only, as it does after a login of the person elsewhere.
    pub(crate) fn note_reason(&mut self, reason: Option<&str>, text: &str) {
        match reason {
            Some("kicked" | "banned") => self.expelled = true,
            Some("replaced") => self.log_out(),
            Some("muted") => self.note_mute(text),
            Some("unmuted") => self.mute = None,
            Some("promoted") => self.rank = Rank::Administrator,
            Some("demoted") => self.rank = Rank::Other,
            _ => {}
        }
    }
}

impl Conversation {
    /// Whether the client rests: it is not connected, and waits for a login.
    pub(crate) fn is_resting(&self) -> bool {
        self.known().is_resting
    }

    /// Rests after the end of a connection, if the person is not logged in, or was kicked, and the client connects
    /// again after other ends: a person who is typing does not go on in their shell. A server that ends the connection before it has answered `help` may not want the client at all.
    /// Returns the lines to show, which begin with the reason of the end.
    pub(crate) fn rest(&self, why: &str, is_bug: bool) -> Option<Vec<String>> {
        let mut known = self.known();
        let is_final = known.finished || known.shut_down || is_bug;
        let knows_server = known.has_logged_out || known.catalogue.is_servers();
        let is_out = known.me.is_none() || known.expelled;
        let wanted = known.reconnects && knows_server && is_out;
        if !wanted || is_final || known.beginning.is_foreign() {
            return None;
        }
        if std::mem::take(&mut known.expelled) {
            known.log_out();
        }
        known.is_resting = true;
        // After a logout during the attempts to connect.
        let mut lost = known.returning.take().unwrap_or_default().unanswered;
        lost.extend(known.take_outstanding());
        let lost: Vec<String> = lost
            .iter()
            .map(|request| {
                let typed = known.catalogue.retyped(request);
                let not = if request.name == MESSAGE { SENT } else { "done" };
                format!("no answer came to {typed}: perhaps it was not {not}")
            })
            .collect();
        let end = self.style().event(&format!("{why}; {}", known.way_back()));
        drop(known);
        Some(std::iter::once(end).chain(lost.iter().map(|lost| self.mistake(lost))).collect())
    }

    /// Uses a new connection, over which the person logs in.
    pub(crate) fn wakes_up(&self, link: LinkSender) {
        self.use_link(link);
        let mut known = self.known();
        known.is_resting = false;
        known.over = false;
        known.connect();
        drop(known);
        self.ask_own("help");
    }
}

#[cfg(test)]
mod tests {
    use parse::{CloseReason, Dict, Request};

    use crate::conversation::testing::{DEADLINE, connected};
    use crate::instead::LOGGED_OUT;
    use crate::protocol::login_as;
    use crate::reconnect::Wish;

    #[test]
    fn only_a_client_that_has_logged_out_rests_and_a_login_wakes_it_up() {
        let (_server, conversation, _receiver) = connected(true);
        let rests = || conversation.rest("closed", false).is_some();
        conversation.known().reconnects = true;
        assert!(!rests(), "it has not logged in");
        conversation.known().me = Some("alice".to_owned());
        conversation.known().log_out();
        assert!(conversation.rest("a bug", true).is_none());
        conversation.known().reconnects = false;
        assert!(!rests(), "it does not connect again");
        conversation.known().reconnects = true;
        let login = Dict::new().with("username", "alice");
        conversation.ask(Request::new("login", login)).unwrap();
        let want = [
            "* closed; /login alice connects again",
            "! no answer came to /login alice: perhaps it was not done",
        ];
        conversation.end(CloseReason::Finished);
        assert_eq!(conversation.rest("closed", false).unwrap(), want);
        assert!(conversation.is_resting());

        let (_other, next, _receiver) = connected(true);
        conversation.wakes_up(next.link());
        assert!(!conversation.is_resting() && !conversation.known().closed);
        conversation.known().me = Some("alice".to_owned());
        assert!(!rests(), "it is logged in");
    }

    #[test]
    fn a_client_whose_person_was_kicked_or_has_logged_in_elsewhere_rests() {
        for reason in ["replaced", "kicked", "banned"] {
            let (_server, conversation, _receiver) = connected(true);
            let mut known = conversation.known();
            (known.reconnects, known.me) = (true, Some("alice".to_owned()));
            known.has_logged_out = true;
            known.note_reason(Some("removed"), "");
            assert_eq!(known.me.as_deref(), Some("alice"));
            known.note_reason(Some(reason), "");
            drop(known);
            conversation.end(CloseReason::Finished);
            assert!(!conversation.goes_away(false), "{reason}");
            let want = "* closed; /login alice connects again";
            assert_eq!(conversation.rest("closed", false).unwrap(), [want], "{reason}");
            assert_eq!(conversation.me(), None, "{reason}");
        }
    }

    #[test]
    fn a_logout_during_the_attempts_to_connect_leads_to_a_rest_and_names_lost_requests() {
        let (_server, conversation, _receiver) = connected(true);
        let mut known = conversation.known();
        known.reconnects = true;
        (known.me, known.login) = (Some("alice".to_owned()), Some(login_as("alice")));
        drop(known);
        conversation.ask(Request::new("message", Dict::new().with("message", "hello"))).unwrap();
        conversation.end(CloseReason::Finished);
        assert!(conversation.goes_away(false) && !conversation.gives_up());
        assert_eq!(conversation.log_out_instead().unwrap(), [""; 0]);
        assert_eq!(conversation.wait_for_wish(DEADLINE), Wish::Stop);
        assert!(conversation.gives_up());
        let want = [
            "* you are logged out; /login alice connects again",
            "! no answer came to hello: perhaps it was not sent (Up brings it back)",
        ];
        assert_eq!(conversation.rest(LOGGED_OUT, false).unwrap(), want);
        assert!(conversation.is_resting() && !conversation.is_away());
    }
}
