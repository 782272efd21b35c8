//! Collects pasted text before the editor sees it.
//!
//! A terminal marks the beginning and the end of a paste. The editor would show the text at once, however
//! long it is, and each message of others would repaint it. So the client collects the keys of the paste
//! itself. It gives the editor a text of a few lines, and keeps a longer one for a question. It also keeps a
//! text with a command in a later line, which a person who presses Enter may not have seen.
//!
//! Escape sequences in a paste, such as colours, are no text (`sequences.rs`).
//!
//! A pasted text is sent as it is. So a paste at the beginning of the line that begins with two slashes, such
//! as a comment of a program, gets a third one: the client takes one away from every text that begins so. A paste that
//! begins with one slash and cannot be a command, such as a comment of C or the error of a compiler, gets a second one.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustyline::{Cmd, KeyCode, KeyEvent, Modifiers, RepeatCount};

use crate::catalogue::{Catalogue, Secrets};
use crate::input::{begins_no_command, escaped, is_text, without_slash};
use crate::nearest::is_path;
use crate::sequences::Plain;
use crate::undecoded::Undecoded;

/// The most lines of a text that are sent without a question.
pub(crate) const FREE: usize = 3;

/// Whether a text is sent only after a question: it has many lines, or a later one looks like a command.
/// `blocks.rs` knows which commands there are.
pub(crate) fn needs_question(text: &str) -> bool {
    text.lines().count() > FREE || text.lines().skip(1).any(looks_like_command)
}

/// Whether a line begins with a slash and a word, and not with a path.
fn looks_like_command(line: &str) -> bool {
    let word = without_slash(line).and_then(|command| command.split_whitespace().next());
    let starts = without_slash(line).is_some_and(|it| it.starts_with(char::is_alphanumeric));
    starts && word.is_some_and(|word| !word.contains('/'))
}

/// Whether a text begins with one slash and cannot be a mistyped command: no word follows the slash, or a path of
/// several folders.
fn is_slashed(text: &str) -> bool {
    let Some(command) = without_slash(text).map(str::trim_start) else { return false };
    let folders = command.split_whitespace().next().map_or(0, |word| word.matches('/').count());
    begins_no_command(command)
        || folders > 1 && is_path(command, &Catalogue::built_in(Secrets::Asked))
}

/// The text without the blank lines before and after it.
pub(crate) fn without_blank_lines(text: &str) -> &str {
    let end = text.trim_end();
    let end =
        if text.get(end.len()..).is_some_and(|rest| rest.contains('\n')) { end } else { text };
    let blank = end.len() - end.trim_start().len();
    let (before, _) = end.split_at(blank);
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    end.split_at(begin).1
}

/// A pasted text for the place between these parts of a line.
fn placed(text: &str, before: &str, after: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let trimmed = without_blank_lines(&text);
    let text = match (before.trim().is_empty(), after.trim().is_empty()) {
        (true, true) => trimmed,
        (true, false) => text.split_at(text.len() - text.trim_start_matches('\n').len()).1,
        (false, true) => text.trim_end_matches('\n'),
        (false, false) => &text,
    };
    let is_first = before.trim().is_empty();
    if is_first && (is_text(text) || is_slashed(text)) { escaped(text) } else { text.to_owned() }
}

/// The state of a paste. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Paste(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The text so far, while a paste is on.
    text: Option<Plain>,
    undecoded: Undecoded,
    /// A long paste, with the line around it.
    long: Option<String>,
}

impl Paste {
    /// Makes the escape sequences in pastes known.
    pub(crate) fn listen(&self) {
        self.lock().undecoded.listen();
    }

    /// Begins to collect.
    pub(crate) fn begin(&self) {
        let mut state = self.lock();
        state.text = Some(Plain::default());
        state.undecoded.begin();
    }

    /// Collects a key, if a paste is on. `line` and `position` are the line in the editor and its cursor.
    /// Returns what the editor has to do, which it would do `count` times.
    pub(crate) fn collect(
        &self,
        key: KeyEvent,
        count: RepeatCount,
        line: &str,
        position: usize,
    ) -> Option<Cmd> {
        let mut state = self.lock();
        let State { text: Some(text), undecoded, .. } = &mut *state else {
            return None;
        };
        let mut is_end = false;
        for character in undecoded.characters(key) {
            is_end |= text.push(character);
        }
        // Ctrl-C, if a terminal forgets the end of the paste.
        is_end |= matches!(
            key,
            KeyEvent(KeyCode::BracketedPasteEnd, _) | KeyEvent(KeyCode::Char('C'), Modifiers::CTRL)
        );
        if !is_end {
            return Some(Cmd::Noop);
        }
        undecoded.end();
        let (before, after) = line.split_at(position);
        let text = placed(text.text(), before, after);
        state.text = None;
        // The count is a part of the paste: `ESC7` at its end.
        if !needs_question(&text) && count == 1 {
            return Some(Cmd::Insert(1, text));
        }
        state.long = Some(format!("{before}{text}{after}"));
        Some(Cmd::AcceptLine)
    }

