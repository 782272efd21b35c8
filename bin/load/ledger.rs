//! The ledger, in which every single delivery is entered.
//!
//! It checks that each text reaches each client once and whole, and that the texts of one sender arrive
//! in the order in which they were sent. It does not check the order between two senders, so any chat
//! server can pass.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::in_flight::InFlight;
use crate::payload::Delivery;
use crate::violation::{Kind, Violations};

/// All sent texts and their deliveries.
#[derive(Debug)]
pub(crate) struct Ledger {
    names: Rc<[String]>,
    /// For each client, the number of the next expected text from each sender. The lists of the clients
    /// follow one another.
    next: Vec<u32>,
    senders: Vec<InFlight>,
    /// Client, sender and number of each text that had not arrived when a later one did. If the text
    /// arrives afterwards, it is out of order; otherwise it is missing.
    skipped: BTreeSet<(u32, u32, u32)>,
    outstanding: u64,
    violations: Violations,
}

impl Ledger {
    /// An empty ledger of clients with these names, of whom the first `senders` send.
    pub(crate) fn new(names: Rc<[String]>, senders: u32) -> Ledger {
        Ledger {
            next: vec![0; names.len() * senders as usize],
            names,
            senders: (0..senders).map(|_| InFlight::default()).collect(),
            skipped: BTreeSet::new(),
            outstanding: 0,
            violations: Violations::default(),
        }
    }

    /// Records that this sender sends its next text now. Returns the number of the text.
    #[expect(clippy::indexing_slicing, reason = "only the tool names senders here")]
    pub(crate) fn send(&mut self, sender: u32, now: u64) -> u32 {
        self.outstanding += self.names.len() as u64;
        self.senders[sender as usize].send(now)
    }

    /// The number of outstanding deliveries.
    pub(crate) fn outstanding(&self) -> u64 {
        self.outstanding
    }

    /// The number of sent texts.
    pub(crate) fn sent(&self) -> u64 {
        self.senders.iter().map(|sender| u64::from(sender.end())).sum()
    }

    /// The violations so far.
    pub(crate) fn violations(&self) -> &Violations {
        &self.violations
    }

    /// Records that an undamaged text has reached a client. Returns the time at which it was sent, or
    /// `None` if the client should not have received it.
    #[inline]
    pub(crate) fn deliver(&mut self, client: u32, delivery: Delivery) -> Option<u64> {
        let Delivery { sender: from, number } = delivery;
        let index = self.index(client, from);
        if let Some(next) = self.next.get_mut(index)
            && *next == number
            && let Some(sender) = self.senders.get_mut(from as usize)
            && let Some(sent) = sender.deliver(number, self.names.len())
        {
            *next += 1;
            self.outstanding -= 1;
            return Some(sent);
        }
        self.deliver_unexpected(client, delivery)
    }

    /// Records that a client has received a damaged text.
    pub(crate) fn deliver_damaged(&mut self, client: u32, of: Option<Delivery>, text: &str) {
        let name = self.name(client).to_owned();
        let which = of.map_or_else(
            || "expected a text as it was sent".to_owned(),
            |of| {
                format!("expected message {} of {} as it was sent", of.number, self.name(of.sender))
            },
        );
        self.violations.add(Kind::Damaged, 1, || {
            format!("{name}: {which}, got {:?}", text.chars().take(120).collect::<String>())
        });
        // A damaged text counts as received, so that it is not missing, too.
        if let Some(of) = of {
            self.deliver(client, of);
        }
    }

