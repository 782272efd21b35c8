//! Panics if the chat is gone, and loses the drafts in the queue.
//!
//! Fails: LOG-10

impl Writer {
    fn hand_back(&self, entries: Vec<Entry>, batches: &SyncSender<Vec<Entry>>) {
        batches.send(entries).unwrap();
        (self.wake)();
    }
}
