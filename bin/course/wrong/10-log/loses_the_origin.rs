//! Does not look whether the files are in place, and answers no sender.
//!
//! Fails: LOG-1, LOG-5, LOG-7, LOG-8, LOG-11, LOG-12, LOG-13, LOG-14

impl Writer {
    pub(super) fn write(&mut self, drafts: Vec<Draft>) -> Vec<Entry> {
        let written = self.commit(&drafts).map_err(|error| self.reason(&error));
        self.note(written.as_ref().err());
        let outcomes = written.unwrap_or_else(|_| vec![Err(Refusal::NotKept); drafts.len()]);
        outcomes.into_iter().map(|outcome| Entry { outcome, origin: None }).collect()
    }
}
