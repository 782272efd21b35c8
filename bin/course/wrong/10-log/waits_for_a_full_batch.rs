//! Waits until the queue is closed, because `iter` waits for the next order.
//!
//! Fails: LOG-1

impl Writer {
    fn commit_ready(&mut self, first: Order, queue: &Receiver<Order>) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut orders = std::iter::once(first).chain(queue.iter()).peekable();
        while orders.peek().is_some() {
            let drafts = self.take(&mut orders);
            entries.extend(self.write(drafts));
        }
        entries
    }
}
