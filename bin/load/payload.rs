//! The texts that are sent, made so that whoever gets one can tell whether it is whole.
//!
//! ```text
//!   000007 0000000042abcdefghijklmn…
//!   └─┬──┘ └───┬────┘└─────┬────────
//!   sender   number     padding: the alphabet over and over, from a letter that depends on
//!                       the sender, so that a piece of somebody else's text does not fit
//! ```
//!
//! The layout is fixed, so a text is checked by reading sixteen digits and comparing the rest.
//! There is no time in it: when a text was sent is kept by its sender and number, here.

/// The fewest bytes a text can have: both numbers and the space between them.
pub(crate) const MINIMUM: usize = SENDER + 1 + NUMBER;

/// The most bytes that we send as a text. Servers refuse far less.
pub(crate) const MAXIMUM: usize = 1 << 20;

/// Digits of the sender.
const SENDER: usize = 6;

/// Digits of the number.
const NUMBER: usize = 10;

const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz";

/// Which text it is: the how manieth, from 0, of which sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Delivery {
    pub(crate) sender: u32,
    pub(crate) number: u32,
}

/// What is wrong with a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Damage {
    /// It does not even say which one it is.
    Unreadable,
    /// It says which one it is, but the rest is not as it was sent.
    Altered(Delivery),
}

/// All the texts of one size.
#[derive(Debug)]
pub(crate) struct Payloads {
    size: usize,
    /// Enough of the alphabet that the padding of every sender is a piece of it.
    padding: Vec<u8>,
}

impl Payloads {
    /// Texts of this many bytes, at least [`MINIMUM`].
    pub(crate) fn new(size: usize) -> Payloads {
        let length = size.saturating_sub(MINIMUM) + ALPHABET.len();
        let padding = ALPHABET.iter().copied().cycle().take(length).collect();
        Payloads { size, padding }
    }

    /// How many bytes each of them has.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// This one text.
    pub(crate) fn text(&self, Delivery { sender, number }: Delivery) -> String {
        let padding = String::from_utf8_lossy(self.padding(sender));
        format!("{sender:0SENDER$} {number:0NUMBER$}{padding}")
    }

    /// Which text this is.
    ///
    /// # Errors
    /// When it is none of ours, or not as it was sent.
    pub(crate) fn read(&self, text: &[u8]) -> Result<Delivery, Damage> {
        let (sender, rest) = digits::<SENDER>(text).ok_or(Damage::Unreadable)?;
        let rest = rest.strip_prefix(b" ").ok_or(Damage::Unreadable)?;
        let (number, rest) = digits::<NUMBER>(rest).ok_or(Damage::Unreadable)?;
        let delivery = Delivery { sender, number };
        if rest == self.padding(sender) { Ok(delivery) } else { Err(Damage::Altered(delivery)) }
    }

    fn padding(&self, sender: u32) -> &[u8] {
        let from = sender as usize % ALPHABET.len();
        self.padding.get(from..from + self.size.saturating_sub(MINIMUM)).unwrap_or_default()
    }
}

/// Turns a text into another of the same sender, in place: a sender makes its request once, and
/// for each text only the digits of the number are written anew.
pub(crate) fn renumber(text: &mut [u8], number: u32) {
    let mut left = number;
    for digit in text.iter_mut().skip(SENDER + 1).take(NUMBER).rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
}

/// The number in the first `COUNT` bytes, and what comes after.
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
    fn what_was_written_can_be_read() {
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
    fn a_text_is_numbered_anew_in_place() {
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
