//! The fingerprint of a key, as programs store it and as people compare it.

use std::fmt;
use std::str::FromStr;

/// The words of a fingerprint, one for each value of a byte.
const WORDS: &str = include_str!("fingerprint/words.txt");
/// The number of bytes that the words stand for. Nobody can find a second key with the same 96 bits.
const SPOKEN: usize = 12;

/// The SHA-256 digest of a server's public key (of its `SubjectPublicKeyInfo`).
///
/// It stays the same when a certificate is renewed with the same key.
///
/// ```
/// use net::Fingerprint;
///
/// let text = "sha256:00000000000000000000000000000000000000000000000000000000000000ff";
/// let fingerprint: Fingerprint = text.parse()?;
/// assert_eq!(fingerprint.to_string(), text);
/// assert_eq!(fingerprint.words().split(' ').count(), 12);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Returns the fingerprint with this digest.
    pub const fn new(digest: [u8; 32]) -> Fingerprint {
        Fingerprint(digest)
    }

    /// Returns twelve words that stand for the first 96 bits. They are for people, who read them to each
    /// other; programs compare all of the bits.
    pub fn words(&self) -> String {
        let words: Vec<&str> = WORDS.split_whitespace().collect();
        let of = |byte: &u8| words.get(usize::from(*byte)).copied().unwrap_or_default();
        self.0.iter().take(SPOKEN).map(of).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Fingerprint {
    type Err = String;

    /// Reads 64 hexadecimal digits, with or without `sha256:` and colons.
    fn from_str(text: &str) -> Result<Fingerprint, String> {
        let digits = text.trim().to_ascii_lowercase();
        let digits = digits.strip_prefix("sha256:").unwrap_or(&digits).replace(':', "");
        let wrong = || format!("{text:?} is no fingerprint; expected sha256: and 64 hex digits");
        let values: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(16)).collect();
        let values = values.filter(|values| values.len() == 64).ok_or_else(wrong)?;
        let mut digest = [0; 32];
        for (byte, pair) in digest.iter_mut().zip(values.chunks(2)) {
            *byte = pair.iter().fold(0, |byte: u8, value| byte << 4 | *value as u8);
        }
        Ok(Fingerprint(digest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_is_a_different_word_for_each_byte() {
        let words: BTreeSet<&str> = WORDS.split_whitespace().collect();
        assert_eq!((words.len(), WORDS.split_whitespace().count()), (256, 256));
        assert!(WORDS.chars().all(|it| it.is_ascii_lowercase() || it.is_whitespace()));
        let begins: BTreeSet<&str> = words.iter().filter_map(|word| word.get(..3)).collect();
        assert_eq!(begins.len(), 256, "three letters tell two words apart");
    }

    #[test]
    fn a_fingerprint_is_read_as_it_is_shown() {
        let mut digest = [7; 32];
        digest[31] = 0xab;
        let fingerprint = Fingerprint::new(digest);
        let text = fingerprint.to_string();
        assert_eq!(text.parse(), Ok(fingerprint));
        assert_eq!(text.replace("sha256:", "").to_uppercase().parse(), Ok(fingerprint));
        let wrong = "sha256:12".parse::<Fingerprint>().unwrap_err();
        assert_eq!(wrong, "\"sha256:12\" is no fingerprint; expected sha256: and 64 hex digits");
        assert!(text.replace('a', "x").parse::<Fingerprint>().is_err());
    }

    #[test]
    fn the_words_follow_the_bytes() {
        let words = |digest| Fingerprint::new(digest).words();
        assert_ne!(words([0; 32]), words([1; 32]));
        let all: Vec<&str> = WORDS.split_whitespace().collect();
        let mut digest = [0; 32];
        digest[11] = 255;
        assert_eq!(words(digest), format!("{} {}", [all[0]; 11].join(" "), all[255]));
    }
}
