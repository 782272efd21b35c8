//! Random choices from the seed of an exam. They cannot be repeated without the seed.

use sha2::{Digest, Sha256};

/// A source of choices for one purpose.
#[derive(Debug, Clone)]
pub(super) struct Draw {
    key: [u8; 32],
    next: u64,
}

impl Draw {
    /// The choices for this purpose. Another purpose gets other ones from the same seed.
    pub(super) fn new(seed: &str, purpose: &str) -> Draw {
        let parts = [b"exam", seed.as_bytes(), purpose.as_bytes()];
        Draw { key: digest(&parts), next: 0 }
    }

    /// The next 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.next += 1;
        let block = digest(&[&self.key, &self.next.to_be_bytes()]);
        block.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    }

    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        // The remainder is below `bound`, so it fits.
        usize::try_from(self.bits() % (bound.max(1) as u64)).unwrap_or(0)
    }

    /// Brings the items into a random order.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }

    /// A word of three syllables that can be pronounced and typed.
    pub(super) fn word(&mut self) -> String {
        let mut word = String::new();
        for _ in 0..3 {
            for letters in ["bdfgklmnprstvz", "aeiou"] {
                let at = self.below(letters.len());
                word.extend(letters.chars().nth(at));
            }
        }
        word
    }
}

/// The SHA-256 of some parts, each with its length before it, so that no two lists of parts are alike.
pub(super) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_purpose_determine_the_choices() {
        let words = |seed: &str, purpose: &str| {
            let mut draw = Draw::new(seed, purpose);
            [draw.word(), draw.word()]
        };
        assert_eq!(words("a", "b"), words("a", "b"));
        assert_ne!(words("a", "b"), words("a", "c"));
        assert_ne!(words("a", "b"), words("ab", ""));
        let [one, other] = words("a", "b");
        assert_ne!(one, other);
        assert!(one.len() == 6 && one.bytes().all(|letter| letter.is_ascii_lowercase()));
    }

    #[test]
    fn every_order_is_possible() {
        let mut orders = std::collections::HashSet::new();
        let mut draw = Draw::new("seed", "orders");
        for _ in 0..200 {
            let mut items = [1, 2, 3];
            draw.shuffle(&mut items);
            orders.insert(items);
        }
        assert_eq!(orders.len(), 6);
    }
}
