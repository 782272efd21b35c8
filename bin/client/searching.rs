//! The search through the history, which Ctrl-R starts, and the texts that wait for its end.
//!
//! During a search the editor reads keys only: it shows no text of another thread, and no signal ends its wait.
//! The thread `receive` must not wait for the end of the search, because it answers the server and connects
//! again. So the texts are held, and the thread `search` shows them when the search ends. If Enter ends it, and so
//! also the line, the editor would show them below that line: it has to draw them together with it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustyline::ExternalPrinter;

use crate::resizing::{Resizing, UP};

/// A message that, together with the newline after it, changes nothing on the screen: one line up.
pub(crate) const NOTHING: &str = UP;
/// The most bytes that are held. The thread that prints more waits until the search ends.
const MOST: usize = 1 << 20;
/// The longest time for which the main thread waits until the held texts are shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the editor searches, and what waits for the end of the search. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Searching(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Held by the thread that prints or that makes the editor begin again.
    turn: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    is_on: bool,
    /// Whether the search has ended, and the thread `search` has not noticed that yet.
    has_ended: bool,
    /// The texts that came during the search, in order.
    held: String,
    /// The texts that the editor draws above the line, the next time it draws it.
    above: String,
    /// Whether the prompt has changed during the search.
    has_new_prompt: bool,
}

impl Searching {
    /// Records whether the editor shows the prompt of a search.
    pub(crate) fn note(&self, on: bool) {
        let mut state = self.lock();
        if state.is_on && !on {
            state.has_ended = true;
            self.0.changed.notify_all();
        }
        state.is_on = on;
    }

    /// Enter ends the line, and with it a search: the held texts come before the line.
    pub(crate) fn enter(&self) {
        let mut state = self.lock();
        state.above = std::mem::take(&mut state.held);
        drop(state);
        self.note(false);
    }

    /// The texts that the editor has to draw above the line now.
    pub(crate) fn take_above(&self) -> String {
        std::mem::take(&mut self.lock().above)
    }

    pub(crate) fn is_on(&self) -> bool {
        self.lock().is_on
    }

    /// Waits until no search is on.
    pub(crate) fn wait_until_off(&self) {
        drop(self.wait_while(|state| state.is_on));
    }

    /// Waits until a search ends. Returns whether the prompt has changed during it.
    pub(crate) fn wait_for_end(&self) -> bool {
        let mut state = self.wait_while(|state| !state.has_ended);
        state.has_ended = false;
        std::mem::take(&mut state.has_new_prompt)
    }

    /// Waits until the held texts are shown.
    pub(crate) fn wait_until_shown(&self) {
        let waited = self
            .0
            .changed
            .wait_timeout_while(self.lock(), PATIENCE, |state| !state.held.is_empty());
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits until no other thread prints, and keeps them from printing while the guard lives.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        self.0.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether a search is on. Its end then brings the new prompt.
    pub(crate) fn defers_prompt(&self) -> bool {
        let mut state = self.lock();
        state.has_new_prompt |= state.is_on;
        state.is_on
    }

    /// Holds the text if a search is on. Otherwise returns it, behind the texts that are held.
    fn hold(&self, text: &str) -> Option<String> {
        let mut state = self.wait_while(|state| state.is_on && state.held.len() > MOST);
        if state.is_on {
            if !text.starts_with(NOTHING) {
                state.held += text;
            }
            return None;
        }
        // It counts as held until it is printed.
        Some(state.held.clone() + text)
    }

    /// The held texts were printed.
    fn printed(&self) {
        self.lock().held.clear();
        self.0.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, waits: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let waited = self.0.changed.wait_while(self.lock(), |state| waits(state));
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

/// A printer of texts above the line. It waits while the editor begins again, and holds texts during a search.
pub(crate) struct Printer<P> {
    pub(crate) inner: P,
    pub(crate) resizing: Resizing,
    pub(crate) searching: Searching,
}

impl<P: ExternalPrinter> ExternalPrinter for Printer<P> {
    /// Prints the texts that are held, and then this one, which may be empty.
    fn print(&mut self, text: String) -> rustyline::Result<()> {
        let _turn = self.searching.turn();
        self.resizing.settle();
        let Some(text) = self.searching.hold(&text) else { return Ok(()) };
        let printed = if text.is_empty() { Ok(()) } else { self.inner.print(text) };
        self.searching.printed();
        printed
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn texts_wait_for_the_end_of_a_search_in_order() {
        let searching = Searching::default();
        assert_eq!(searching.hold("a\n").as_deref(), Some("a\n"));
        searching.note(true);
        for text in ["b\n", "\x1b[A\n", "c\n"] {
            assert_eq!(searching.hold(text), None);
        }
        searching.note(false);
        assert_eq!(searching.hold("d\n").as_deref(), Some("b\nc\nd\n"));
        searching.printed();
        assert_eq!(searching.hold("e\n").as_deref(), Some("e\n"));
    }

    #[test]
    fn texts_are_drawn_above_the_line_that_enter_ends() {
        let searching = Searching::default();
        searching.note(true);
        assert_eq!(searching.hold("a\n"), None);
        searching.enter();
        assert_eq!(searching.hold("b\n").as_deref(), Some("b\n"));
        assert_eq!(
            (searching.take_above(), searching.take_above()),
            ("a\n".to_owned(), String::new())
        );
    }

    #[test]
    fn a_new_prompt_waits_for_the_end_of_a_search() {
        let searching = Searching::default();
        assert!(!searching.defers_prompt(), "no search is on");
        searching.note(true);
        assert!(searching.defers_prompt());
        let waiting = searching.clone();
        let waits = thread::spawn(move || waiting.wait_for_end());
        searching.note(false);
        assert!(waits.join().unwrap(), "the prompt has changed");
    }

    #[test]
    fn a_thread_that_prints_too_much_waits() {
        let searching = Searching::default();
        searching.note(true);
        assert_eq!(searching.hold(&"x".repeat(MOST + 1)), None);
        let printing = searching.clone();
        let prints = thread::spawn(move || printing.hold("y"));
        searching.note(false);
        let printed = prints.join().unwrap().unwrap();
        assert_eq!((printed.len(), printed.ends_with('y')), (MOST + 2, true));
    }
}
