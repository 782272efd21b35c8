//! The place of this server in the log: what the chat gets of each entry.
//!
//! A server that joins must first learn who is here. Its `joined` entry asks the other servers, and
//! each of them appends a roll: its people at that place of the log. Until the newcomer has all rolls,
//! it holds back the entries. Then the chat gets the rolls, and after them the entries since `joined`,
//! in order. So it decides about each of them like the others do.
//!
//! It needs no roll of a server that has appended nothing, because nobody is there. So newcomers do not
//! wait for each other: after a server is gone for whose roll several have waited, all of them join again,
//! and each would lose the roll of the next one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::record::{Appended, Body, Content, Record};
use crate::log::{Change, PresenceChange};

/// What to do with an entry.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Apply it to the view, and hand it to the chat.
    HandBack(u64, Appended),
    /// Apply it to the view only.
    Apply(u64, Appended),
    /// Nothing: it does not change the view.
    Pass(u64),
    /// Hand the people of another server to the chat.
    Admit(PresenceChange),
    /// Tell the chat that a server has joined, or is gone.
    Joined(u64),
    Gone(u64),
    /// Tell the chat that this server was declared gone.
    Separated,
    /// This server is part of the chat from here on.
    Live(u64),
    /// Join the chat again: this server is gone, or cannot know who is here.
    JoinAgain(u64),
}

/// The place of this server in the log.
#[derive(Debug)]
pub(super) struct Follow {
    /// The secret of this server.
    token: String,
    /// Its number; 0 before it has joined.
    own: u64,
    phase: Phase,
    /// The other servers.
    others: BTreeMap<u64, Arc<str>>,
}

#[derive(Debug)]
enum Phase {
    /// The server is not part of the chat.
    Apart,
    /// It has joined, and waits for rolls.
    Waiting {
        /// The servers whose roll is missing.
        missing: BTreeSet<u64>,
        rolls: Vec<PresenceChange>,
        /// The entries since it has joined.
        held: Vec<Record>,
    },
    /// It is part of the chat.
    Live,
}

impl Follow {
    /// Creates the place before this server joins.
    pub(super) fn new(token: String) -> Follow {
        Follow { token, own: 0, phase: Phase::Apart, others: BTreeMap::new() }
    }

    /// The number of this server; 0 before it has joined.
    pub(super) fn own(&self) -> u64 {
        self.own
    }

    /// The name of another server.
    pub(super) fn name(&self, server: u64) -> Option<Arc<str>> {
        self.others.get(&server).cloned()
    }

    /// Takes the next entry. Returns what to do, in order.
    pub(super) fn take(&mut self, record: Record) -> Vec<Step> {
        match &mut self.phase {
            Phase::Apart => self.take_apart(record),
            Phase::Waiting { .. } => self.take_waiting(record),
            Phase::Live => self.take_live(record),
        }
    }

    fn take_apart(&mut self, Record { number, body }: Record) -> Vec<Step> {
        match body {
            Body::Joined { epoch, token, others, active, .. } if token == self.token => {
                self.own = epoch;
                self.others = others.into_iter().collect();
                let missing = BTreeSet::from_iter(active);
                if missing.is_empty() {
                    self.phase = Phase::Live;
                    return vec![Step::Pass(number), Step::Live(epoch)];
                }
                self.phase = Phase::Waiting { missing, rolls: Vec::new(), held: Vec::new() };
                vec![Step::Pass(number)]
            }
            body => vec![silent(number, body)],
        }
    }

