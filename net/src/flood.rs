//! How many frames a peer may send: a burst, and then so many a second.
//!
//! Whoever sends more is not refused but slowed down: its frames wait, and while they wait
//! nothing more is read from it, so TCP makes it wait too. Only who goes on like that is closed.

use std::time::{Duration, Instant};

/// The bounds on what a peer may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flood {
    /// How many frames may come at once; 20 by default.
    pub burst: u32,
    /// How many may come each second after that; 10 by default.
    pub rate: u32,
    /// How long a peer may go on sending more than that; 30 s by default.
    pub patience: Duration,
}

impl Default for Flood {
    fn default() -> Flood {
        Flood { burst: 20, rate: 10, patience: Duration::from_secs(30) }
    }
}

/// Lets the frames of one connection pass, at the pace that they may have: a token bucket. The
/// bounds are the same for all connections, so they are handed in: ten thousand copies of them
/// would be felt.
#[derive(Debug)]
pub(crate) struct TokenBucket {
    /// Frames that may pass; a fraction is one that may pass soon.
    tokens: f64,
    /// When `tokens` was right.
    at: Instant,
    /// Since when more has come than may pass.
    behind: Option<Instant>,
    /// The moment at which the waiting frame may pass.
    next_pass: Option<Instant>,
}

impl TokenBucket {
    /// A bucket that a burst may pass.
    pub(crate) fn new(flood: &Flood, now: Instant) -> TokenBucket {
        TokenBucket { tokens: f64::from(flood.burst), at: now, behind: None, next_pass: None }
    }

    /// One read brought this many frames. Whoever sends its next frame when the last one was
    /// answered brings one at a time: it is slowed down, but it does not flood.
    pub(crate) fn brought(&mut self, frames: usize, flood: &Flood, now: Instant) {
        self.refill(flood, now);
        if self.tokens >= f64::from(flood.burst) {
            // It was quiet for long enough that nothing is left of what came before.
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

    /// Whether it has gone on for too long.
    pub(crate) fn is_flooding(&self, flood: &Flood, now: Instant) -> bool {
        self.behind.is_some_and(|since| now.saturating_duration_since(since) >= flood.patience)
    }

    fn refill(&mut self, flood: &Flood, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        let tokens = self.tokens + passed * f64::from(flood.rate);
        self.tokens = tokens.min(f64::from(flood.burst));
        self.at = now;
        // The time by which this look is late is not the peer's: nothing could pass meanwhile.
        if let (Some(due), Some(behind)) = (self.next_pass.take(), &mut self.behind) {
            *behind += now.saturating_duration_since(due);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLOOD: Flood = Flood { burst: 3, rate: 10, patience: Duration::from_secs(5) };

    /// How many of these frames pass at once.
    fn passed(bucket: &mut TokenBucket, frames: usize, now: Instant) -> usize {
        bucket.brought(frames, &FLOOD, now);
        (0..frames).take_while(|_| bucket.pass(&FLOOD, now).is_ok()).count()
    }

    #[test]
    fn a_burst_passes_and_then_so_many_a_second() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&FLOOD, start);
        assert_eq!(passed(&mut bucket, 10, start), 3);
        let wait = bucket.pass(&FLOOD, start).unwrap_err();
        assert!(wait > Duration::from_millis(99) && wait < Duration::from_millis(101));
        assert!(bucket.pass(&FLOOD, start + wait).is_ok(), "after that wait it passes");
        assert_eq!(passed(&mut bucket, 10, start + wait + Duration::from_millis(250)), 2);
        assert_eq!(
            passed(&mut bucket, 10, start + Duration::from_secs(60)),
            3,
            "never over a burst"
        );
    }

    #[test]
    fn only_who_goes_on_for_too_long_floods() {
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
    fn time_in_which_nobody_looked_is_not_time_in_which_a_peer_flooded() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&FLOOD, start);
        bucket.brought(100, &FLOOD, start);
        while bucket.pass(&FLOOD, start).is_ok() {}
        // The process stands still.
        let mut now = start + Duration::from_secs(60);
        assert!(bucket.pass(&FLOOD, now).is_ok());
        assert!(!bucket.is_flooding(&FLOOD, now));
        // It goes on, and so does the peer, for as long as it may: a tenth of a second is used up.
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
    fn who_has_caught_up_is_forgiven() {
        let start = Instant::now();
        let mut bucket = TokenBucket::new(&FLOOD, start);
        passed(&mut bucket, 100, start);
        let later = start + Duration::from_secs(60);
        passed(&mut bucket, 100, later);
        assert!(!bucket.is_flooding(&FLOOD, later), "the second burst is not the end of the first");
    }

    #[test]
    fn one_at_a_time_is_slow_but_no_flood() {
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
