//! Ends the send thread as soon as the connection is closing, with bytes in the queue.
//!
//! Fails: THREADS-11, THREADS-12

impl Outbox {
    fn next_write(&self) -> Option<(Vec<Wire>, usize)> {
        let mut state = lock(&self.state);
        loop {
            if state.phase != Phase::Open {
                return None;
            }
            let rests = state.queue.rests(Instant::now());
            if state.queue.bytes() > 0 && rests.is_none() {
                let wires = state.queue.next_write().take(WIRES).cloned().collect();
                return Some((wires, state.queue.written()));
            }
            state = self.wait(state, rests);
        }
    }
}
