//! Lets pages contain a whole batch as soon as its first entry is returned.
//!
//! Fails: LOG-2

impl Log for Sqlite {
    fn next(&mut self) -> Option<Entry> {
        if self.through.is_empty()
            && let Some((_, batches)) = &self.channels
        {
            self.through.extend(batches.try_recv().unwrap_or_default());
            for entry in &self.through {
                if let Ok(Effect::Said(message)) = &entry.outcome {
                    self.seen = message.id;
                }
            }
        }
        self.through.pop_front()
    }
}
