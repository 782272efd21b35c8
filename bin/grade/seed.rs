//! Names and texts that a program cannot know beforehand. The same seed always gives the same ones.

/// The seed of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seed(String);

/// Source of names and texts for one check.
#[derive(Debug, Clone)]
pub(crate) struct Words {
    state: u64,
}

impl Seed {
    pub(crate) fn new(text: impl Into<String>) -> Seed {
        Seed(text.into())
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// The words for this check. No other check gets the same ones.
    pub(crate) fn words(&self, check: &str) -> Words {
        // FNV-1a, because it gives the same value on every system and in every version.
        let bytes = self.0.bytes().chain([0]).chain(check.bytes());
        let state = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Words { state }
    }
}

impl Words {
    /// The next number of SplitMix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// A word of six or eight letters that can be pronounced. It has only lower-case letters, so it is
    /// a valid name in every dialect.
    pub(crate) fn word(&mut self) -> String {
        let syllables = 3 + self.below(2);
        self.of_syllables(syllables)
    }

    /// A word of six letters, for names that every course accepts.
    pub(crate) fn short_word(&mut self) -> String {
        self.of_syllables(3)
    }

    #[expect(clippy::indexing_slicing, reason = "`below` returns a valid index")]
    #[expect(clippy::cast_possible_truncation, reason = "the index is below 20")]
    fn of_syllables(&mut self, count: u64) -> String {
        let (consonants, vowels) = (*b"bdfgklmnprstvz", *b"aeiou");
        let mut word = String::new();
        for _ in 0..count {
            for letters in [&consonants[..], &vowels[..]] {
                let at = self.below(letters.len() as u64) as usize;
                word.push(char::from(letters[at]));
            }
        }
        word
    }

    /// A text for a message.
    pub(crate) fn text(&mut self) -> String {
        format!("{} {}", self.word(), self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_words_and_each_check_its_own() {
        let words = |seed: &str, check: &str| {
            let mut words = Seed::new(seed).words(check);
            [words.word(), words.text()]
        };
        assert_eq!(words("7f3a", "LOGIN-1"), words("7f3a", "LOGIN-1"));
        assert_ne!(words("7f3a", "LOGIN-1"), words("7f3a", "LOGIN-2"));
        assert_ne!(words("7f3a", "LOGIN-1"), words("7f3b", "LOGIN-1"));
        let name = &words("7f3a", "LOGIN-1")[0];
        assert!(name.len() <= 8 && name.bytes().all(|letter| letter.is_ascii_lowercase()));
    }
}
