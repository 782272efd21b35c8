//! The sends of one turn, before they go into the queues of the connections.
//!
//! In a busy turn the same thousand peers get fifty messages. Without a batch that would be fifty wires in
//! each of a thousand queues. The batch joins the messages into one piece, which all queues share.
//!
//! A group collects consecutive sends to one list of connections. Three kinds of send are common in a chat
//! and do not end a group:
//!
//! - a send leaves one connection out (the sender, who gets an answer with a tag instead);
//! - a send goes to a single connection (that answer);
//! - the list grows at its end (a login).
//!
//! The connections that these sends concern are *special*: each gets a separate piece, made of exactly the
//! sends for it. All other connections share one piece.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::hash::BuildHasherDefault;

use super::hasher::ConnIdHasher;
use crate::{ConnId, Recipients, Wire};

/// Deliveries that a batch collects before the engine distributes it in the middle of a turn.
///
/// Together with [`LARGE`] it bounds the memory of a turn, because sends to different lists cannot be
/// joined.
const HEAVY: usize = 128 * 1024;
/// Bytes that a batch collects before the engine distributes it in the middle of a turn.
const LARGE: usize = 1024 * 1024;
/// The largest product of sends and special connections in one group. It bounds the work for their pieces.
const INTRICATE: usize = 128 * 1024;

/// The sends of one turn, in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    groups: Vec<Group>,
    /// Connections in the lists of all groups.
    deliveries: usize,
    /// Bytes in all groups.
    bytes: usize,
}

/// A set of connections.
pub(super) type Connections = HashSet<ConnId, BuildHasherDefault<ConnIdHasher>>;

/// Consecutive sends to one list of connections.
#[derive(Debug)]
pub(super) struct Group {
    list: Vec<ConnId>,
    sends: Vec<Send>,
    bytes: Vec<u8>,
    special: Connections,
}

/// One send of a group.
#[derive(Debug)]
struct Send {
    /// The end of its bytes in the bytes of the group. They begin at the end of the previous send.
    end: usize,
    to: To,
}

/// The connections that one send of a group goes to.
#[derive(Debug, Clone, Copy)]
enum To {
    /// The first `count` connections of the list, but for one.
    List { count: usize, except: Option<ConnId> },
    /// One connection, in the list or not.
    One(ConnId),
}

impl Batch {
    /// Adds bytes for these connections. Joins them only with the sends just before, because otherwise they
    /// could overtake a send in between.
    pub(super) fn add(&mut self, recipients: Recipients<'_>, wire: &[u8]) {
        self.bytes += wire.len();
        let joined = self.groups.last_mut().and_then(|group| group.join(recipients, wire));
        self.deliveries += joined.unwrap_or_else(|| {
            self.groups.push(Group::new(recipients, wire));
            recipients.list.len()
        });
    }

    /// Says whether the batch has to be distributed before the turn ends.
    pub(super) fn is_heavy(&self) -> bool {
        self.deliveries > HEAVY || self.bytes > LARGE
    }

    /// Removes and returns all groups, in order.
    pub(super) fn take(&mut self) -> Vec<Group> {
        (self.deliveries, self.bytes) = (0, 0);
        std::mem::take(&mut self.groups)
    }
}

impl Group {
    fn new(recipients: Recipients<'_>, wire: &[u8]) -> Group {
        let list = recipients.list.to_vec();
        let mut group =
            Group { list, sends: Vec::new(), bytes: Vec::new(), special: Connections::default() };
        group.push_to_list(recipients.except, wire);
        group
    }

    /// Adds a send if it fits the earlier ones; returns the number of connections that it adds to the list.
    fn join(&mut self, recipients: Recipients<'_>, wire: &[u8]) -> Option<usize> {
        if self.sends.len() * self.special.len() > INTRICATE {
            return None;
        }
        if let Some(added) = recipients.list.strip_prefix(&*self.list) {
            self.list.extend(added);
            self.special.extend(added);
            self.push_to_list(recipients.except, wire);
            return Some(added.len());
        }
        let &[one] = recipients.list else { return None };
        if recipients.except != Some(one) {
            self.special.insert(one);
            self.push(To::One(one), wire);
        }
        Some(0)
    }

