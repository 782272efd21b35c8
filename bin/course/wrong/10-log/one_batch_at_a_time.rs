//! Hands back each batch alone, so that the senders split into two halves that take turns.
//!
//! Fails: LOG-4

impl Writer {
    fn commit_ready(&mut self, first: Order, queue: &Receiver<Order>) -> Vec<Entry> {
        let drafts = self.take(std::iter::once(first).chain(queue.try_iter()));
        self.write(drafts)
    }
}
