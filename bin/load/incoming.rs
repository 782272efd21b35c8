//! What the clients hear in a run: every line is placed, every text entered in the ledger.

use std::ops::Range;
use std::rc::Rc;

use memchr::memchr;

use crate::arrival;
use crate::failure::Failure;
use crate::histogram::Histogram;
use crate::ledger::Ledger;
use crate::line::{Reader, Said};
use crate::payload::Delivery;
use crate::transcript::{Place, Transcript};
use crate::violation::Violations;

/// Everybody's ears.
pub(crate) struct Hearing {
    reader: Reader,
    ledger: Ledger,
    transcript: Transcript,
    /// Where in the transcript each client is.
    places: Vec<Place>,
    /// The part of the run that counts.
    steady: Range<u64>,
    latency: Histogram,
    deliveries: u64,
    /// A sender has heard its own text.
    own: bool,
    last_words: Option<String>,
}

/// What came of it.
pub(crate) struct Heard {
    pub(crate) deliveries: u64,
    pub(crate) latency: Histogram,
    pub(crate) violations: Violations,
}

impl Hearing {
    pub(crate) fn new(
        reader: Reader,
        names: Rc<[String]>,
        senders: u32,
        steady: Range<u64>,
    ) -> Hearing {
        Hearing {
            places: vec![Place::default(); names.len()],
            ledger: Ledger::new(names, senders),
            transcript: Transcript::new(senders as usize),
            reader,
            steady,
            latency: Histogram::new(),
            deliveries: 0,
            own: false,
            last_words: None,
        }
    }

    /// A sender sends its next text; gives its number.
    pub(crate) fn send(&mut self, sender: u32, since: u64) -> u32 {
        self.ledger.send(sender, since)
    }

    /// Whole lines have come to a client.
    pub(crate) fn hear(&mut self, client: u32, block: &[u8], now: u64) -> Result<(), Failure> {
        let mut place = self.places.get(client as usize).copied().unwrap_or_default();
        let mut rest = block;
        let mut delivered = 0;
        while !rest.is_empty() {
            let delivery =
                if let Some((delivery, behind)) = self.transcript.follow(&mut place, rest) {
                    rest = behind;
                    delivery
                } else {
                    let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                    let (line, behind) = rest.split_at(end);
                    rest = behind;
                    let Some(delivery) = self.read(client, line)? else { continue };
                    self.transcript.note(&mut place, line, delivery);
                    delivery
                };
            if let Some(since) = self.ledger.deliver(client, delivery) {
                delivered += 1;
                self.own |= delivery.sender == client;
                if self.steady.contains(&since) {
                    self.latency.record(now.saturating_sub(since));
                }
            }
        }
        if self.steady.contains(&now) {
            self.deliveries += delivered;
        }
        if let Some(kept) = self.places.get_mut(client as usize) {
            *kept = place;
        }
        Ok(())
    }

    /// Reads a line that is not in the transcript. Only a whole text is given back.
    fn read(&mut self, client: u32, line: &[u8]) -> Result<Option<Delivery>, Failure> {
        if let Some(delivery) = self.reader.delivery(line) {
            return Ok(Some(delivery));
        }
        match self.reader.said(line) {
            Said::Text(delivery) => return Ok(Some(delivery)),
            Said::Damaged { text, of } => {
                self.own |= of.is_some_and(|of| of.sender == client);
                self.ledger.deliver_damaged(client, of, &text);
            }
            Said::Notice(text) => self.last_words = Some(text),
            said => arrival::refuse(self.reader.name(client), &said, line)?,
        }
        Ok(None)
    }

    /// Whether the client that was served last has heard its own text.
    pub(crate) fn take_own(&mut self) -> bool {
        std::mem::take(&mut self.own)
    }

    /// Deliveries that counted so far.
    pub(crate) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// Deliveries still to come.
    pub(crate) fn outstanding(&self) -> u64 {
        self.ledger.outstanding()
    }

    /// How many violations there are so far.
    pub(crate) fn violations(&self) -> u64 {
        self.ledger.violations().count()
    }

    /// How many texts were sent.
    pub(crate) fn sent(&self) -> u64 {
        self.ledger.sent()
    }

    /// Adds to a failure what else is known: what the server said last, and what it had got
    /// wrong until then.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        let failure = arrival::with_last_words(failure, self.last_words.as_deref());
        match (failure, self.ledger.violations().examples()) {
            (Failure::Broken(what), [first, ..]) => {
                let violations = self.ledger.violations();
                Failure::Broken(format!("{what}; until then {violations}, the first: {first}"))
            }
            (failure, _) => failure,
        }
    }

    /// The run is over: whatever did not come is missing.
    pub(crate) fn finish(self) -> Heard {
        Heard {
            deliveries: self.deliveries,
            latency: self.latency,
            violations: self.ledger.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::line::Subject;
    use crate::run;

    #[test]
    fn every_client_is_checked_whether_it_follows_or_reads() {
        let names = run::names("l", 3);
        let reader = Reader::new(Subject::Relay, 32, Rc::clone(&names));
        let mut hearing = Hearing::new(reader, names, 2, 0..1_000);
        let mut block = Vec::new();
        for (sender, number) in [(0, 0), (1, 0), (0, 1)] {
            assert_eq!(hearing.send(sender, 100), number);
            block.extend(hearing.reader.request(Delivery { sender, number }, false).0);
        }
        for (client, own) in [(0, true), (1, true), (2, false)] {
            hearing.hear(client, &block, 150).unwrap();
            assert_eq!(hearing.take_own(), own);
        }
        assert_eq!(hearing.outstanding(), 0);
        assert_eq!((hearing.deliveries, hearing.latency.max()), (9, 50));

        // One byte is wrong where a client follows: it is noticed all the same.
        hearing.send(1, 200);
        let line = hearing.reader.request(Delivery { sender: 1, number: 1 }, false).0;
        hearing.hear(0, &line, 250).unwrap();
        let altered = String::from_utf8(line).unwrap().replace("bcd", "bCd").into_bytes();
        hearing.hear(1, &altered, 250).unwrap();
        assert_eq!(hearing.violations(), 1);
        let heard = hearing.finish();
        assert_eq!(heard.violations.to_string(), "1 missing, 1 damaged");
    }
}