    fn take_waiting(&mut self, record: Record) -> Vec<Step> {
        let Phase::Waiting { missing, rolls, held } = &mut self.phase else { return Vec::new() };
        let own = self.own;
        let lost = match &record.body {
            Body::Gone { epoch } => *epoch == own || missing.contains(epoch),
            _ => false,
        };
        if lost {
            // Nobody will say who was on that server when this one joined.
            let held = std::mem::take(held);
            self.phase = Phase::Apart;
            let all = held.into_iter().chain([record]);
            let steps = all.map(|record| silent(record.number, record.body));
            return steps.chain([Step::JoinAgain(own)]).collect();
        }
        if let Body::Appended(appended) = &record.body
            && let Content::Change(Change::Presence(roll)) = &appended.content
            && matches!(roll, PresenceChange::Roll { newcomer, .. } if *newcomer == own)
            && missing.remove(&appended.epoch)
        {
            rolls.push(roll.clone());
        }
        held.push(record);
        if !missing.is_empty() {
            return Vec::new();
        }
        let (rolls, held) = (std::mem::take(rolls), std::mem::take(held));
        self.phase = Phase::Live;
        let mut steps: Vec<Step> = rolls.into_iter().map(Step::Admit).collect();
        for record in held {
            steps.extend(self.take_live(record));
        }
        steps.push(Step::Live(own));
        steps
    }

    fn take_live(&mut self, Record { number, body }: Record) -> Vec<Step> {
        match body {
            Body::Joined { epoch, name, .. } => {
                self.others.insert(epoch, name);
                vec![Step::Pass(number), Step::Joined(epoch)]
            }
            Body::Gone { epoch } if epoch == self.own => {
                self.phase = Phase::Apart;
                vec![Step::Pass(number), Step::Separated, Step::JoinAgain(epoch)]
            }
            Body::Gone { epoch } => {
                let known = self.others.remove(&epoch).is_some();
                let gone = known.then_some(Step::Gone(epoch));
                [Step::Pass(number)].into_iter().chain(gone).collect()
            }
            Body::Appended(appended) if is_handed_back(&appended.content) => {
                vec![Step::HandBack(number, appended)]
            }
            body => vec![silent(number, body)],
        }
    }
}

/// Whether the chat gets an entry. It gets no roll here: the rolls for this server are handed over
/// before, and those for others are none of its business.
fn is_handed_back(content: &Content) -> bool {
    match content {
        Content::Sweep(_) | Content::Change(Change::Presence(PresenceChange::Roll { .. })) => false,
        Content::Change(_) => true,
    }
}

