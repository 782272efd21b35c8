//! Random numbers that can be had again.

use std::time::{Duration, SystemTime};

/// Where they come from: splitmix64 (Steele, Lea and Flood, 2014), which is short and good enough to
/// toss coins with.
pub(crate) struct Chance {
    seed: u64,
    state: u64,
}

impl Chance {
    /// As `STRATA_SEED` says, or else different every time.
    pub(crate) fn from_environment() -> Chance {
        let seed = std::env::var("STRATA_SEED").map_or_else(
            |_| SystemTime::UNIX_EPOCH.elapsed().unwrap().as_micros() as u64,
            |seed| seed.parse().unwrap(),
        );
        Chance { seed, state: seed }
    }

    /// What gives the same numbers again.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// Heads or tails.
    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// A time that is shorter than this one.
    pub(crate) fn moment(&mut self, longest: Duration) -> Duration {
        Duration::from_micros(self.below(longest.as_micros() as u64))
    }
}
