//! Waits until the queue is closed, because `iter` waits for the next order.
//!
//! Fails: LOG-1, LOG-2, LOG-4, LOG-9, LOG-11, LOG-12, LOG-13, LOG-14

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