    fn push_to_list(&mut self, except: Option<ConnId>, wire: &[u8]) {
        self.special.extend(except);
        self.push(To::List { count: self.list.len(), except }, wire);
    }

    fn push(&mut self, to: To, wire: &[u8]) {
        self.bytes.extend_from_slice(wire);
        self.sends.push(Send { end: self.bytes.len(), to });
    }

    /// Calls `deliver` with each connection and its piece, at most once for each connection.
    pub(super) fn distribute(mut self, mut deliver: impl FnMut(ConnId, &Piece)) {
        let mut special = std::mem::take(&mut self.special);
        let mut shared = self.piece(|to| matches!(to, To::List { .. }));
        shared.is_own |= self.list.len() == 1;
        for (position, id) in self.list.iter().enumerate() {
            if special.remove(id) {
                let is_for = |to| match to {
                    To::List { count, except } => position < count && except != Some(*id),
                    To::One(one) => one == *id,
                };
                deliver(*id, &self.piece(is_for));
            } else {
                deliver(*id, &shared);
            }
        }
        for id in special {
            deliver(id, &self.piece(|to| matches!(to, To::One(one) if one == id)));
        }
    }

    /// Joins the bytes of the sends that `is_for` selects.
    fn piece(&self, is_for: impl Fn(To) -> bool) -> Piece {
        let (mut bytes, mut ends, mut begin) = (Vec::new(), Vec::new(), 0);
        let mut is_own = false;
        for Send { end, to } in &self.sends {
            if is_for(*to) {
                #[expect(clippy::indexing_slicing, reason = "sends lie in the group's bytes")]
                bytes.extend_from_slice(&self.bytes[begin..*end]);
                ends.push(bytes.len());
                is_own |= matches!(to, To::One(_));
            }
            begin = *end;
        }
        Piece { joined: Wire::from(bytes), ends, is_own, apart: OnceCell::new() }
    }
}

/// The bytes of several sends.
#[derive(Debug)]
pub(super) struct Piece {
    joined: Wire,
    /// The ends of the sends in `joined`.
    ends: Vec<usize>,
    is_own: bool,
    apart: OnceCell<Vec<Wire>>,
}

impl Piece {
    /// Returns all bytes, ready to be shared.
    pub(super) fn joined(&self) -> &Wire {
        &self.joined
    }

    /// Says whether one of the sends goes to this connection alone; as a rule that is an answer.
    pub(super) fn is_own(&self) -> bool {
        self.is_own
    }

