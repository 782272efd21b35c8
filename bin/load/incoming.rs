//! The lines that the clients receive in a run. Each line is decoded, and each text is entered in the
//! ledger.

use std::ops::Range;
use std::rc::Rc;

use memchr::memchr;

use crate::arrival;
use crate::failure::Failure;
use crate::histogram::Histogram;
use crate::ledger::Ledger;
use crate::line::{Parsed, Reader};
use crate::payload::Delivery;
use crate::transcript::{Position, Transcript};
use crate::violation::Violations;

/// Decodes and counts the received lines of all clients.
pub(crate) struct Incoming {
    reader: Reader,
    ledger: Ledger,
    transcript: Transcript,
    /// The position of each client in the transcript.
    positions: Vec<Position>,
    /// The measured part of the run, without the warm-up.
    steady: Range<u64>,
    latency: Histogram,
    /// The number of servers, to which the clients are connected in turn.
    servers: u32,
    elsewhere: Histogram,
    deliveries: u64,
    /// A sender has received its own text.
    own: bool,
    last_notice: Option<String>,
}

/// The result of a run.
pub(crate) struct Outcome {
    pub(crate) deliveries: u64,
    pub(crate) latency: Histogram,
    /// The latency of the deliveries at clients of other servers than the sender's.
    pub(crate) elsewhere: Histogram,
    pub(crate) violations: Violations,
}

impl Incoming {
    pub(crate) fn new(
        reader: Reader,
        names: Rc<[String]>,
        senders: u32,
        steady: Range<u64>,
    ) -> Incoming {
        Incoming {
            positions: vec![Position::default(); names.len()],
            ledger: Ledger::new(names, senders),
            transcript: Transcript::new(senders as usize),
            reader,
            steady,
            latency: Histogram::new(),
            servers: 1,
            elsewhere: Histogram::new(),
            deliveries: 0,
            own: false,
            last_notice: None,
        }
    }

    /// Tells the deliveries at other servers apart: the clients are connected to so many in turn.
    pub(crate) fn tell_servers_apart(&mut self, servers: u32) {
        self.servers = servers;
    }

    /// Records that a sender sends its next text. Returns the number of the text.
    pub(crate) fn send(&mut self, sender: u32, since: u64) -> u32 {
        self.ledger.send(sender, since)
    }

    /// Handles complete lines that a client has received.
    #[expect(clippy::indexing_slicing, reason = "there is a position for each client")]
    pub(crate) fn receive(&mut self, client: u32, block: &[u8], now: u64) -> Result<(), Failure> {
        let mut position = self.positions[client as usize];
        let mut rest = block;
        let mut delivered = 0;
        while !rest.is_empty() {
            let delivery =
                if let Some((delivery, behind)) = self.transcript.follow(&mut position, rest) {
                    rest = behind;
                    delivery
                } else {
                    let end = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
                    let (line, behind) = rest.split_at(end);
                    rest = behind;
                    let Some(delivery) = self.read(client, line)? else { continue };
                    self.transcript.note(&mut position, line, delivery);
                    delivery
                };
            if let Some(since) = self.ledger.deliver(client, delivery) {
                delivered += 1;
                self.own |= delivery.sender == client;
                if self.steady.contains(&since) {
                    let took = now.saturating_sub(since);
                    self.latency.record(took);
                    if self.servers > 1 && client % self.servers != delivery.sender % self.servers {
                        self.elsewhere.record(took);
                    }
                }
            }
        }
        if self.steady.contains(&now) {
            self.deliveries += delivered;
        }
        self.positions[client as usize] = position;
        Ok(())
    }

    /// Decodes a line that is not in the transcript. Returns `None` unless it is an undamaged text.
    fn read(&mut self, client: u32, line: &[u8]) -> Result<Option<Delivery>, Failure> {
        if let Some(delivery) = self.reader.delivery(line) {
            return Ok(Some(delivery));
        }
        match self.reader.parse(line) {
            Parsed::Text(delivery) => return Ok(Some(delivery)),
            Parsed::Damaged { text, of } => {
                self.own |= of.is_some_and(|of| of.sender == client);
                self.ledger.deliver_damaged(client, of, &text);
            }
            Parsed::Notice(text) => self.last_notice = Some(text),
            said => arrival::refuse(self.reader.name(client), &said, line)?,
        }
        Ok(None)
    }

    /// Whether the client that was served last has received its own text.
    pub(crate) fn take_own(&mut self) -> bool {
        std::mem::take(&mut self.own)
    }

    /// The deliveries in the measured part so far.
    pub(crate) fn deliveries(&self) -> u64 {
        self.deliveries
    }

    /// The number of outstanding deliveries.
    pub(crate) fn outstanding(&self) -> u64 {
        self.ledger.outstanding()
    }

    /// The number of violations so far.
    pub(crate) fn violations(&self) -> u64 {
        self.ledger.violations().count()
    }

    /// The number of sent texts.
    pub(crate) fn sent(&self) -> u64 {
        self.ledger.sent()
    }

    /// Adds the last notice of the server and the first violation to a failure.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        let failure = arrival::with_last_notice(failure, self.last_notice.as_deref());
        match (failure, self.ledger.violations().examples()) {
            (Failure::Broken(what), [first, ..]) => {
                let violations = self.ledger.violations();
                Failure::Broken(format!("{what}; until then {violations}, the first: {first}"))
            }
            (failure, _) => failure,
        }
    }

    /// Ends the run. Outstanding deliveries are missing.
    pub(crate) fn finish(self) -> Outcome {
        Outcome {
            deliveries: self.deliveries,
            latency: self.latency,
            elsewhere: self.elsewhere,
            violations: self.ledger.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crowd;
    use crate::line::Subject;

    #[test]
    fn a_client_is_checked_with_the_transcript_and_without() {
        let names = crowd::names("l", 3);
        let reader = Reader::new(Subject::Relay, 32, Rc::clone(&names));
        let mut incoming = Incoming::new(reader, names, 2, 0..1_000);
        incoming.tell_servers_apart(2);
        let mut block = Vec::new();
        for (sender, number) in [(0, 0), (1, 0), (0, 1)] {
            assert_eq!(incoming.send(sender, 100), number);
            block.extend(incoming.reader.request(Delivery { sender, number }, false).0);
        }
        for (client, own) in [(0, true), (1, true), (2, false)] {
            incoming.receive(client, &block, 150).unwrap();
            assert_eq!(incoming.take_own(), own);
        }
        assert_eq!(incoming.outstanding(), 0);
        assert_eq!((incoming.deliveries, incoming.latency.max()), (9, 50));
        assert_eq!(incoming.elsewhere.count(), 4, "of 9, 5 are at the sender's own server");

        // A changed byte in a line that the transcript already has.
        incoming.send(1, 200);
        let line = incoming.reader.request(Delivery { sender: 1, number: 1 }, false).0;
        incoming.receive(0, &line, 250).unwrap();
        let altered = String::from_utf8(line).unwrap().replace("bcd", "bCd").into_bytes();
        incoming.receive(1, &altered, 250).unwrap();
        assert_eq!(incoming.violations(), 1);
        let outcome = incoming.finish();
        assert_eq!(outcome.violations.to_string(), "1 missing, 1 damaged");
    }
}
