//! Returns nothing for a batch that could not be written, so that its senders wait for an answer.
//!
//! Fails: LOG-8, LOG-9, LOG-11, LOG-12

impl Writer {
    pub(super) fn write(&mut self, drafts: Vec<Draft>) -> Vec<Entry> {
        if let Some(displaced) = self.files.displaced() {
            self.note(Some(&displaced.to_string()));
            return Vec::new();
        }
        match self.commit(&drafts) {
            Ok(outcomes) => {
                self.note(None);
                let entry = |(outcome, draft): (_, Draft)| Entry { outcome, origin: draft.origin };
                outcomes.into_iter().zip(drafts).map(entry).collect()
            }
            Err(error) => {
                let why = self.reason(&error);
                self.note(Some(&why));
                Vec::new()
            }
        }
    }
}
