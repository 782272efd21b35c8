//! A hash function for connection numbers.

use std::hash::Hasher;

/// Hashes the number of a connection. The engine counts the numbers, so no peer can choose numbers that
/// collide. The default hash function protects against that, and is too slow for a million sends a second.
#[derive(Default)]
pub(super) struct ConnIdHasher(u64);

impl Hasher for ConnIdHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        // The table looks at the highest bits and at the lowest; a multiplication by an odd
        // number near 2⁶⁴ / φ spreads neighbours over both.
        self.0 = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}
