//! Writes as soon as there are bytes, without regard to the pace.
//!
//! Fails: THREADS-12

impl Outbox {
    fn next_write(&self) -> Option<(Vec<Wire>, usize)> {
        let mut state = lock(&self.state);
        loop {
            if state.phase == Phase::Gone {
                return None;
            }
            if state.queue.bytes() > 0 {
                let wires = state.queue.next_write().take(WIRES).cloned().collect();
                return Some((wires, state.queue.written()));
            }
            if state.closing(self.limits.flush).is_some() {
                return None;
            }
            state = self.wait(state, None);
        }
    }
}