    /// Returns the same bytes, one wire for each send. Creates the wires at the first call.
    pub(super) fn apart(&self) -> &[Wire] {
        self.apart.get_or_init(|| {
            let mut begin = 0;
            let cut = |end: &usize| {
                #[expect(clippy::indexing_slicing, reason = "the ends were taken from the bytes")]
                Wire::from(&self.joined[std::mem::replace(&mut begin, *end)..*end])
            };
            self.ends.iter().map(cut).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn to(list: &[ConnId]) -> Recipients<'_> {
        Recipients::from(list)
    }

    /// Returns the text that each connection gets, and the number of groups.
    fn deliveries(batch: &mut Batch) -> (BTreeMap<u64, String>, usize) {
        let (mut got, groups) = (BTreeMap::<u64, String>::new(), batch.take());
        let count = groups.len();
        for group in groups {
            let mut seen = Connections::default();
            group.distribute(|id, piece| {
                assert!(seen.insert(id), "{id} is delivered to twice");
                assert_eq!(*piece.apart().concat(), **piece.joined());
                let text = std::str::from_utf8(piece.joined()).unwrap();
                if !text.is_empty() {
                    *got.entry(id.number()).or_default() += text;
                }
            });
        }
        (got, count)
    }

    fn texts<const N: usize>(texts: [(u64, &str); N]) -> BTreeMap<u64, String> {
        texts.map(|(id, text)| (id, text.to_owned())).into()
    }

    #[test]
    fn answers_with_tags_and_logins_do_not_end_a_group() {
        let [a, b, c, d] = [1, 2, 3, 4].map(ConnId::new);
        let mut batch = Batch::default();
        batch.add(to(&[a, b]).except(a), b"1");
        batch.add(to(&[a]), b"A");
        batch.add(to(&[a, b]).except(b), b"2");
        batch.add(to(&[d]), b"D");
        batch.add(to(&[a, b, c]).except(c), b"3");
        batch.add(to(&[a, b, c]), b"4");
        let want = texts([(1, "A234"), (2, "134"), (3, "4"), (4, "D")]);
        assert_eq!(deliveries(&mut batch), (want, 1));
        assert_eq!(deliveries(&mut batch), (texts([]), 0));
    }

    #[test]
    fn a_piece_with_an_answer_is_marked() {
        let [a, b, c] = [1, 2, 3].map(ConnId::new);
        for (sends, want) in [
            (vec![to(&[a, b, c]), to(&[b])], vec![2]),
            (vec![to(&[c]), to(&[a, b])], vec![3]),
            (vec![to(&[a, b]).except(a), to(&[a, b, c])], vec![]),
        ] {
            let mut batch = Batch::default();
            sends.into_iter().for_each(|recipients| batch.add(recipients, b"x"));
            let mut own = Vec::new();
            for group in batch.take() {
                group.distribute(|id, piece| own.extend(piece.is_own().then(|| id.number())));
            }
            assert_eq!(own, want);
        }
    }

    #[test]
    fn another_list_is_another_group() {
        let [a, b, c] = [1, 2, 3].map(ConnId::new);
        let mut batch = Batch::default();
        batch.add(to(&[a, b]), b"1");
        batch.add(to(&[a, c]), b"2");
        batch.add(to(&[a, b]), b"3");
        assert_eq!(deliveries(&mut batch), (texts([(1, "123"), (2, "13"), (3, "2")]), 3));
    }

    #[test]
    fn lists_that_have_nothing_in_common_make_it_heavy_and_one_list_does_not() {
        let everyone: Vec<ConnId> = (0..1000).map(ConnId::new).collect();
        let (mut same, mut different) = (Batch::default(), Batch::default());
        for left in 0..200 {
            same.add(to(&everyone).except(ConnId::new(left)), b"x");
            different.add(to(&everyone[left as usize..]), b"x");
        }
        assert!(!same.is_heavy() && different.is_heavy());
    }

    /// Generates sends: to a part of a list of seven connections, or to one of nine.
    fn sends() -> impl Strategy<Value = Vec<(std::ops::Range<u64>, Option<u64>)>> {
        let list = (0..2_u64, 2..8_u64, proptest::option::of(0..9_u64));
        let list = list.prop_map(|(begin, end, except)| (begin..end, except));
        let one = (0..9_u64).prop_map(|one| (one..one + 1, None));
        proptest::collection::vec(prop_oneof![list, one], 0..30)
    }

    proptest! {
        #[test]
        fn every_connection_gets_its_sends_in_order(sends in sends()) {
            let mut batch = Batch::default();
            let mut want = BTreeMap::<u64, String>::new();
            for (number, (range, except)) in sends.into_iter().enumerate() {
                let list: Vec<ConnId> = range.map(ConnId::new).collect();
                let recipients = to(&list).except(except.map(ConnId::new));
                let text = format!("{number};");
                batch.add(recipients, text.as_bytes());
                recipients.iter().for_each(|id| *want.entry(id.number()).or_default() += &text);
            }
            prop_assert_eq!(deliveries(&mut batch).0, want);
        }
    }
}
