//! Takes connections from the end of the list, to which it adds the ones that have more.
//!
//! Fails: EVENTS-9, EVENTS-10

impl Events {
    fn read(&mut self, events: &mut Vec<Event>, now: Instant) {
        let mut buffer = std::mem::take(&mut self.buffer);
        while events.len() < EVENTS
            && let Some(id) = self.readable.pop()
        {
            self.read_one(id, &mut buffer, events, now);
        }
        self.buffer = buffer;
    }
}
