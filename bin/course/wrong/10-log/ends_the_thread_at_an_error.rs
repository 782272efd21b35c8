//! Panics when the disk is full, or when another program has locked the file.
//!
//! Fails: LOG-8, LOG-9, LOG-11, LOG-12

impl Writer {
    pub(super) fn write(&mut self, drafts: Vec<Draft>) -> Vec<Entry> {
        let outcomes = self.commit(&drafts).unwrap();
        outcomes
            .into_iter()
            .zip(drafts)
            .map(|(outcome, draft)| Entry { outcome, origin: draft.origin })
            .collect()
    }
}
