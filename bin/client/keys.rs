//! The keys that have another effect than in the line editor.
//!
//! - While input is hidden, `masking.rs` allows only the keys that enter a line.
//! - A paste is collected (`paste.rs`), except in the search.
//! - Alt-Enter, and Enter behind a backslash, begin another line of a message.
//! - Ctrl-C ends the line as Enter does (`interrupts.rs`), and so does Ctrl-Z (`suspending.rs`).
//! - Keys after which the editor would wait for another one, without showing messages, have no effect.
//! - Ctrl-L leaves the line in the last row of the window (`resizing.rs`).
//! - In the search through the history, which Ctrl-R starts, Ctrl-C leaves the search. Escape, Tab, Ctrl-D and Delete
//!   end it with the line that was found.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use jiff::Timestamp;
use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use crate::attention::Attention;
use crate::draft::Draft;
use crate::interrupts::Interrupts;
use crate::masking::Masking;
use crate::own_line::OwnLine;
use crate::paste::Paste;
use crate::resizing::Resizing;
use crate::searching::Searching;
use crate::suspending::Suspending;

/// The newlines that Enter makes of a backslash. Clones share the state.
///
/// A key has one effect, and this one changes two characters. A completion can do that.
#[derive(Debug, Clone, Default)]
pub(crate) struct Continuing(Arc<Continued>);

#[derive(Debug, Default)]
struct Continued {
    /// Whether the next completion replaces a backslash by a newline.
    is_next: AtomicBool,
    /// The length of the line up to the last such newline, in bytes; 0 if there is none.
    length: AtomicUsize,
}

impl Continuing {
    /// Enter is pressed behind the backslash at the end of this line.
    fn begin(&self, line: &str) {
        self.0.is_next.store(true, Ordering::Relaxed);
        self.0.length.store(line.len(), Ordering::Relaxed);
    }

    /// Returns whether a completion has to replace a backslash, and expects no further one.
    pub(crate) fn take(&self) -> bool {
        self.0.is_next.swap(false, Ordering::Relaxed)
    }

    /// A newline at the end of the line has another origin, or another line begins.
    pub(crate) fn forget(&self) {
        self.0.length.store(0, Ordering::Relaxed);
    }

    /// The text of a finished line. A backslash behind which nothing follows was meant as one, as at the end
    /// of `D:\`.
    pub(crate) fn text_of<'l>(&self, line: &'l str) -> Cow<'l, str> {
        match line.strip_suffix('\n') {
            Some(text) if line.len() == self.0.length.load(Ordering::Relaxed) => {
                format!("{text}\\").into()
            }
            _ => line.into(),
        }
    }
}

/// Whether Enter begins another line: the cursor is behind one backslash at the end. A second backslash
/// before it takes its meaning away.
fn continues(line: &str, position: usize) -> bool {
    position == line.len() && line.ends_with('\\') && !line.ends_with("\\\\")
}

/// Whether a key continues a search. All other keys end it.
fn searches(key: KeyEvent) -> bool {
    matches!(
        key,
        KeyEvent(KeyCode::Char(_) | KeyCode::Backspace, Modifiers::NONE)
            | KeyEvent(KeyCode::Char('H' | 'R' | 'S'), Modifiers::CTRL)
    )
}

/// The effects of the keys.
pub(crate) struct Keys {
    pub(crate) masking: Masking,
    pub(crate) searching: Searching,
    pub(crate) paste: Paste,
    pub(crate) continuing: Continuing,
    pub(crate) resizing: Resizing,
    pub(crate) draft: Draft,
    pub(crate) attention: Attention,
    pub(crate) interrupts: Interrupts,
    pub(crate) own_line: OwnLine,
    pub(crate) suspending: Suspending,
}

impl Keys {
    /// Puts a character into the line with which the editor begins again.
    fn keep(&self, key: KeyEvent, line: &str, position: usize) {
        if let KeyEvent(KeyCode::Char(character), Modifiers::NONE) = key {
            let (before, behind) = line.split_at(position);
            let line = format!("{before}{character}{behind}");
            self.draft.note(&line, position + character.len_utf8());
        }
    }

    /// Ends the line, which is not used.
    fn interrupt(&self) -> Cmd {
        self.interrupts.end_line();
        self.own_line.interrupt();
        Cmd::AcceptLine
    }

    /// Ends the line, with which the editor begins again after the stop.
    fn suspend(&self, position: usize) -> Cmd {
        if !Suspending::has_shell() {
            return Cmd::Repaint;
        }
        self.suspending.end_line(position);
        self.own_line.interrupt();
        Cmd::AcceptLine
    }
}

