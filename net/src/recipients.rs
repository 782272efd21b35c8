//! The connections that one send goes to.

use crate::ConnId;

/// Every connection in a list, or every connection but one. So one list of a whole room serves all of
/// its senders, and the bytes stay shared.
///
/// ```
/// use net::{ConnId, Recipients};
///
/// let room = [1, 2, 3].map(ConnId::new);
/// let others = Recipients::from(&room[..]).except(ConnId::new(2));
/// assert_eq!(others.iter().collect::<Vec<_>>(), [ConnId::new(1), ConnId::new(3)]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recipients<'a> {
    pub(crate) list: &'a [ConnId],
    pub(crate) except: Option<ConnId>,
}

impl<'a> Recipients<'a> {
    /// Leaves out one connection, in the list or not.
    #[must_use]
    pub fn except(self, connection: impl Into<Option<ConnId>>) -> Recipients<'a> {
        Recipients { except: connection.into(), ..self }
    }

    /// Returns the connections, in the order of the list.
    pub fn iter(self) -> impl Iterator<Item = ConnId> + 'a {
        self.list.iter().copied().filter(move |id| Some(*id) != self.except)
    }
}

impl<'a> From<&'a [ConnId]> for Recipients<'a> {
    fn from(list: &'a [ConnId]) -> Recipients<'a> {
        Recipients { list, except: None }
    }
}
