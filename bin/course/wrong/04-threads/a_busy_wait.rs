//! Looks at the queue again and again, without a wait in between.
//!
//! Fails: THREADS-14

impl Outbox {
    fn next_write(&self) -> Option<(Vec<Wire>, usize)> {
        loop {
            let mut state = lock(&self.state);
            if state.phase == Phase::Gone {
                return None;
            }
            let closing = state.closing(self.limits.flush);
            let rests = state.queue.rests(Instant::now());
            if state.queue.bytes() == 0 {
                if closing.is_some() {
                    return None;
                }
            } else if rests.is_none() {
                let wires = state.queue.next_write().take(WIRES).cloned().collect();
                return Some((wires, state.queue.written()));
            } else if closing.is_some_and(passed) {
                return None;
            }
            drop(state);
            std::thread::yield_now();
        }
    }
}
