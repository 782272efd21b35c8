//! Wakes the chat once for each entry, although it takes all of them after the first wake.
//!
//! Fails: LOG-6

impl Writer {
    fn hand_back(&self, entries: Vec<Entry>, batches: &SyncSender<Vec<Entry>>) {
        let count = entries.len();
        let _ = batches.send(entries);
        for _ in 0..count {
            (self.wake)();
        }
    }
}
