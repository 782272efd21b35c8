//! The lines that Up and Down show: they keep their edits until a line is sent or cleared.
//!
//! The editor takes each line that it shows from the history, and forgets what the person has made of it when it shows
//! another one. So the client notes the line at each change, under its place in the history, and the history returns
//! that line first. A search finds the lines as they were sent. It
//! regards the case of a letter only if the person types it in upper case.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustyline::Result;
use rustyline::history::{FileHistory, History, SearchDirection, SearchResult};

/// The recalled lines as they are now, by their places in the history. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edits(Arc<Mutex<BTreeMap<usize, String>>>);

impl Edits {
    /// Notes the line in the editor. The last place, behind the entries, is that of a new line, which
    /// the editor keeps itself.
    pub(crate) fn note(&self, history: &dyn History, place: usize, line: &str) {
        if place < history.len() {
            self.lock().insert(place, line.to_owned());
        }
    }

    /// Forgets the edits: a line was sent or cleared.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A history whose entries can be edited while the person types one line.
pub(crate) struct Recalled {
    entries: FileHistory,
    edits: Edits,
}

impl Recalled {
    pub(crate) fn new(entries: FileHistory, edits: Edits) -> Recalled {
        Recalled { entries, edits }
    }
}

impl History for Recalled {
    fn get(&self, place: usize, direction: SearchDirection) -> Result<Option<SearchResult<'_>>> {
        match self.edits.lock().get(&place) {
            Some(line) => {
                Ok(Some(SearchResult { entry: Cow::Owned(line.clone()), idx: place, pos: 0 }))
            }
            None => self.entries.get(place, direction),
        }
    }

    fn add(&mut self, line: &str) -> Result<bool> {
        // A full history moves its entries to other places.
        self.edits.clear();
        self.entries.add(line)
    }

    fn add_owned(&mut self, line: String) -> Result<bool> {
        self.edits.clear();
        self.entries.add_owned(line)
    }

    fn len(&self) -> usize {
        self.entries.len()
    }

    fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn set_max_len(&mut self, len: usize) -> Result<()> {
        self.edits.clear();
        self.entries.set_max_len(len)
    }

    fn ignore_dups(&mut self, yes: bool) -> Result<()> {
        self.entries.ignore_dups(yes)
    }

    fn ignore_space(&mut self, yes: bool) {
        self.entries.ignore_space(yes);
    }

    fn save(&mut self, path: &Path) -> Result<()> {
        self.entries.save(path)
    }

    fn append(&mut self, path: &Path) -> Result<()> {
        self.entries.append(path)
    }

    fn load(&mut self, path: &Path) -> Result<()> {
        self.edits.clear();
        self.entries.load(path)
    }

    fn clear(&mut self) -> Result<()> {
        self.edits.clear();
        self.entries.clear()
    }

    fn search(
        &self,
        term: &str,
        start: usize,
        direction: SearchDirection,
    ) -> Result<Option<SearchResult<'_>>> {
        if term.is_empty() || start >= self.entries.len() {
            return Ok(None);
        }
        let found = |place: usize| -> Result<Option<SearchResult<'_>>> {
            let entry = self.entries.get(place, direction)?;
            Ok(entry.and_then(|entry| {
                let pos = find(&entry.entry, term)?;
                Some(SearchResult { pos, ..entry })
            }))
        };
        let found = match direction {
            SearchDirection::Reverse => (0..=start).rev().map(found).find_map(Result::transpose),
            SearchDirection::Forward => {
                (start..self.entries.len()).map(found).find_map(Result::transpose)
            }
        };
        found.transpose()
    }

    fn starts_with(
        &self,
        term: &str,
        start: usize,
        direction: SearchDirection,
    ) -> Result<Option<SearchResult<'_>>> {
        self.entries.starts_with(term, start, direction)
    }
}

/// Where the term is in the line, in bytes. Lower-case letters also stand for upper-case ones.
fn find(line: &str, term: &str) -> Option<usize> {
    let is_begun = |rest: &str| {
        let mut rest = rest.chars();
        term.chars().all(|wanted| {
            rest.next().is_some_and(|it| it == wanted || it.to_lowercase().eq([wanted]))
        })
    };
    line.char_indices().map(|(at, _)| at).find(|at| line.get(*at..).is_some_and(is_begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_keeps_its_edit_until_another_one_is_added() {
        let edits = Edits::default();
        let mut history = Recalled::new(FileHistory::new(), edits.clone());
        history.add("one").unwrap();
        history.add("two").unwrap();
        let shown = |history: &Recalled, place| {
            let entry = history.get(place, SearchDirection::Reverse).unwrap();
            entry.map(|entry| entry.entry.into_owned())
        };
        edits.note(&history, 1, "two and more");
        edits.note(&history, 2, "a new line");
        assert_eq!(shown(&history, 0).as_deref(), Some("one"));
        assert_eq!(shown(&history, 1).as_deref(), Some("two and more"));
        assert_eq!(shown(&history, 2), None);
        let found = history.search("more", 1, SearchDirection::Reverse).unwrap();
        assert_eq!(found, None, "a search finds what was sent");
        history.add("three").unwrap();
        assert_eq!(shown(&history, 1).as_deref(), Some("two"));
    }

    #[test]
    fn lower_case_letters_stand_for_upper_case_ones_too() {
        for (line, term, want) in [
            ("Hello you", "hello", Some(0)),
            ("say Hello", "hel", Some(4)),
            ("say hello", "Hel", None),
            ("Grüße, ÄRGER", "ärg", Some(9)),
            ("hello", "helloo", None),
        ] {
            assert_eq!(find(line, term), want, "{line:?}");
        }
        let mut history = Recalled::new(FileHistory::new(), Edits::default());
        for line in ["One", "two", "ONE"] {
            history.add(line).unwrap();
        }
        let search = |start, direction| {
            let found = history.search("one", start, direction).unwrap();
            found.map(|found| (found.idx, found.entry.into_owned()))
        };
        assert_eq!(search(2, SearchDirection::Reverse), Some((2, "ONE".to_owned())));
        assert_eq!(search(1, SearchDirection::Reverse), Some((0, "One".to_owned())));
        assert_eq!(search(1, SearchDirection::Forward), Some((2, "ONE".to_owned())));
        assert_eq!(search(3, SearchDirection::Reverse), None);
    }
}