/// What to do with an entry that the chat does not get.
fn silent(number: u64, body: Body) -> Step {
    match body {
        Body::Appended(appended) => Step::Apply(number, appended),
        Body::Joined { .. } | Body::Gone { .. } => Step::Pass(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    /// A server that has appended nothing.
    const QUIET: u64 = 3;

    fn joined(number: u64, epoch: u64, others: &[u64]) -> Record {
        let token = if epoch >= 10 { "mine" } else { "theirs" }.to_owned();
        let named = |epoch: &u64| (*epoch, Arc::from(format!("server {epoch}")));
        let active = others.iter().copied().filter(|epoch| *epoch != QUIET).collect();
        let others = others.iter().map(named).collect();
        Record { number, body: Body::Joined { epoch, token, name: "a".into(), others, active } }
    }

    fn gone(number: u64, epoch: u64) -> Record {
        Record { number, body: Body::Gone { epoch } }
    }

    fn appended(epoch: u64, change: PresenceChange) -> Appended {
        let content = Content::Change(Change::Presence(change));
        let timestamp = Timestamp::UNIX_EPOCH;
        Appended { epoch, sequence: 1, timestamp, by: None, to: None, content }
    }

    fn enter(epoch: u64) -> Appended {
        appended(epoch, PresenceChange::Enter { peer: parse::Peer::new(1), room: "tea".into() })
    }

    fn roll(newcomer: u64) -> PresenceChange {
        PresenceChange::Roll { newcomer, people: vec![] }
    }

    fn record(number: u64, appended: Appended) -> Record {
        Record { number, body: Body::Appended(appended) }
    }

    fn follow() -> Follow {
        Follow::new("mine".to_owned())
    }

    #[test]
    fn the_first_server_waits_for_nobody() {
        let mut follow = follow();
        let before = follow.take(record(1, enter(9)));
        assert_eq!(before, [Step::Apply(1, enter(9))], "before it joined");
        assert_eq!(follow.take(joined(2, 10, &[])), [Step::Pass(2), Step::Live(10)]);
        assert_eq!(follow.take(record(3, enter(10))), [Step::HandBack(3, enter(10))]);
        assert_eq!(follow.take(joined(4, 2, &[10])), [Step::Pass(4), Step::Joined(2)]);
        assert_eq!(follow.name(2).as_deref(), Some("a"));
        assert_eq!(follow.take(gone(5, 2)), [Step::Pass(5), Step::Gone(2)]);
        assert_eq!(follow.take(gone(6, 2)), [Step::Pass(6)], "each is told once");
    }

    #[test]
    fn a_newcomer_holds_entries_back_until_it_has_every_roll() {
        let mut follow = follow();
        assert_eq!(follow.take(joined(1, 10, &[1, 2])), [Step::Pass(1)]);
        assert_eq!(follow.take(record(2, enter(1))), []);
        assert_eq!(follow.take(record(3, appended(2, roll(10)))), []);
        assert_eq!(follow.take(record(4, appended(1, roll(9)))), [], "a roll for another server");
        let steps = follow.take(record(5, appended(1, roll(10))));
        let want = [
            Step::Admit(roll(10)),
            Step::Admit(roll(10)),
            Step::HandBack(2, enter(1)),
            Step::Apply(3, appended(2, roll(10))),
            Step::Apply(4, appended(1, roll(9))),
            Step::Apply(5, appended(1, roll(10))),
            Step::Live(10),
        ];
        assert_eq!(steps, want);
    }

    #[test]
    fn a_newcomer_needs_no_roll_of_a_server_that_has_appended_nothing() {
        let mut follow = follow();
        assert_eq!(follow.take(joined(1, 10, &[1, QUIET])), [Step::Pass(1)]);
        assert_eq!(follow.take(record(2, enter(QUIET))), [], "it has begun since");
        let steps = follow.take(record(3, appended(1, roll(10))));
        let want = [
            Step::Admit(roll(10)),
            Step::HandBack(2, enter(QUIET)),
            Step::Apply(3, appended(1, roll(10))),
            Step::Live(10),
        ];
        assert_eq!(steps, want);
        assert_eq!(follow.name(QUIET).as_deref(), Some("server 3"));
        assert_eq!(follow.take(gone(4, QUIET)), [Step::Pass(4), Step::Gone(QUIET)]);
    }

    #[test]
    fn a_newcomer_joins_again_if_a_server_is_gone_without_a_roll() {
        let mut follow = follow();
        follow.take(joined(1, 10, &[1, 2]));
        follow.take(record(2, appended(1, roll(10))));
        follow.take(record(3, enter(1)));
        let want = [
            Step::Apply(2, appended(1, roll(10))),
            Step::Apply(3, enter(1)),
            Step::Pass(4),
            Step::JoinAgain(10),
        ];
        assert_eq!(follow.take(gone(4, 2)), want);
        // The roll that answers the first request comes late, and counts no more.
        assert_eq!(follow.take(joined(5, 11, &[1])), [Step::Pass(5)]);
        assert_eq!(follow.take(record(6, appended(1, roll(10)))), []);
        assert_eq!(follow.take(record(7, appended(1, roll(11)))).len(), 4);
    }

    #[test]
    fn a_server_that_was_declared_gone_hands_nothing_back_until_it_has_joined_again() {
        let mut follow = follow();
        follow.take(joined(1, 10, &[]));
        let want = [Step::Pass(2), Step::Separated, Step::JoinAgain(10)];
        assert_eq!(follow.take(gone(2, 10)), want);
        assert_eq!(follow.take(record(3, enter(1))), [Step::Apply(3, enter(1))]);
        assert_eq!(follow.take(joined(4, 11, &[])), [Step::Pass(4), Step::Live(11)]);
        assert_eq!(follow.take(record(5, enter(1))), [Step::HandBack(5, enter(1))]);
    }
}
