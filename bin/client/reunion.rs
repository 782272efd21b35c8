//! The people who were here before the connection was lost.
//!
//! Most of them have lost the connection, too, and come back a moment after this client or before it. The client
//! has not announced that they left, so it does not announce their return. When the time for returns has passed,
//! `missing.rs` names the others.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::liveness::LOST;

/// The shortest and the longest time in which others may come back.
const SHORTEST: Duration = Duration::from_secs(15);
const LONGEST: Duration = Duration::from_secs(2 * 60);
/// If the client has not asked for the names this long after the time, it does not ask (a script never does).
const MARGIN: Duration = Duration::from_secs(2);

/// The people who may come back, and the time for that.
#[derive(Debug, Default)]
pub(crate) struct Reunion {
    /// The people who were here, without the people who came or left since then.
    names: BTreeSet<String>,
    /// The people who came, and have not left since.
    returned: BTreeSet<String>,
    /// When the connection was lost.
    lost: Option<Instant>,
    /// The end of the time, after this client has logged in again.
    until: Option<Instant>,
    /// Whether the time has passed and the client has asked the server for the names of the people.
    is_asked: bool,
}

impl Reunion {
    /// The connection with these people is lost.
    pub(crate) fn lose(&mut self, here: &BTreeSet<String>, now: Instant) {
        self.names.extend(here.iter().cloned());
        (self.lost, self.until, self.is_asked) = (Some(now), None, false);
    }

    /// This client is back. Each wait between two attempts to connect is twice as long as the one before it. So
    /// another client needs at most about twice the time that this one has needed.
    pub(crate) fn come_back(&mut self, now: Instant) {
        let away = self.lost.map_or(Duration::ZERO, |lost| now.saturating_duration_since(lost));
        let time = SHORTEST.saturating_add(away.saturating_mul(2)).min(LONGEST);
        self.until = Some(now + time);
    }

    /// A person has come or left. Returns whether this is a return, which the client does not announce.
    pub(crate) fn is_return(&mut self, name: &str, comes: bool, now: Instant) -> bool {
        let margin = if self.is_asked { LOST } else { MARGIN };
        if self.until.is_some_and(|until| now > until + margin) {
            self.forget();
        }
        let is_return = self.names.remove(name) && comes;
        if is_return {
            self.returned.insert(name.to_owned());
        } else {
            self.returned.remove(name);
        }
        is_return
    }

    /// A person has entered or left a room. Returns whether they may have been there before the connection was lost, so
    /// that the client does not announce it: clients enter their rooms again. A person who has left a
    /// room enters it again by their own choice.
    pub(crate) fn is_reentry(&mut self, name: &str, enters: bool, now: Instant) -> bool {
        if !enters {
            self.names.remove(name);
            self.returned.remove(name);
        }
        self.until.is_some_and(|until| now <= until)
            && (self.names.contains(name) || self.returned.contains(name))
    }

    /// Whether the client has to ask for the names now: the time has passed, and people are missing. Returns
    /// `true` once.
    pub(crate) fn is_due(&mut self, now: Instant) -> bool {
        let has_passed = self.until.is_some_and(|until| now >= until);
        let is_due = has_passed && !self.is_asked && !self.names.is_empty();
        self.is_asked |= is_due;
        is_due
    }

    /// The server has said that these people are here. Returns the people who did not come back, if the
    /// time for that has passed.
    pub(crate) fn end(&mut self, here: &BTreeSet<String>) -> Vec<String> {
        if !self.is_asked {
            return Vec::new();
        }
        let mut names = std::mem::take(&mut self.names);
        self.forget();
        let here: BTreeSet<String> = here.iter().map(|name| name.to_lowercase()).collect();
        names.retain(|name| !here.contains(&name.to_lowercase()));
        names.into_iter().collect()
    }

