//! Connects again after the connection was lost.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::thread;
use std::time::{Duration, Instant};

use parse::{Limits, Link};

/// The time limit for connecting.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// The wait before the first attempt.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(60);

const SECOND: Duration = Duration::from_secs(1);

/// Attempts to connect to a server, each after a longer wait.
pub(crate) struct Attempts {
    target: String,
    wait: Duration,
}

impl Attempts {
    /// Attempts on `target`, which is `HOST:PORT`.
    pub(crate) fn new(target: &str) -> Attempts {
        Attempts { target: target.to_owned(), wait: FIRST }
    }

    /// Records that a connection was useful, so that the next wait is short again.
    pub(crate) fn succeeded(&mut self) {
        self.wait = FIRST;
    }

    /// Waits and connects, until a connection is there. `tick` hears how many seconds are left,
    /// once a second; 0 means that an attempt begins.
    pub(crate) fn connect(&mut self, mut tick: impl FnMut(usize)) -> Link {
        loop {
            let until = Instant::now() + jittered(self.wait);
            self.wait = (self.wait * 2).min(LONGEST);
            loop {
                let left = until.saturating_duration_since(Instant::now());
                // A part of a second counts as a second.
                tick(usize::try_from(left.as_millis().div_ceil(1000)).unwrap_or(usize::MAX));
                if left.is_zero() {
                    break;
                }
                thread::park_timeout(left.min(SECOND));
            }
            if let Ok(link) = Link::connect(&self.target, CONNECT, Limits::default()) {
                return link;
            }
        }
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

    #[test]
    fn a_wait_is_extended_by_up_to_a_quarter() {
        let waits: Vec<Duration> = (0..100).map(|_| jittered(FIRST)).collect();
        assert!(waits.iter().all(|wait| *wait >= FIRST && *wait <= FIRST * 5 / 4), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }

    #[test]
    fn it_counts_down_and_connects_again_and_waits_longer_the_next_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut attempts = Attempts::new(&listener.local_addr().unwrap().to_string());
        let mut ticks = Vec::new();
        let _link = attempts.connect(|left| ticks.push(left));
        assert!(ticks[0] <= 2 && ticks.is_sorted_by(|a, b| a >= b), "{ticks:?}");
        assert_eq!(ticks.last(), Some(&0));
        assert_eq!(attempts.wait, FIRST * 2);
        attempts.succeeded();
        assert_eq!(attempts.wait, FIRST);
    }
}
