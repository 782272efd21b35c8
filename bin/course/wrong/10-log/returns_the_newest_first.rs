//! Takes entries from the wrong end of a batch, and drops a batch that has not been read to its end.
//!
//! Fails: LOG-1, LOG-2

impl Log for Sqlite {
    fn next(&mut self) -> Option<Entry> {
        if let Some((_, batches)) = &self.channels
            && let Ok(entries) = batches.try_recv()
        {
            self.through = entries.into();
        }
        let entry = self.through.pop_back()?;
        if let Ok(Effect::Said(message)) = &entry.outcome {
            self.seen = message.id;
        }
        Some(entry)
    }
}
