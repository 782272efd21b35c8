//! Timers: the login deadlines, and the moment at which the log has messages to delete.
//!
//! Every peer has the same time for its login, so the deadlines are in order when they start: a
//! queue is enough. A deadline that is cancelled stays in the queue until its moment comes.

use std::collections::{HashMap, VecDeque};

use parse::Peer;

use crate::Moment;

/// The timers of a chat.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    /// The deadline of each peer that has to log in.
    logins: HashMap<Peer, Moment>,
    /// When to look at which peer, soonest first. The deadline of a peer may have changed since.
    queue: VecDeque<(Moment, Peer)>,
    /// When the log has messages to delete.
    expiry: Option<Moment>,
}

impl Timers {
    /// Starts the login deadline of a peer.
    pub(crate) fn start_login(&mut self, peer: Peer, deadline: Moment) {
        self.logins.insert(peer, deadline);
        self.queue.push_back((deadline, peer));
    }

    /// Cancels the login deadline of a peer.
    pub(crate) fn cancel_login(&mut self, peer: Peer) {
        self.logins.remove(&peer);
    }

    /// Moves login deadlines before this moment to this moment.
    pub(crate) fn postpone_logins(&mut self, to: Moment) {
        // The soonest come first, so the order stays.
        for (deadline, peer) in self.queue.iter_mut().take_while(|(deadline, _)| *deadline < to) {
            *deadline = to;
            if let Some(login) = self.logins.get_mut(peer) {
                *login = to.max(*login);
            }
        }
    }

    /// Takes the peers whose login deadline has passed.
    pub(crate) fn take_late(&mut self, now: Moment) -> Vec<Peer> {
        let mut late = Vec::new();
        while let Some((_, peer)) = self.queue.pop_front_if(|(deadline, _)| *deadline <= now) {
            if self.logins.get(&peer).is_some_and(|deadline| *deadline <= now) {
                self.logins.remove(&peer);
                late.push(peer);
            }
        }
        late
    }

    /// Sets the moment at which the log has messages to delete.
    pub(crate) fn set_expiry(&mut self, expiry: Option<Moment>) {
        self.expiry = expiry;
    }

    /// The next moment at which a timer may fire.
    pub(crate) fn next(&self) -> Option<Moment> {
        let login = self.queue.front().map(|(deadline, _)| *deadline);
        login.into_iter().chain(self.expiry).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: u64) -> Moment {
        Moment::new(Duration::from_secs(seconds))
    }

    #[test]
    fn a_deadline_that_is_cancelled_or_started_again_does_not_fire() {
        let mut timers = Timers::default();
        let [cancelled, restarted, late] = [1, 2, 3].map(Peer::new);
        for peer in [cancelled, restarted, late] {
            timers.start_login(peer, at(60));
        }
        timers.cancel_login(cancelled);
        timers.start_login(restarted, at(70));
        assert_eq!(timers.take_late(at(59)), []);
        assert_eq!(timers.take_late(at(60)), [late]);
        assert_eq!(timers.next(), Some(at(70)));
        assert_eq!(timers.take_late(at(70)), [restarted]);
        assert_eq!(timers.next(), None);
    }

    #[test]
    fn only_earlier_deadlines_are_postponed() {
        let mut timers = Timers::default();
        let [early, later] = [1, 2].map(Peer::new);
        timers.start_login(early, at(60));
        timers.start_login(later, at(70));
        timers.postpone_logins(at(65));
        assert_eq!(timers.take_late(at(64)), []);
        assert_eq!(timers.take_late(at(65)), [early]);
        assert_eq!(timers.take_late(at(70)), [later]);
    }

    #[test]
    fn the_next_timer_is_a_login_or_the_expiry() {
        let mut timers = Timers::default();
        timers.set_expiry(Some(at(50)));
        timers.start_login(Peer::new(1), at(60));
        assert_eq!(timers.next(), Some(at(50)));
        timers.set_expiry(None);
        assert_eq!(timers.next(), Some(at(60)));
    }
}
