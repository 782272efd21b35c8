//! The queue of one peer: the answers that are outstanding, and the events that wait for them.
//!
//! Most requests are answered immediately. The log and the password threads take longer. The chat
//! does not stop in the meantime, but this peer's later requests wait: a peer that sends `login`
//! and `message` in one packet expects the message to follow the login.
//!
//! The queue decides nothing. It does not know which requests there are, runs none of them, and
//! sends no answer. The loop in `chat.rs` does that.

use std::collections::VecDeque;

/// The outstanding answers and the waiting events of one peer. `E` is an event, `A` an answer.
#[derive(Debug)]
pub(crate) struct Pipeline<E, A> {
    /// Answers that the peer has not received yet, in the order of their requests. The first one
    /// is always outstanding.
    answers: VecDeque<Slot<A>>,
    /// How many of these answers are ready.
    ready: usize,
    /// Nothing else may run until the outstanding answer has arrived.
    exclusive: bool,
    /// Events that have not run yet, in order.
    events: VecDeque<E>,
}

/// The place of one answer.
#[derive(Debug)]
enum Slot<A> {
    /// The answer will arrive later.
    Outstanding,
    /// The answer is known. It must not overtake the answers before it.
    Ready(A),
}

impl<E, A> Default for Pipeline<E, A> {
    fn default() -> Pipeline<E, A> {
        Pipeline { answers: VecDeque::new(), ready: 0, exclusive: false, events: VecDeque::new() }
    }
}

impl<E, A> Pipeline<E, A> {
    /// Adds an event at the end of the queue.
    pub(crate) fn push(&mut self, event: E) {
        self.events.push_back(event);
    }

    /// Takes the next event if it may run now. `may_overlap` says whether an event may run while
    /// an earlier answer is outstanding.
    pub(crate) fn next(&mut self, may_overlap: impl FnOnce(&E) -> bool) -> Option<E> {
        let (idle, exclusive) = (self.answers.is_empty(), self.exclusive);
        self.events.pop_front_if(|event| idle || (!exclusive && may_overlap(event)))
    }

    /// Records that an answer will arrive later. If it is `exclusive`, no event runs until then.
    pub(crate) fn expect(&mut self, exclusive: bool) {
        self.answers.push_back(Slot::Outstanding);
        self.exclusive = exclusive;
    }

    /// Queues an answer behind the outstanding ones. Gives the answer back if none is outstanding:
    /// then it can be sent immediately.
    pub(crate) fn answer(&mut self, answer: A) -> Option<A> {
        if self.answers.is_empty() {
            return Some(answer);
        }
        self.answers.push_back(Slot::Ready(answer));
        self.ready += 1;
        None
    }

    /// Records that the first outstanding answer has been sent. Returns the answers that were
    /// queued directly behind it.
    ///
    /// # Panics
    /// If no answer is outstanding: then the caller has sent one too many.
    pub(crate) fn answered(&mut self) -> Vec<A> {
        let first = self.answers.pop_front();
        assert!(matches!(first, Some(Slot::Outstanding)), "no answer is outstanding");
        self.exclusive = false;
        let mut answers = Vec::new();
        while let Some(Slot::Ready(answer)) =
            self.answers.pop_front_if(|slot| matches!(slot, Slot::Ready(_)))
        {
            answers.push(answer);
        }
        self.ready -= answers.len();
        answers
    }

    /// Whether an answer is outstanding.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Whether the queue holds no event and no answer.
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty() && self.answers.is_empty()
    }

    /// How many events and answers the queue holds.
    pub(crate) fn len(&self) -> usize {
        self.events.len() + self.ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(events: &[u32]) -> Pipeline<u32, &'static str> {
        let mut pipeline = Pipeline::default();
        for event in events {
            pipeline.push(*event);
        }
        pipeline
    }

    #[test]
    fn events_run_in_order_while_no_answer_is_outstanding() {
        let mut pipeline = queue(&[1, 2]);
        assert_eq!(pipeline.next(|_| false), Some(1));
        assert_eq!(pipeline.answer("sent immediately"), Some("sent immediately"));
        assert_eq!(pipeline.next(|_| false), Some(2));
        assert_eq!(pipeline.next(|_| false), None);
    }

    #[test]
    fn only_an_event_that_may_overlap_runs_while_an_answer_is_outstanding() {
        let mut pipeline = queue(&[1, 2, 3]);
        pipeline.expect(false);
        assert_eq!(pipeline.next(|event| *event == 1), Some(1));
        assert_eq!(pipeline.next(|event| *event == 3), None, "2 must run before 3");
        assert_eq!(pipeline.answered(), [""; 0]);
        assert_eq!(pipeline.next(|_| false), Some(2));
    }

    #[test]
    fn no_event_runs_while_an_exclusive_answer_is_outstanding() {
        let mut pipeline = queue(&[1]);
        pipeline.expect(true);
        assert_eq!(pipeline.next(|_| true), None);
        assert_eq!(pipeline.answered(), [""; 0]);
        assert_eq!(pipeline.next(|_| false), Some(1));
    }

    #[test]
    fn an_answer_follows_the_outstanding_answers_before_it() {
        let mut pipeline = queue(&[]);
        pipeline.expect(false);
        pipeline.expect(false);
        assert_eq!(pipeline.answer("a"), None);
        pipeline.expect(false);
        assert_eq!(pipeline.answer("b"), None);
        assert_eq!(pipeline.answer("c"), None);
        assert_eq!(pipeline.len(), 3);
        assert_eq!(pipeline.answered(), [""; 0]);
        assert_eq!(pipeline.answered(), ["a"]);
        assert_eq!(pipeline.answered(), ["b", "c"]);
        assert!(!pipeline.is_waiting());
        assert_eq!(pipeline.len(), 0);
    }
}
