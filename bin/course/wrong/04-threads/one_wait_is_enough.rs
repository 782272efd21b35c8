//! Waits once with `if`, and takes it for granted that bytes are there afterwards.
//!
//! Fails: THREADS-10, THREADS-12

impl Outbox {
    fn next_write(&self) -> Option<(Vec<Wire>, usize)> {
        let mut state = lock(&self.state);
        if state.queue.bytes() == 0 && state.phase == Phase::Open {
            state = self.wait(state, None);
        }
        if state.phase == Phase::Gone {
            return None;
        }
        let wires: Vec<Wire> = state.queue.next_write().take(WIRES).cloned().collect();
        if wires.is_empty() { None } else { Some((wires, state.queue.written())) }
    }
}
