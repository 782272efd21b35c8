//! Writes the messages to many first, and the answers after them.
//!
//! Fails: EVENTS-11

impl Events {
    fn flush(&mut self) {
        self.distribute();
        let until = Instant::now() + self.slice;
        while let Some(id) = self.unwritten.next_other() {
            self.write_if_waiting(id);
            if Instant::now() >= until {
                return;
            }
        }
        while let Some(id) = self.unwritten.next_answer() {
            self.write_if_waiting(id);
        }
    }
}
