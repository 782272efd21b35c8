//! Looks at the clock before the first write, so that a slow turn writes nothing to many.
//!
//! Fails: EVENTS-11

impl Events {
    fn flush(&mut self) {
        self.distribute();
        while let Some(id) = self.unwritten.next_answer() {
            self.write_if_waiting(id);
        }
        let until = Instant::now() + self.slice;
        while Instant::now() < until
            && let Some(id) = self.unwritten.next_other()
        {
            self.write_if_waiting(id);
        }
    }
}
