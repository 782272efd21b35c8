//! Names the people who were here before the connection was lost and did not come back (`reunion.rs`).

use std::time::Instant;

use crate::conversation::{Conversation, Known, NAMES};

impl Conversation {
    /// Asks the server for the names of the people, if it is time to name the missing ones. A script is told
    /// only about people who come and go while it is connected.
    pub(crate) fn ask_who_is_back(&self, now: Instant) {
        let mut known = self.known();
        let is_here = self.style().terminal && !known.closed && known.returning.is_none();
        let is_due = is_here && known.reunion.is_due(now);
        drop(known);
        if is_due {
            self.ask_own("names");
        }
    }

    /// The line that names the people who did not come back, after the server has sent the names.
    pub(crate) fn missing_people(&self, now: Instant) -> Option<String> {
        let mut known = self.known();
        let Known { reunion, here, ignored, joins, .. } = &mut *known;
        if here.len() >= NAMES {
            // More people are here than the client remembers.
            reunion.forget();
        }
        let mut names = reunion.end(here);
        names.retain(|name| !ignored.contains(name));
        joins.describe_missing(names, now).map(|text| self.style().news(&text))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use parse::{Dict, Failure, Response, Value};

    use super::*;
    use crate::conversation::testing::connected;
    use crate::joins::Shown;
    use crate::tags::OWN;

    /// A conversation at the end of the time in which bob, carol and erin might come back.
    fn at_the_end(shown: Shown) -> (impl Sized, Conversation) {
        let (server, conversation, receiver) = connected(true);
        let (back, people) = (Instant::now(), ["bob", "carol", "erin"].map(str::to_owned));
        let mut known = conversation.known();
        known.reunion.lose(&people.into(), back);
        known.reunion.come_back(back);
        known.joins.shown = shown;
        known.joins.note_speaker("erin", back);
        drop(known);
        conversation.ask_who_is_back(back + Duration::from_secs(15));
        ((server, receiver), conversation)
    }

    fn names(names: &[&str]) -> Response {
        let names: Value = names.iter().map(|name| Value::from(*name)).collect();
        Response::ok("names", Dict::new().with("names", names)).tagged(Some(OWN.into()))
    }

    /// The lines for a response, without their times.
    fn lines(conversation: &Conversation, response: &Response) -> Vec<String> {
        let lines = conversation.receive(response);
        lines.iter().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
    }

    #[test]
    fn the_setting_of_joins_and_ignored_people_count() {
        for (shown, want) in [
            (Shown::All, &["* no longer here: carol, erin"][..]),
            (Shown::Smart, &["* no longer here: erin"]),
            (Shown::Off, &[]),
        ] {
            let (_server, conversation) = at_the_end(shown);
            assert_eq!(lines(&conversation, &names(&["alice", "bob"])), want);
            assert_eq!(conversation.receive(&names(&["alice"])), [""; 0]);
        }
        let (_server, conversation) = at_the_end(Shown::All);
        conversation.ignore(&crate::ignored::Ignoring::Add("carol".to_owned()));
        assert_eq!(lines(&conversation, &names(&["bob"])), ["* no longer here: erin"]);
    }

    #[test]
    fn nobody_is_named_if_all_are_here_or_the_server_does_not_tell() {
        let (_server, conversation) = at_the_end(Shown::All);
        assert_eq!(conversation.receive(&names(&["bob", "carol", "erin"])), [""; 0]);
        let (_server, conversation) = at_the_end(Shown::All);
        let failure = Failure { code: "unknown-request".into(), text: "Unknown request!".into() };
        let refused = Response { outcome: Err(failure), ..names(&[]) };
        assert_eq!(conversation.receive(&refused), [""; 0]);
        let join = Dict::new().with("username", "carol").with("online", 2u64);
        let join = Response::ok("join", join);
        assert_eq!(lines(&conversation, &join), ["* carol joined (2 online)"]);
    }
}
