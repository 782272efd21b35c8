//! Entries on their way to the chat, and the sanctions that follow from those that have arrived.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::Sanctions;
use crate::log::{Effect, Entry};

/// The entries of the last batch that the chat has not taken, oldest first.
#[derive(Debug)]
pub(super) struct Through {
    entries: VecDeque<Entry>,
    /// The bans and mutes as of the last entry that was taken.
    pub(super) sanctions: Arc<Sanctions>,
}

impl Through {
    /// No entries, after which these sanctions exist.
    pub(super) fn new(sanctions: Sanctions) -> Through {
        Through { entries: VecDeque::new(), sanctions: Arc::new(sanctions) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Adds a batch.
    pub(super) fn extend(&mut self, batch: Vec<Entry>) {
        self.entries.extend(batch);
    }

    /// Takes the oldest entry.
    pub(super) fn pop_front(&mut self) -> Option<Entry> {
        let entry = self.entries.pop_front()?;
        if let Ok(effect @ (Effect::Sanctioned { .. } | Effect::Lifted { .. })) = &entry.outcome {
            Arc::make_mut(&mut self.sanctions).follow(effect);
        }
        Some(entry)
    }
}
