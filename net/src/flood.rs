//! The limits on the frames that a peer may send: a burst, then a rate.
//!
//! The engine does not refuse further frames but slows the peer down: the frames wait, and while they
//! wait the engine reads nothing more from the peer, so that TCP makes the peer wait too. A peer that
//! continues for too long is closed.

use std::time::{Duration, Instant};

/// Limits on the frames that a peer may send.
///
/// ```
/// use net::{Flood, Limits};
///
/// let strict = Flood { burst: 5, rate: 1, ..Flood::default() };
/// let limits = Limits { flood: Some(strict), ..Limits::default() };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flood {
    /// The number of frames that pass without a wait; 20 by default.
    pub burst: u32,
    /// The number of frames that pass each second after the burst; 10 by default.
    pub rate: u32,
    /// The time for which a peer may send more than that; 30 s by default.
    pub patience: Duration,
}

impl Default for Flood {
    fn default() -> Flood {
        Flood { burst: 20, rate: 10, patience: Duration::from_secs(30) }
    }
}

/// Limits the frames of one connection. All connections share one [`Flood`], which the callers pass in,
/// because ten thousand copies would cost memory.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    /// The number of frames that may pass, with the fraction that has collected for the next one.
    tokens: f64,
    /// The moment for which `tokens` was computed.
    at: Instant,
    /// The moment since which the peer has sent more frames than may pass.
    behind: Option<Instant>,
    /// The moment at which the waiting frame may pass.
    next_pass: Option<Instant>,
}

impl TokenBucket {
    /// Creates a full bucket: a burst may pass.
    pub(crate) fn new(flood: &Flood, now: Instant) -> TokenBucket {
        TokenBucket { tokens: f64::from(flood.burst), at: now, behind: None, next_pass: None }
    }

    /// Notes that one read brought this many frames. A peer that waits for each answer brings one frame
    /// at a time: the bucket slows it down, but does not count it as a flood.
    pub(crate) fn brought(&mut self, frames: usize, flood: &Flood, now: Instant) {
        self.refill(flood, now);
        if self.tokens >= f64::from(flood.burst) {
            // The peer was quiet for long enough to refill the bucket.
            self.behind = None;
        }
        if frames == 1 || frames as f64 <= self.tokens {
            self.behind = None;
        } else {
            self.behind = self.behind.or(Some(now));
        }
    }

    /// Lets one frame pass.
    ///
    /// # Errors
    /// With the time that the frame has to wait.
    pub(crate) fn pass(&mut self, flood: &Flood, now: Instant) -> Result<(), Duration> {
        self.refill(flood, now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        let wait = (1.0 - self.tokens) / f64::from(flood.rate.max(1));
        // Rounded up, so that the frame does not wait once more for a nanosecond.
        let wait = Duration::from_secs_f64(wait) + Duration::from_micros(1);
        self.next_pass = Some(now + wait);
        Err(wait)
    }

    /// Says whether the peer has sent too many frames for too long.
    pub(crate) fn is_flooding(&self, flood: &Flood, now: Instant) -> bool {
        self.behind.is_some_and(|since| now.saturating_duration_since(since) >= flood.patience)
    }

    fn refill(&mut self, flood: &Flood, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let tokens = self.tokens + passed * f64::from(flood.rate);
        self.tokens = tokens.min(f64::from(flood.burst));
        self.at = now;
        // If this call is late, no frame could pass in that time, and the peer is not to blame.
        if let (Some(due), Some(behind)) = (self.next_pass.take(), &mut self.behind) {
            *behind += now.saturating_duration_since(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOD: Flood = Flood { burst: 3, rate: 10, patience: Duration::from_secs(5) };

    /// Returns how many of these frames pass without a wait.
    fn passed(bucket: &mut TokenBucket, frames: usize, now: Instant) -> usize {
        bucket.brought(frames, &FLOOD, now);
        (0..frames).take_while(|_| bucket.pass(&FLOOD, now).is_ok()).count()
    }

    #[test]
    fn a_burst_passes_and_then_the_rate_applies() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&FLOOD, start);
        assert_eq!(passed(&mut bucket, 10, start), 3);
        let wait = bucket.pass(&FLOOD, start).unwrap_err();
        assert!(wait > Duration::from_millis(99) && wait < Duration::from_millis(101));
        assert!(bucket.pass(&FLOOD, start + wait).is_ok(), "the frame passes after that wait");
        assert_eq!(passed(&mut bucket, 10, start + wait + Duration::from_millis(250)), 2);
        assert_eq!(
            passed(&mut bucket, 10, start + Duration::from_secs(60)),
            3,
            "never over a burst"
        );
    }

    #[test]
    fn a_peer_floods_only_after_its_patience_is_over() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&FLOOD, start);
        for tenth in 0..50 {
            let now = start + Duration::from_millis(100 * tenth);
            passed(&mut bucket, 100, now);
            assert!(!bucket.is_flooding(&FLOOD, now));
        }
        assert!(bucket.is_flooding(&FLOOD, start + Duration::from_secs(5)));
    }

    #[test]
    fn time_in_which_the_process_stood_still_does_not_count_as_flooding() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&FLOOD, start);
        bucket.brought(100, &FLOOD, start);
        while bucket.pass(&FLOOD, start).is_ok() {}
        // The process stands still.
        let mut now = start + Duration::from_secs(60);
        assert!(bucket.pass(&FLOOD, now).is_ok());
        assert!(!bucket.is_flooding(&FLOOD, now));
        // Both continue until the patience is over, of which a tenth of a second is used up.
        let patience = now + FLOOD.patience;
        while now < patience {
            assert_eq!(
                bucket.is_flooding(&FLOOD, now),
                now + Duration::from_millis(100) > patience
            );
            while let Err(wait) = bucket.pass(&FLOOD, now) {
                now += wait;
            }
        }
        assert!(bucket.is_flooding(&FLOOD, now));
    }

    #[test]
    fn a_peer_that_pauses_between_bursts_does_not_flood() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&FLOOD, start);
        passed(&mut bucket, 100, start);
        let later = start + Duration::from_secs(60);
        passed(&mut bucket, 100, later);
        assert!(!bucket.is_flooding(&FLOOD, later), "the second burst is not part of the first");
    }

    #[test]
    fn one_frame_at_a_time_is_slowed_down_and_no_flood() {
        let mut now = Instant::now();
        let mut bucket = TokenBucket::new(&FLOOD, now);
        for _ in 0..1000 {
            bucket.brought(1, &FLOOD, now);
            while let Err(wait) = bucket.pass(&FLOOD, now) {
                now += wait;
            }
            assert!(!bucket.is_flooding(&FLOOD, now));
        }
    }
}