    /// Ends the run: outstanding texts are missing. Returns all violations.
    #[expect(
        clippy::indexing_slicing,
        reason = "the loops stay within the numbers of clients and senders"
    )]
    pub(crate) fn finish(mut self) -> Violations {
        for (client, from, number) in std::mem::take(&mut self.skipped) {
            self.missing(client, from, number, number + 1);
        }
        for client in 0..self.names.len() as u32 {
            for from in 0..self.senders.len() as u32 {
                let next = self.next[self.index(client, from)];
                let end = self.senders[from as usize].end();
                if next < end {
                    self.missing(client, from, next, end);
                }
            }
        }
        self.violations
    }

    fn missing(&mut self, client: u32, from: u32, first: u32, end: u32) {
        let (name, from) = (self.name(client).to_owned(), self.name(from).to_owned());
        self.violations.add(Kind::Missing, u64::from(end - first), || match end - first {
            1 => format!("{name}, from {from}: expected message {first}, it never came"),
            _ => format!(
                "{name}, from {from}: expected messages {first} to {}, they never came",
                end - 1
            ),
        });
    }

    fn deliver_unexpected(&mut self, client: u32, delivery: Delivery) -> Option<u64> {
        let Delivery { sender: from, number } = delivery;
        let (name, from_name) = (self.name(client).to_owned(), self.name(from).to_owned());
        let index = self.index(client, from);
        let sender = self.senders.get_mut(from as usize).filter(|sender| number < sender.end());
        let (Some(sender), Some(next)) = (sender, self.next.get_mut(index)) else {
            self.violations.add(Kind::Unsent, 1, || {
                format!("{name}, from {from_name}: got message {number}, which was never sent")
            });
            return None;
        };
        let expected = *next;
        if number > expected {
            self.skipped.extend((expected..number).map(|skipped| (client, from, skipped)));
            *next = number + 1;
        } else if self.skipped.remove(&(client, from, number)) {
            self.violations.add(Kind::OutOfOrder, 1, || {
                format!("{name}, from {from_name}: expected message {expected}, got message {number}, which is older")
            });
        } else {
            self.violations.add(Kind::Repeated, 1, || {
                format!("{name}, from {from_name}: expected message {expected}, got message {number} again")
            });
            return None;
        }
        self.outstanding -= 1;
        sender.deliver(number, self.names.len())
    }

    /// The index of this pair in `next`.
    fn index(&self, client: u32, from: u32) -> usize {
        // The index of an unknown sender would be in the list of the next client.
        match (from as usize) < self.senders.len() {
            true => client as usize * self.senders.len() + from as usize,
            false => usize::MAX,
        }
    }

    fn name(&self, client: u32) -> &str {
        self.names.get(client as usize).map_or("nobody", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clients, l0 and l1; l0 has sent three texts, at 10, 20 and 30.
    fn ledger() -> Ledger {
        let mut ledger = Ledger::new(["l0".to_owned(), "l1".to_owned()].into(), 1);
        for (number, now) in [(0, 10), (1, 20), (2, 30)] {
            assert_eq!(ledger.send(0, now), number);
        }
        ledger
    }

    fn text(number: u32) -> Delivery {
        Delivery { sender: 0, number }
    }

    #[test]
    fn texts_delivered_once_and_in_order_are_no_violations() {
        let mut ledger = ledger();
        assert_eq!(ledger.outstanding(), 6);
        for client in [0, 1] {
            let sent = [0, 1, 2].map(|number| ledger.deliver(client, text(number)));
            assert_eq!(sent, [Some(10), Some(20), Some(30)]);
        }
        assert_eq!(ledger.outstanding(), 0);
        assert_eq!(ledger.send(0, 40), 3);
        assert_eq!(ledger.deliver(1, text(3)), Some(40));
        assert_eq!(ledger.deliver(0, text(3)), Some(40));
        assert_eq!(ledger.finish().count(), 0);
    }

    /// Checks the violations when l1 receives these texts and l0 receives all.
    fn check(received: &[u32], count: &str, example: &str) {
        let mut ledger = ledger();
        for number in [0, 1, 2] {
            ledger.deliver(0, text(number));
        }
        for number in received {
            ledger.deliver(1, text(*number));
        }
        let violations = ledger.finish();
        assert_eq!(violations.to_string(), count);
        assert_eq!(violations.examples(), [example]);
    }

    #[test]
    fn every_violation_is_named() {
        check(
            &[0, 1, 1, 2],
            "1 repeated",
            "repeated: l1, from l0: expected message 2, got message 1 again",
        );
        check(
            &[0, 2, 1],
            "1 out of order",
            "out of order: l1, from l0: expected message 3, got message 1, which is older",
        );
        check(&[0, 2], "1 missing", "missing: l1, from l0: expected message 1, it never came");
        check(&[0], "2 missing", "missing: l1, from l0: expected messages 1 to 2, they never came");
        check(
            &[0, 1, 2, 3],
            "1 unsent",
            "unsent: l1, from l0: got message 3, which was never sent",
        );
    }

    #[test]
    fn a_text_of_an_unknown_sender_is_no_delivery() {
        let mut ledger = ledger();
        assert_eq!(ledger.deliver(0, Delivery { sender: 1, number: 0 }), None);
        assert_eq!(ledger.outstanding(), 6);
        assert_eq!(ledger.violations.to_string(), "1 unsent");
    }

    #[test]
    fn a_damaged_text_is_not_also_missing() {
        let mut ledger = ledger();
        for client in [0, 1] {
            for number in [0, 1] {
                ledger.deliver(client, text(number));
            }
        }
        ledger.deliver(0, text(2));
        ledger.deliver_damaged(1, Some(text(2)), "oops");
        ledger.deliver_damaged(1, None, "ha\"ck");
        let violations = ledger.finish();
        assert_eq!(violations.to_string(), "2 damaged");
        assert_eq!(
            violations.examples(),
            [
                "damaged: l1: expected message 2 of l0 as it was sent, got \"oops\"",
                "damaged: l1: expected a text as it was sent, got \"ha\\\"ck\"",
            ]
        );
    }
}
