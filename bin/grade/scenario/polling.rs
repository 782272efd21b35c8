//! Reading what arrives for all users of a scenario, whichever user a check waits for.

use std::io;
use std::time::{Duration, Instant};

use super::{PeerId, Scenario};
use crate::peer;
use crate::stop::Stop;

/// With more users than this, the others are polled only now and then while a check waits for one of them.
const CROWD: usize = 32;
const CROWD_POLL: Duration = Duration::from_millis(5);

/// Length of one [`pause`](Scenario::pause).
const PAUSE: Duration = Duration::from_millis(50);

impl Scenario {
    /// Lets a short time pass, and reads everything that arrives.
    pub(crate) fn pause(&mut self) {
        let until = Instant::now() + PAUSE;
        // If polling fails, the next wait for a particular frame reports the error.
        while Instant::now() < until && self.poll(None, until).is_ok() {}
    }

    /// Reads everything that arrives in this time.
    pub(crate) fn poll_for(&mut self, time: Duration) -> Result<(), Stop> {
        let until = Instant::now() + time;
        self.poll(None, until).map_err(|error| {
            Stop::Undecided(format!("the grader cannot poll its sockets: {error}"))
        })
    }

    /// Reads everything that has arrived so far, so that the trace has it in the right order. In a crowd, the
    /// report leaves out what others receive, so a recent poll is enough.
    pub(super) fn poll_now(&mut self) {
        if self.crowd_rest().is_zero() {
            let _ = self.poll_all(None, Instant::now());
        }
    }

    /// Waits until the server sends something to any user, or until the deadline. Users that never
    /// read are skipped, except `watched`. In a crowd, waits for the watched user alone until the next poll
    /// of all users is due, because one call to `poll` looks at every socket.
    pub(super) fn poll(&mut self, watched: Option<PeerId>, until: Instant) -> io::Result<()> {
        let rest = self.crowd_rest();
        if !rest.is_zero()
            && let Some(peer) = watched.and_then(|who| self.peer(who))
        {
            return peer::poll_peers([(true, peer)].into_iter(), until.min(Instant::now() + rest));
        }
        self.poll_all(watched, until)
    }

    /// The time until all users of a crowd are polled again; zero without a crowd.
    fn crowd_rest(&self) -> Duration {
        match self.participants.len() > CROWD {
            true => CROWD_POLL.saturating_sub(self.polled_at.elapsed()),
            false => Duration::ZERO,
        }
    }

    fn poll_all(&mut self, watched: Option<PeerId>, until: Instant) -> io::Result<()> {
        let participants = self.participants.iter_mut().enumerate();
        let connected = participants.filter_map(|(number, participant)| {
            Some((watched == Some(PeerId(number)), participant.peer.as_mut()?))
        });
        let polled = peer::poll_peers(connected, until);
        self.polled_at = Instant::now();
        polled
    }
}
