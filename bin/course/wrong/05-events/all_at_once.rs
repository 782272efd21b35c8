//! Writes to every connection in one turn, however long that takes.
//!
//! Fails: EVENTS-11

impl Events {
    fn flush(&mut self) {
        self.distribute();
        while let Some(id) = self.unwritten.next_answer() {
            self.write_if_waiting(id);
        }
        while let Some(id) = self.unwritten.next_other() {
            self.write_if_waiting(id);
        }
    }
}
