//! Connects again after the connection was lost.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parse::Link;

use crate::server::{self, Server};

/// The wait before the first attempt.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);

const SECOND: Duration = Duration::from_secs(1);

/// What the person wants while the client waits for the next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Wait,
    /// The attempt begins without a wait.
    Hurry,
    /// No further attempt.
    Stop,
}

/// Attempts to connect to a server, each after a longer wait.
pub(crate) struct Attempts {
    server: Server,
    wait: Duration,
    /// The number of attempts since the last connection that was useful.
    count: usize,
}

impl Attempts {
    /// Attempts on this server.
    pub(crate) fn new(server: Server) -> Attempts {
        Attempts { server, wait: FIRST, count: 0 }
    }

    /// Records that a connection was useful, so that the next wait is short again.
    pub(crate) fn succeeded(&mut self) {
        self.wait = FIRST;
        self.count = 0;
    }

    /// Waits and connects, until a connection is there. `tick` gets the seconds that are left and the
    /// number of the attempt, once a second; 0 seconds mean that the attempt begins. `pause` waits for this
    /// time at most, and says how to go on. Returns `None` if the person wants no connection any more.
    ///
    /// # Errors
    /// When the key of the server has changed. Then nobody can say that it is the same server, so no
    /// attempt follows.
    pub(crate) fn connect(
        &mut self,
        mut tick: impl FnMut(usize, usize),
        mut pause: impl FnMut(Duration) -> Wish,
    ) -> Result<Option<Link>, String> {
        loop {
            self.count += 1;
            let until = Instant::now() + jittered(self.wait);
            let mut hurries = false;
            loop {
                let left = until.saturating_duration_since(Instant::now());
                let left = if hurries { Duration::ZERO } else { left };
                // A part of a second counts as a second.
                let seconds =
                    usize::try_from(left.as_millis().div_ceil(1000)).unwrap_or(usize::MAX);
                tick(seconds, self.count);
                if left.is_zero() {
                    break;
                }
                match pause(left.min(SECOND)) {
                    Wish::Wait => {}
                    Wish::Hurry => hurries = true,
                    Wish::Stop => return Ok(None),
                }
            }
            // An attempt on demand does not make the next wait longer.
            if !hurries {
                self.wait = (self.wait * 2).min(LONGEST);
            }
            match self.server.connect() {
                Ok(link) => return Ok(Some(link)),
                Err(error) if server::is_about_key(&error) => return Err(server::explain(&error)),
                Err(_) => {}
            }
        }
    }
}

/// The seconds until the next attempt, and its number. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Countdown(Arc<(AtomicUsize, AtomicUsize)>);

impl Countdown {
    pub(crate) fn set(&self, seconds: usize, attempt: usize) {
        self.0.1.store(attempt, Ordering::Relaxed);
        self.0.0.store(seconds, Ordering::Relaxed);
    }

    /// The seconds and the number of the attempt; no seconds are left during the attempt.
    pub(crate) fn get(&self) -> (usize, usize) {
        (self.0.0.load(Ordering::Relaxed), self.0.1.load(Ordering::Relaxed))
    }
}

/// Adds up to a quarter, at random. Otherwise all clients of a server that was restarted would come
/// back at the same moment.
fn jittered(wait: Duration) -> Duration {
    let random = RandomState::new().build_hasher().finish();
    let quarter = u64::try_from(wait.as_millis() / 4).unwrap_or(u64::MAX);
    wait + Duration::from_millis(random % (quarter + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn a_wait_is_extended_by_up_to_a_quarter() {
        let waits: Vec<Duration> = (0..100).map(|_| jittered(FIRST)).collect();
        assert!(waits.iter().all(|wait| *wait >= FIRST && *wait <= FIRST * 5 / 4), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }

    #[test]
    fn it_counts_down_and_connects_again_and_waits_longer_the_next_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut attempts =
            Attempts::new(Server::plain(&listener.local_addr().unwrap().to_string()));
        let mut ticks = Vec::new();
        let tick = |left, attempt| {
            assert_eq!(attempt, 1);
            ticks.push(left);
        };
        let link = attempts.connect(tick, |time| {
            thread::park_timeout(time);
            Wish::Wait
        });
        assert!(link.unwrap().is_some());
        assert!(ticks[0] <= 2 && ticks.is_sorted_by(|a, b| a >= b), "{ticks:?}");
        assert_eq!(ticks.last(), Some(&0));
        assert_eq!((attempts.wait, attempts.count), (FIRST * 2, 1));
        attempts.succeeded();
        assert_eq!((attempts.wait, attempts.count), (FIRST, 0));
    }

    #[test]
    fn an_attempt_on_demand_comes_at_once_and_does_not_make_the_next_wait_longer() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut attempts =
            Attempts::new(Server::plain(&listener.local_addr().unwrap().to_string()));
        attempts.wait = LONGEST;
        let mut ticks = Vec::new();
        let link = attempts.connect(|left, _| ticks.push(left), |_| Wish::Hurry);
        assert!(link.unwrap().is_some());
        assert!(ticks.len() == 2 && ticks[0] >= 60 && ticks[1] == 0, "{ticks:?}");
        attempts.wait = FIRST;
        assert!(attempts.connect(|_, _| (), |_| Wish::Hurry).unwrap().is_some());
        assert_eq!((attempts.wait, attempts.count), (FIRST, 2));
    }

    #[test]
    fn a_person_who_wants_no_connection_any_more_ends_the_attempts() {
        let mut attempts = Attempts::new(Server::plain("127.0.0.1:1"));
        assert!(attempts.connect(|_, _| (), |_| Wish::Stop).unwrap().is_none());
    }
}
