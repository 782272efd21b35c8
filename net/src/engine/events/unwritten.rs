//! The connections that the loop has to write to.

use std::collections::VecDeque;

use super::batch::Piece;
use super::connection::Connection;
use crate::ConnId;

/// Connections that got bytes since the loop last wrote to them. Answers go first, because a peer waits
/// for each of them; a message to thousands takes several turns.
///
/// An entry is only a hint: the connection may be closed, or its bytes may be written already. A
/// connection that is blocked or rests needs no entry, because the poll or a deadline reports it.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    answers: VecDeque<ConnId>,
    others: VecDeque<ConnId>,
}

impl Unwritten {
    /// Appends a piece to the queue of a connection; returns the number of bytes that this added.
    pub(super) fn add(&mut self, id: ConnId, connection: &mut Connection, piece: &Piece) -> usize {
        let queue = &mut connection.queue;
        let was_empty = queue.bytes() == 0;
        if queue.is_paced() {
            piece.apart().iter().for_each(|wire| queue.push(wire));
        } else {
            queue.push(piece.joined());
        }
        if piece.is_own() {
            self.answers.push_back(id);
        } else if was_empty {
            self.others.push_back(id);
        }
        piece.joined().len()
    }

    /// Removes and returns the next connection that gets an answer.
    pub(super) fn next_answer(&mut self) -> Option<ConnId> {
        self.answers.pop_front()
    }

    /// Removes and returns the next of the other connections.
    pub(super) fn next_other(&mut self) -> Option<ConnId> {
        self.others.pop_front()
    }

    /// Says whether no connection is left.
    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.others.is_empty()
    }
}