impl ConditionalEventHandler for Keys {
    fn handle(
        &self,
        event: &Event,
        count: RepeatCount,
        positive: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        let key = event.get(0)?;
        self.attention.note_key(Timestamp::now());
        if *key != KeyEvent::ctrl('C') {
            self.interrupts.forget();
        }
        if self.resizing.is_moving() {
            self.keep(*key, context.line(), context.pos());
            return Some(Cmd::Interrupt);
        }
        if self.masking.is_on() && *key == KeyEvent::ctrl('C') {
            return Some(self.interrupt());
        }
        if self.masking.is_on() && *key == KeyEvent::ctrl('Z') {
            return Some(self.suspend(context.pos()));
        }
        if self.masking.is_on() {
            return self.masking.handle(event, count, positive, context);
        }
        if let Some(command) = self.paste.collect(*key, count, context.line(), context.pos()) {
            return Some(command);
        }
        let is_searching = self.searching.is_on();
        match *key {
            KeyEvent(KeyCode::Enter, Modifiers::NONE)
            | KeyEvent(KeyCode::Char('J' | 'M'), Modifiers::CTRL)
                if is_searching =>
            {
                self.searching.enter();
            }
            key if !searches(key) => self.searching.note(false),
            _ => {}
        }
        match key {
            KeyEvent(KeyCode::BracketedPasteStart, _) if !is_searching => {
                self.paste.begin();
                Some(Cmd::Noop)
            }
            // Where these keys have no effect, the editor would leave the prompt of the search on the screen.
            KeyEvent(KeyCode::Esc | KeyCode::Tab | KeyCode::BackTab | KeyCode::Delete, _)
            | KeyEvent(KeyCode::Char('D' | 'I'), Modifiers::CTRL)
                if is_searching =>
            {
                Some(Cmd::Repaint)
            }
            // A control character in a text is refused, and no key of the others is a habit of chats.
            KeyEvent(KeyCode::Char('V' | 'Q' | 'X' | ']'), modifiers)
                if modifiers.contains(Modifiers::CTRL) =>
            {
                Some(Cmd::Noop)
            }
            // A key that was typed before the editor began arrives as a newline.
            KeyEvent(KeyCode::Enter, Modifiers::ALT)
            | KeyEvent(KeyCode::Char('J'), Modifiers::CTRL_ALT) => {
                self.continuing.forget();
                Some(Cmd::Newline)
            }
            KeyEvent(KeyCode::Enter, Modifiers::NONE)
            | KeyEvent(KeyCode::Char('J'), Modifiers::CTRL)
                if !is_searching && continues(context.line(), context.pos()) =>
            {
                self.continuing.begin(context.line());
                Some(Cmd::Complete)
            }
            KeyEvent(KeyCode::Char('C'), Modifiers::CTRL) if is_searching => Some(Cmd::Abort),
            KeyEvent(KeyCode::Char('C'), Modifiers::CTRL) => Some(self.interrupt()),
            KeyEvent(KeyCode::Char('Z'), Modifiers::CTRL) => Some(self.suspend(context.pos())),
            // In a search, it also ends the search.
            KeyEvent(KeyCode::Char('L'), Modifiers::CTRL) => {
                self.resizing.clear_window();
                Some(Cmd::Repaint)
            }
            KeyEvent(KeyCode::Enter, Modifiers::NONE)
            | KeyEvent(KeyCode::Char('J' | 'M'), Modifiers::CTRL) => {
                self.own_line.enter();
                None
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_the_keys_of_the_search_continue_it() {
        let typed = KeyEvent(KeyCode::Char('x'), Modifiers::NONE);
        assert!(searches(typed) && searches(KeyEvent::ctrl('R')) && searches(KeyEvent::ctrl('H')));
        let others = [KeyCode::Enter, KeyCode::Tab, KeyCode::Esc, KeyCode::Up, KeyCode::Delete];
        let others = others.map(|code| KeyEvent(code, Modifiers::NONE));
        assert!(!others.into_iter().any(searches) && !searches(KeyEvent::ctrl('E')));
    }

    #[test]
    fn one_backslash_at_the_end_continues_the_line() {
        assert!(continues("a\\", 2));
        assert!(!continues("a\\\\", 3));
        assert!(!continues("a\\", 1));
        assert!(!continues("a", 1) && !continues("", 0));
    }

    #[test]
    fn a_backslash_without_a_next_line_is_text() {
        let continuing = Continuing::default();
        assert_eq!(continuing.text_of("D:\n"), "D:\n");
        continuing.begin("D:\\");
        assert!(continuing.take() && !continuing.take());
        assert_eq!(continuing.text_of("D:\n"), "D:\\");
        assert_eq!(continuing.text_of("D:\nx"), "D:\nx");
        assert_eq!(continuing.text_of("D:x\n"), "D:x\n");
        continuing.forget();
        assert_eq!(continuing.text_of("D:\n"), "D:\n");
    }
}
