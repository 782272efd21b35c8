//! The queue of password jobs: a line for each address, and the addresses take turns.
//!
//! An address can fill only its own line. So if one address sends passwords without end, others wait
//! for at most two of them, and the queue never becomes full.

use std::collections::{HashMap, VecDeque};

use crate::Network;

/// The most jobs of one address that are in flight.
const IN_FLIGHT: usize = 2;
/// The most jobs that wait for one address: enough for a class that logs in at the same moment.
const LINE: usize = 64;
/// The most jobs that wait in total: some seconds of work.
const MOST: usize = 512;

/// The jobs that wait.
#[derive(Debug)]
pub(super) struct Queue<J> {
    lines: HashMap<Network, Line<J>>,
    /// The addresses with a waiting job. The first one is next.
    turns: VecDeque<Network>,
    /// The number of waiting jobs.
    waiting: usize,
}

#[derive(Debug)]
struct Line<J> {
    jobs: VecDeque<J>,
    in_flight: usize,
}

/// The result of [`Queue::put`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Put<J> {
    /// The job waits.
    Waits,
    /// The job waits in place of this one, which was the last in the longest line.
    Replaces(J),
    /// There is no room for the job.
    Full,
}

impl<J> Queue<J> {
    pub(super) fn new() -> Queue<J> {
        Queue { lines: HashMap::new(), turns: VecDeque::new(), waiting: 0 }
    }

    /// Puts a job at the end of the line of its address.
    pub(super) fn put(&mut self, network: Network, job: J) -> Put<J> {
        let length = self.lines.get(&network).map_or(0, |line| line.jobs.len());
        if length >= LINE {
            return Put::Full;
        }
        let mut replaced = None;
        if self.waiting >= MOST {
            let longest = self.lines.values_mut().max_by_key(|line| line.jobs.len());
            // The longest line stays longer than this one, so it does not become empty.
            replaced = longest
                .filter(|longest| longest.jobs.len() > length + 1)
                .and_then(|longest| longest.jobs.pop_back());
            if replaced.is_none() {
                return Put::Full;
            }
            self.waiting -= 1;
        }
        let fresh = || Line { jobs: VecDeque::new(), in_flight: 0 };
        let line = self.lines.entry(network).or_insert_with(fresh);
        if line.jobs.is_empty() {
            self.turns.push_back(network);
        }
        line.jobs.push_back(job);
        self.waiting += 1;
        replaced.map_or(Put::Waits, Put::Replaces)
    }

    /// Takes the next job. It is in flight until [`done`](Queue::done).
    #[expect(clippy::expect_used, reason = "an address has a turn only while a job of it waits")]
    pub(super) fn take(&mut self) -> Option<(Network, J)> {
        for _ in 0..self.turns.len() {
            let network = self.turns.pop_front()?;
            let line = self.lines.get_mut(&network).expect("a line for each turn");
            if line.in_flight >= IN_FLIGHT {
                self.turns.push_back(network);
                continue;
            }
            let job = line.jobs.pop_front().expect("a job in each line that has a turn");
            line.in_flight += 1;
            self.waiting -= 1;
            if !line.jobs.is_empty() {
                self.turns.push_back(network);
            }
            return Some((network, job));
        }
        None
    }

    /// Records that a job of this address is no longer in flight.
    #[expect(clippy::expect_used, reason = "a line stays while a job of it is in flight")]
    pub(super) fn done(&mut self, network: Network) {
        let line = self.lines.get_mut(&network).expect("a line for each job in flight");
        line.in_flight -= 1;
        if line.in_flight == 0 && line.jobs.is_empty() {
            self.lines.remove(&network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(number: u16) -> Network {
        let [high, low] = number.to_be_bytes();
        Network::of(std::net::Ipv4Addr::new(10, 0, high, low).into())
    }

    /// Adds as many jobs of an address as there is room for.
    fn fill(queue: &mut Queue<u16>, number: u16) -> usize {
        (0..10_000).take_while(|_| queue.put(network(number), number) == Put::Waits).count()
    }

    #[test]
    fn addresses_take_turns_and_each_has_two_in_flight() {
        let mut queue = Queue::new();
        assert_eq!(fill(&mut queue, 1), LINE);
        for other in [2, 3] {
            assert_eq!(queue.put(network(other), other), Put::Waits);
        }
        let mut taken = Vec::new();
        while let Some((_, job)) = queue.take() {
            taken.push(job);
        }
        assert_eq!(taken, [1, 2, 3, 1]);
        queue.done(network(2));
        assert_eq!(queue.take(), None);
        queue.done(network(1));
        assert_eq!(queue.take(), Some((network(1), 1)));
        assert_eq!(queue.take(), None);
    }

    #[test]
    fn addresses_that_fill_the_queue_make_room_for_one_that_does_not() {
        let mut queue = Queue::new();
        let filled: usize = (1..=8).map(|number| fill(&mut queue, number)).sum();
        assert_eq!(filled, MOST);
        for honest in 100..200 {
            let put = queue.put(network(honest), honest);
            assert!(matches!(put, Put::Replaces(job) if job <= 8), "{honest}: {put:?}");
        }
        assert_eq!(queue.put(network(1), 1), Put::Full, "its line is one of the longest");
        assert_eq!(queue.waiting, MOST);
        let mut taken = Vec::new();
        while let Some((network, job)) = queue.take() {
            queue.done(network);
            taken.push(job);
        }
        assert_eq!(taken.len(), MOST);
        assert!((100..200).all(|honest| taken[..8 + 100].contains(&honest)), "in the first round");
        assert!(queue.lines.is_empty() && queue.turns.is_empty() && queue.waiting == 0);
    }
}