    /// Whether a long paste has not been taken.
    pub(crate) fn has_long(&self) -> bool {
        self.lock().long.is_some()
    }

    /// Takes a long paste, with the line around it. Forgets a paste that has not ended.
    pub(crate) fn take_long(&self) -> Option<String> {
        let mut state = self.lock();
        state.text = None;
        state.undecoded.end();
        state.long.take()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: KeyEvent = KeyEvent(KeyCode::BracketedPasteEnd, Modifiers::NONE);

    /// Pastes a text into the line `<>`, between its characters.
    fn pasted(text: &str) -> (Option<Cmd>, Option<String>) {
        let paste = Paste::default();
        paste.begin();
        for character in text.chars() {
            let key = KeyEvent::new(character, Modifiers::NONE);
            assert_eq!(paste.collect(key, 1, "<>", 1), Some(Cmd::Noop));
        }
        let done = paste.collect(END, 1, "<>", 1);
        assert_eq!(paste.has_long(), done == Some(Cmd::AcceptLine));
        (done, paste.take_long())
    }

    #[test]
    fn a_short_paste_is_inserted_into_the_line() {
        let inserted = |text: &str| (Some(Cmd::Insert(1, text.to_owned())), None);
        assert_eq!(pasted("a\tb"), inserted("a\tb"));
        assert_eq!(pasted("one\r\ntwo\rthree\n"), inserted("one\ntwo\nthree\n"));
        assert_eq!(pasted("\u{e9}\u{1}"), inserted("\u{e9}"));
    }

    #[test]
    fn a_long_paste_is_kept_with_the_line_around_it() {
        let long = "<1\n2\n3\n4>".to_owned();
        assert_eq!(pasted("1\r2\r3\r4"), (Some(Cmd::AcceptLine), Some(long)));
    }

    #[test]
    fn a_command_in_a_later_line_makes_a_short_paste_long() {
        let long = "</join tea\nhi\n /quit>".to_owned();
        assert_eq!(pasted("/join tea\rhi\r /quit"), (Some(Cmd::AcceptLine), Some(long)));
        let inserted = Cmd::Insert(1, "/say one\ntwo".to_owned());
        assert_eq!(pasted("/say one\rtwo"), (Some(inserted), None));
        for text in ["a\n// b\n    // c", "a\n/etc/passwd", "a\n/ b\n/* c"] {
            assert_eq!(pasted(text), (Some(Cmd::Insert(1, text.to_owned())), None));
        }
    }

    #[test]
    fn blank_lines_around_a_paste_do_not_count() {
        for (text, before, after, want) in [
            ("\n\nlonely\r\n\r\n", "", "", "lonely"),
            ("\n \n  two\n\nlines \n \n", "", "", "  two\n\nlines"),
            ("\nb\n", "a", "", "\nb"),
            ("\nb\n", "", "c", "b\n"),
            ("\nb\n", "a", "c", "\nb\n"),
            (" b ", "", "", " b "),
            ("\n\n", "", "", ""),
        ] {
            assert_eq!(placed(text, before, after), want, "{text:?}");
        }
    }

    #[test]
    fn a_paste_that_begins_with_two_slashes_is_sent_as_it_is() {
        assert_eq!(placed("// a comment", "", ""), "/// a comment");
        assert_eq!(placed("  // a comment", "", ""), "  /// a comment");
        assert_eq!(placed("// a comment", "see ", ""), "// a comment");
        assert_eq!(placed("/join tea", "", ""), "/join tea");
    }

    #[test]
    fn a_paste_that_begins_with_one_slash_and_is_no_command_is_sent_as_it_is() {
        for text in ["/* a\n * comment */", "/usr/bin/ld: no", "/home/a/b.c: In", " /*", "/ - a"] {
            assert_eq!(placed(text, "", ""), text.replacen('/', "//", 1));
            assert_eq!(placed(text, "see ", ""), text);
        }
        let commands =
            ["/", "/?", "/msg bob hi", "/ msg bob hi", "/fly\n/*", "/login/alice/secret"];
        for text in commands.into_iter().chain(["/login/alice secret", "/etc/passwd"]) {
            assert_eq!(placed(text, "", ""), text);
        }
    }

    #[test]
    fn without_a_paste_no_key_is_collected() {
        let paste = Paste::default();
        assert_eq!(paste.collect(KeyEvent::from('a'), 1, "", 0), None);
        // A read that failed in the middle of a paste ends it.
        paste.begin();
        assert_eq!(paste.take_long(), None);
        assert_eq!(paste.collect(KeyEvent::from('a'), 1, "", 0), None);
    }
}
