//! Hands back each batch alone, and wakes the chat before the entries are there.
//!
//! Fails: LOG-4, LOG-6

impl Writer {
    fn commit_ready(&mut self, first: Order, queue: &Receiver<Order>) -> Vec<Entry> {
        let drafts = self.take(std::iter::once(first).chain(queue.try_iter()));
        self.write(drafts)
    }

    fn hand_back(&self, entries: Vec<Entry>, batches: &SyncSender<Vec<Entry>>) {
        (self.wake)();
        let _ = batches.send(entries);
    }
}
