//! Forgets the connections that the turn did not reach.
//!
//! Fails: EVENTS-10

impl Events {
    fn read(&mut self, events: &mut Vec<Event>, now: Instant) {
        let mut buffer = std::mem::take(&mut self.buffer);
        for id in std::mem::take(&mut self.readable) {
            if events.len() >= EVENTS {
                break;
            }
            self.read_one(id, &mut buffer, events, now);
        }
        self.buffer = buffer;
    }
}
