//! Random numbers that a seed repeats.

use std::time::{Duration, SystemTime};

/// A generator of random numbers: splitmix64 (Steele, Lea and Flood, 2014). It is short, and good
/// enough for this purpose.
pub(crate) struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    /// A generator with the seed `STRATA_SEED`, or with the current time as its seed.
    pub(crate) fn from_environment() -> Chance {
        let seed = std::env::var("STRATA_SEED").map_or_else(
            |_| SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64,
            |seed| seed.parse().unwrap(),
        );
        Chance { seed, state: seed }
    }

    /// The seed, which repeats the numbers.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// A random number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// A random boolean.
    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// A random duration below `longest`.
    pub(crate) fn moment(&mut self, longest: Duration) -> Duration {
        Duration::from_micros(self.below(longest.as_micros() as u64))
    }
}
