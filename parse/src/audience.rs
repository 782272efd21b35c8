//! The peers that one response goes to.

use std::sync::Arc;

use crate::Peer;

/// Every peer in a list, or every one but one. Cheap to clone: the list is shared, so that a room
/// makes it once and all its senders use it.
///
/// ```
/// use parse::{Audience, Peer};
///
/// let room = Audience::from_iter([1, 2, 3].map(Peer::new));
/// let others = room.clone().except(Peer::new(2));
/// assert_eq!(others.iter().collect::<Vec<_>>(), [Peer::new(1), Peer::new(3)]);
/// assert_eq!(others.count(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    pub(crate) list: Arc<[Peer]>,
    pub(crate) except: Option<Peer>,
}

impl Audience {
    /// Leaves out one peer, in the list or not.
    #[must_use]
    pub fn except(self, peer: impl Into<Option<Peer>>) -> Audience {
        Audience { except: peer.into(), ..self }
    }

    /// Returns the number of peers.
    pub fn count(&self) -> usize {
        let is_left_out = self.except.is_some_and(|peer| self.list.contains(&peer));
        self.list.len() - usize::from(is_left_out)
    }

    /// Returns the peers, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = Peer> + '_ {
        self.list.iter().copied().filter(|peer| Some(*peer) != self.except)
    }
}

impl From<Peer> for Audience {
    fn from(peer: Peer) -> Audience {
        Audience { list: Arc::new([peer]), except: None }
    }
}

impl FromIterator<Peer> for Audience {
    fn from_iter<T: IntoIterator<Item = Peer>>(peers: T) -> Audience {
        Audience { list: peers.into_iter().collect(), except: None }
    }
}