    /// Forgets all people.
    pub(crate) fn forget(&mut self) {
        *self = Reunion::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn people(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// A connection that was lost with these people, and came back after this time. Returns when it did.
    fn after(away: Duration, names: &[&str]) -> (Reunion, Instant) {
        let (mut reunion, lost) = (Reunion::default(), Instant::now());
        reunion.lose(&people(names), lost);
        reunion.come_back(lost + away);
        (reunion, lost + away)
    }

    #[test]
    fn a_person_whom_nobody_saw_leave_comes_back_once() {
        let (mut reunion, now) = after(SECOND, &["bob", "carol", "dave"]);
        assert!(reunion.is_return("bob", true, now));
        assert!(!reunion.is_return("bob", true, now));
        assert!(!reunion.is_return("carol", false, now), "carol was here and leaves");
        assert!(!reunion.is_return("carol", true, now));
        assert!(!reunion.is_return("erin", true, now));
        assert!(reunion.is_return("dave", true, now + SHORTEST));
    }

    #[test]
    fn a_person_who_is_back_enters_their_rooms_without_a_word() {
        let (mut reunion, back) = after(SECOND, &["bob", "carol"]);
        assert!(reunion.is_return("bob", true, back));
        for name in ["bob", "carol"] {
            assert!(reunion.is_reentry(name, true, back + SHORTEST), "{name}");
            assert!(!reunion.is_reentry(name, true, back + LONGEST), "{name}");
        }
        assert!(!reunion.is_reentry("erin", true, back), "she was not here before");
    }

    #[test]
    fn a_person_who_was_seen_leaving_enters_rooms_as_others_do() {
        let (mut reunion, back) = after(SECOND, &["bob", "carol", "dave"]);
        assert!(reunion.is_return("bob", true, back) && reunion.is_return("carol", true, back));
        assert!(!reunion.is_return("bob", false, back));
        for name in ["carol", "dave"] {
            assert!(reunion.is_reentry(name, true, back), "{name}");
            assert!(!reunion.is_reentry(name, false, back), "{name}");
        }
        for name in ["bob", "carol", "dave"] {
            assert!(!reunion.is_reentry(name, true, back), "{name}");
        }
    }

    #[test]
    fn people_have_the_more_time_the_longer_the_client_was_away() {
        for (away, time) in [(1, 17), (20, 55), (3600, 120)] {
            let (mut reunion, back) = after(away * SECOND, &["bob"]);
            assert!(!reunion.is_due(back + time * SECOND - Duration::from_millis(1)));
            assert!(reunion.is_due(back + time * SECOND));
            assert!(!reunion.is_due(back + time * SECOND), "it asks once");
        }
    }

    #[test]
    fn those_who_are_not_back_after_the_time_are_missing() {
        let (mut reunion, back) = after(SECOND, &["bob", "carol", "Dave", "erin"]);
        assert!(reunion.is_return("bob", true, back));
        let here = people(&["alice", "bob", "dave"]);
        assert_eq!(reunion.end(&here), [""; 0], "the time has not passed");
        assert!(reunion.is_due(back + 17 * SECOND));
        assert!(reunion.is_return("erin", true, back + 18 * SECOND), "before the answer");
        assert_eq!(reunion.end(&here), ["carol"]);
        assert_eq!(reunion.end(&here), [""; 0], "they are named once");
        assert!(!reunion.is_return("carol", true, back + 19 * SECOND));
    }

    #[test]
    fn a_person_is_announced_although_the_server_does_not_say_who_is_here() {
        let (mut script, back) = after(SECOND, &["bob"]);
        assert!(!script.is_return("bob", true, back + 20 * SECOND));
        let (mut person, back) = after(SECOND, &["bob"]);
        assert!(person.is_due(back + 17 * SECOND));
        assert!(!person.is_return("bob", true, back + 18 * SECOND + LOST));
    }

    #[test]
    fn a_second_loss_adds_people_and_begins_again() {
        let (mut reunion, back) = after(SECOND, &["bob"]);
        assert!(reunion.is_due(back + 17 * SECOND));
        let lost = back + 18 * SECOND;
        reunion.lose(&people(&["carol"]), lost);
        assert_eq!(reunion.end(&people(&[])), [""; 0], "an answer of the lost connection");
        reunion.come_back(lost + SECOND);
        assert!(reunion.is_return("bob", true, lost + 2 * SECOND));
        assert!(reunion.is_due(lost + 18 * SECOND));
        assert_eq!(reunion.end(&people(&["bob"])), ["carol"]);
    }
}
