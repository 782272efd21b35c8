//! The connections that the loop has to write to.

use std::collections::VecDeque;

use super::batch::Piece;
use super::connection::Connection;
use crate::ConnId;

/// Connections with something to write. Answers go first, because a peer waits for each of them; what
/// is sent to thousands takes as many turns as it needs.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    answers: VecDeque<ConnId>,
    others: VecDeque<ConnId>,
}

impl Unwritten {
    /// Puts a piece into the outbox of a connection; returns the bytes that this added.
    pub(super) fn add(&mut self, id: ConnId, connection: &mut Connection, piece: &Piece) -> usize {
        if connection.queue.is_paced() {
            piece.apart().iter().for_each(|wire| connection.queue.push(wire));
        } else {
            connection.queue.push(piece.joined());
        }
        if piece.is_own() {
            connection.dirty = true;
            self.answers.push_back(id);
        } else {
            self.touch(id, connection);
        }
        piece.joined().len()
    }

    /// Queues a connection unless it is queued already.
    pub(super) fn touch(&mut self, id: ConnId, connection: &mut Connection) {
        if !std::mem::replace(&mut connection.dirty, true) {
            self.others.push_back(id);
        }
    }

    /// Takes out the next connection that gets an answer.
    pub(super) fn next_answer(&mut self) -> Option<ConnId> {
        self.answers.pop_front()
    }

    /// Takes out the next of the other connections. It may have been written to since then, because
    /// of an answer.
    pub(super) fn next_other(&mut self) -> Option<ConnId> {
        self.others.pop_front()
    }

    /// Says whether no connection is left.
    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.others.is_empty()
    }
}
