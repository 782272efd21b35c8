//! The texts of one sender that are still on their way to somebody.

use std::collections::VecDeque;

/// They are forgotten when everybody has them, so that a run of an hour takes no more memory
/// than one of a second.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    /// The number of the first of them.
    first: u32,
    texts: VecDeque<Text>,
}

#[derive(Debug)]
struct Text {
    /// When it was sent, or should have been, in nanoseconds on the run's clock.
    sent: u64,
    /// How many clients have got it.
    received: usize,
}

impl InFlight {
    /// The next text is sent at this moment; gives its number.
    pub(crate) fn send(&mut self, now: u64) -> u32 {
        let number = self.end();
        self.texts.push_back(Text { sent: now, received: 0 });
        number
    }

    /// The number that the next text will have, which is how many were sent.
    pub(crate) fn end(&self) -> u32 {
        self.first + self.texts.len() as u32
    }

    /// One more of so many clients has got this text. Gives when it was sent, if it was.
    #[inline]
    pub(crate) fn deliver(&mut self, number: u32, clients: usize) -> Option<u64> {
        let text = self.texts.get_mut(number.checked_sub(self.first)? as usize)?;
        text.received += 1;
        let (sent, complete) = (text.sent, text.received == clients);
        if complete {
            while self.texts.pop_front_if(|text| text.received == clients).is_some() {
                self.first += 1;
            }
        }
        Some(sent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_known_until_everybody_has_it() {
        let mut in_flight = InFlight::default();
        assert_eq!([in_flight.send(10), in_flight.send(20)], [0, 1]);
        assert_eq!(in_flight.deliver(1, 2), Some(20));
        assert_eq!(in_flight.deliver(0, 2), Some(10));
        assert_eq!(in_flight.deliver(0, 2), Some(10));
        assert_eq!(in_flight.deliver(0, 2), None, "it has landed");
        assert_eq!(in_flight.deliver(1, 2), Some(20));
        assert_eq!(in_flight.deliver(2, 2), None, "it was never sent");
        assert!(in_flight.texts.is_empty());
        assert_eq!(in_flight.send(30), 2);
    }
}
