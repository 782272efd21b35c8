//! What one turn sends, before it goes into the outboxes.
//!
//! In a busy turn the same thousand peers get fifty messages. Put into a thousand outboxes one by
//! one that is fifty thousand pieces to keep and to hand to the system; joined first, it is a
//! thousand times one piece, which they all share.

use crate::{ConnId, Wire};

/// How many deliveries, and how many bytes, a batch collects before it has to go out in the middle
/// of a turn.
///
/// They bound what a turn costs in memory: when ten thousand people hear of two hundred others who
/// log in at once, each of those has another audience, and nothing can be joined.
const HEAVY: usize = 128 * 1024;
/// See [`HEAVY`].
const LARGE: usize = 1024 * 1024;

/// What is sent in one turn, in order.
#[derive(Debug, Default)]
pub(super) struct Batch {
    groups: Vec<Group>,
    /// How many peers stand in all groups together.
    deliveries: usize,
    /// How many bytes stand in all groups together.
    bytes: usize,
}

/// Bytes for the same peers.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) to: Vec<ConnId>,
    bytes: Vec<u8>,
    /// Where the sends were joined; empty, and without memory, when there was one.
    joints: Vec<usize>,
}

impl Batch {
    /// Adds bytes for these peers. They are joined only with what came just before: joined with
    /// anything earlier, they could overtake what one of the peers was sent in between.
    pub(super) fn add(&mut self, to: &[ConnId], wire: &[u8]) {
        self.bytes += wire.len();
        match self.groups.last_mut() {
            Some(group) if group.to == to => {
                group.joints.push(group.bytes.len());
                group.bytes.extend_from_slice(wire);
            }
            _ => {
                self.deliveries += to.len();
                let (to, bytes) = (to.to_vec(), wire.to_vec());
                self.groups.push(Group { to, bytes, joints: Vec::new() });
            }
        }
    }

    /// Whether it should go out before the turn ends.
    pub(super) fn is_heavy(&self) -> bool {
        self.deliveries > HEAVY || self.bytes > LARGE
    }

    /// Takes everything out, in order.
    pub(super) fn take(&mut self) -> Vec<Group> {
        (self.deliveries, self.bytes) = (0, 0);
        std::mem::take(&mut self.groups)
    }
}

impl Group {
    /// The bytes, ready to be shared.
    pub(super) fn wire(&self) -> Wire {
        Wire::from(self.bytes.as_slice())
    }

    /// The same bytes, one piece for each send.
    pub(super) fn pieces(&self) -> Vec<Wire> {
        let ends = self.joints.iter().copied().chain([self.bytes.len()]);
        let mut begin = 0;
        let cut = ends.map(|end| self.bytes.get(std::mem::replace(&mut begin, end)..end));
        cut.flatten().map(Wire::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_for_the_same_peers_are_joined_and_nothing_overtakes() {
        let [a, b, c] = [1, 2, 3].map(ConnId::new);
        let mut batch = Batch::default();
        batch.add(&[a, b], b"1");
        batch.add(&[a, b], b"2");
        batch.add(&[c], b"3");
        batch.add(&[a, b], b"4");
        let groups = batch.take();
        let groups: Vec<(&[ConnId], &[u8])> =
            groups.iter().map(|group| (group.to.as_slice(), group.bytes.as_slice())).collect();
        assert_eq!(groups, [(&[a, b][..], &b"12"[..]), (&[c], b"3"), (&[a, b], b"4")]);
        assert!(batch.take().is_empty());
    }

    #[test]
    fn the_pieces_of_a_group_are_what_was_sent() {
        let [a, b] = [1, 2].map(ConnId::new);
        let mut batch = Batch::default();
        for sends in [&["one"][..], &["one", "two and", "", "three"], &["", ""]] {
            sends.iter().for_each(|text| batch.add(&[a, b], text.as_bytes()));
            batch.add(&[b], b"another group");
            let group = &batch.take()[0];
            let pieces = group.pieces();
            let wanted: Vec<Wire> = sends.iter().map(|text| Wire::from(text.as_bytes())).collect();
            assert_eq!(pieces, wanted);
            assert_eq!(*pieces.concat(), *group.wire());
        }
    }
}
