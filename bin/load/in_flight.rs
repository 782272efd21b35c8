//! The texts of one sender that have not reached all clients yet.

use std::collections::VecDeque;

/// The texts in flight of one sender. A text is removed when all clients have received it, so that a run
/// of an hour takes no more memory than a run of a second.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    /// The number of the first text.
    first: u32,
    texts: VecDeque<Text>,
}

#[derive(Debug)]
struct Text {
    /// The time at which it was sent or scheduled, in nanoseconds on the clock of the run.
    sent: u64,
    /// The number of clients that have received it.
    received: usize,
}

impl InFlight {
    /// Adds a text that is sent at this time. Returns its number.
    pub(crate) fn send(&mut self, now: u64) -> u32 {
        let number = self.end();
        self.texts.push_back(Text { sent: now, received: 0 });
        number
    }

    /// The number of the next text, which is also the count of all texts.
    pub(crate) fn end(&self) -> u32 {
        self.first + self.texts.len() as u32
    }

    /// Records that one more of `clients` has received this text. Returns the time at which it was sent,
    /// or `None` if it is not in flight.
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
    fn a_text_is_in_flight_until_all_clients_have_it() {
        let mut in_flight = InFlight::default();
        assert_eq!([in_flight.send(10), in_flight.send(20)], [0, 1]);
        assert_eq!(in_flight.deliver(1, 2), Some(20));
        assert_eq!(in_flight.deliver(0, 2), Some(10));
        assert_eq!(in_flight.deliver(0, 2), Some(10));
        assert_eq!(in_flight.deliver(0, 2), None, "all clients have it");
        assert_eq!(in_flight.deliver(1, 2), Some(20));
        assert_eq!(in_flight.deliver(2, 2), None, "it was never sent");
        assert!(in_flight.texts.is_empty());
        assert_eq!(in_flight.send(30), 2);
    }
}
