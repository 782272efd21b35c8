//! The texts that are sent. The receiver can check that a text is undamaged.
//!
//! ```text
//!   000007 0000000042abcdefghijklmn…
//!   └─┬──┘ └───┬────┘└─────┬────────
//!   sender   number     padding: the alphabet, repeated. The first letter depends on the
//!                       sender, so that a piece of another sender's text does not fit
//! ```
//!
//! The layout is fixed, so a check reads sixteen digits and compares the rest. A text contains no time:
//! the tool keeps the time of sending by sender and number.

/// The smallest size of a text: both numbers and the space between them.
pub(crate) const MINIMUM: usize = SENDER + 1 + NUMBER;

/// The largest size of a text. Servers refuse much smaller ones.
pub(crate) const MAXIMUM: usize = 1 << 20;

/// The number of digits of the sender.
const SENDER: usize = 6;

/// The number of digits of the number.
const NUMBER: usize = 10;

const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// The identity of a text: its sender, and its number among the texts of the sender, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) sender: u32,
    pub(crate) number: u32,
}

/// The reason why a text is not valid.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// Its sender and number are not readable.
    Unreadable,
    /// Its sender and number are readable, but the rest differs from the sent text.
    Altered(Delivery),
}

/// All the texts of one size.
#[derive(Debug)]
pub(crate) struct Payloads {
    size: usize,
    /// The alphabet, repeated: the padding of every sender is a piece of it.
    padding: Vec<u8>,
}

impl Payloads {
    /// Texts of `size` bytes, at least [`MINIMUM`].
    pub(crate) fn new(size: usize) -> Payloads {
        let length = size.saturating_sub(MINIMUM) + ALPHABET.len();
        let padding = ALPHABET.iter().copied().cycle().take(length).collect();
        Payloads { size, padding }
    }

    /// The size of each text in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Builds one text.
    pub(crate) fn text(&self, Delivery { sender, number }: Delivery) -> String {
        let padding = String::from_utf8_lossy(self.padding(sender));
        format!("{sender:0SENDER$} {number:0NUMBER$}{padding}")
    }

    /// Identifies a text and checks it.
    ///
    /// # Errors
    /// If it is not a text of this tool, or if it is damaged.
    pub(crate) fn read(&self, text: &[u8]) -> Result<Delivery, Damage> {
        let (sender, rest) = digits::<SENDER>(text).ok_or(Damage::Unreadable)?;
        let rest = rest.strip_prefix(b" ").ok_or(Damage::Unreadable)?;
        let (number, rest) = digits::<NUMBER>(rest).ok_or(Damage::Unreadable)?;
        let delivery = Delivery { sender, number };
        if rest == self.padding(sender) { Ok(delivery) } else { Err(Damage::Altered(delivery)) }
    }

    #[expect(clippy::indexing_slicing, reason = "`new` repeats the alphabet often enough")]
    fn padding(&self, sender: u32) -> &[u8] {
        let from = sender as usize % ALPHABET.len();
        &self.padding[from..from + self.size.saturating_sub(MINIMUM)]
    }
}

/// Changes the number of a text in place. A sender builds its request once and replaces only the digits
/// for each text.
pub(crate) fn renumber(text: &mut [u8], number: u32) {
    let mut left = number;
    for digit in text.iter_mut().skip(SENDER + 1).take(NUMBER).rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
}

/// Parses a number of `COUNT` digits. Returns it and the rest.
fn digits<const COUNT: usize>(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<COUNT>()?;
    let mut number = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number * 10 + u64::from(digit);
    }
    Some((u32::try_from(number).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEVEN: Delivery = Delivery { sender: 7, number: 42 };

    #[test]
    fn the_layout_is_fixed() {
        assert_eq!(Payloads::new(24).text(SEVEN), "000007 0000000042hijklmn");
        assert_eq!(Payloads::new(MINIMUM).text(SEVEN), "000007 0000000042");
    }

    #[test]
    fn every_text_can_be_read_back() {
        for size in [MINIMUM, MINIMUM + 1, 64, 4096] {
            let payloads = Payloads::new(size);
            for sender in [0, 25, 26, 999_999] {
                let delivery = Delivery { sender, number: u32::MAX };
                let text = payloads.text(delivery);
                assert_eq!(text.len(), size);
                assert_eq!(payloads.read(text.as_bytes()), Ok(delivery));
            }
        }
    }

    #[test]
    fn a_text_can_be_renumbered_in_place() {
        let payloads = Payloads::new(64);
        let mut text = payloads.text(SEVEN).into_bytes();
        for number in [0, 43, 1_000_000, u32::MAX] {
            renumber(&mut text, number);
            assert_eq!(payloads.read(&text), Ok(Delivery { sender: 7, number }));
        }
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let payloads = Payloads::new(40);
        let text = payloads.text(SEVEN).into_bytes();
        for at in 0..text.len() {
            let mut text = text.clone();
            text[at] ^= 1;
            assert_ne!(payloads.read(&text), Ok(SEVEN), "byte {at}");
        }
        assert_eq!(payloads.read(&text[..39]), Err(Damage::Altered(SEVEN)));
        assert_eq!(payloads.read(&[&text[..], b"x"].concat()), Err(Damage::Altered(SEVEN)));
        assert_eq!(payloads.read(b"000007"), Err(Damage::Unreadable));
        assert_eq!(payloads.read("hello, everybody".as_bytes()), Err(Damage::Unreadable));
    }
}
