//! A list of peers, sorted by their codecs.

use net::ConnId;

use crate::Peer;

/// The last list of peers, by codec. The same thousand peers get message after message, and a login
/// adds one peer at the end of the list. So the roll looks up only new peers.
#[derive(Debug)]
pub(crate) struct Roll {
    list: Vec<Peer>,
    by_codec: Vec<Vec<ConnId>>,
}

impl Roll {
    /// Creates an empty list for this number of codecs.
    pub(crate) fn new(codecs: usize) -> Roll {
        Roll { list: Vec::new(), by_codec: vec![Vec::new(); codecs] }
    }

    /// Replaces the list. `codec_of` gives the index of a peer's codec, or `None` if the peer is gone.
    pub(crate) fn call(&mut self, list: &[Peer], codec_of: impl Fn(Peer) -> Option<usize>) {
        let added = list.strip_prefix(&*self.list).unwrap_or_else(|| {
            self.forget();
            list
        });
        for peer in added {
            if let Some(codec) = codec_of(*peer) {
                #[expect(clippy::indexing_slicing, reason = "there is a list for each codec")]
                self.by_codec[codec].push(peer.connection());
            }
        }
        self.list.extend(added);
    }

    /// Forgets the list, because a peer in it changed its codec.
    pub(crate) fn forget(&mut self) {
        self.list.clear();
        self.by_codec.iter_mut().for_each(Vec::clear);
    }

    /// Returns the connections of the list, for each codec.
    pub(crate) fn by_codec(&self) -> impl Iterator<Item = &[ConnId]> {
        self.by_codec.iter().map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    #[test]
    fn only_new_peers_are_looked_up_until_the_list_is_forgotten() {
        let looked_up = RefCell::new(Vec::new());
        let mut roll = Roll::new(2);
        let mut call = |list: &[u64], forget: bool| {
            if forget {
                roll.forget();
            }
            let list: Vec<Peer> = list.iter().copied().map(Peer::new).collect();
            roll.call(&list, |peer| {
                let number = peer.connection().number();
                looked_up.borrow_mut().push(number);
                (number != 9).then_some(number as usize % 2)
            });
            let ids = |ids: &[ConnId]| ids.iter().map(|id| id.number()).collect::<Vec<_>>();
            (roll.by_codec().map(ids).collect::<Vec<_>>(), looked_up.take())
        };
        assert_eq!(call(&[1, 2, 9], false), (vec![vec![2], vec![1]], vec![1, 2, 9]));
        assert_eq!(call(&[1, 2, 9, 4], false), (vec![vec![2, 4], vec![1]], vec![4]));
        assert_eq!(call(&[1, 2, 9, 4], false), (vec![vec![2, 4], vec![1]], vec![]));
        assert_eq!(call(&[1, 2], false), (vec![vec![2], vec![1]], vec![1, 2]));
        assert_eq!(call(&[1, 2], true), (vec![vec![2], vec![1]], vec![1, 2]));
    }
}
