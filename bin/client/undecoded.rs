//! The characters of a paste for which the line editor has only keys.
//!
//! The editor decodes an escape sequence in a paste as a key. It knows the sequences of keys only: it reads `ESC[m`
//! as a whole, but `ESC[0m` up to the zero, and both are the same unknown key. So the key does not tell whether a
//! following `m` is text. But the editor logs what is left in its buffer whenever it meets an escape character, and the
//! client is its logger. Without such a record, the unknown key counts as a whole sequence.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use log::{LevelFilter, Log, Metadata, Record};
use rustyline::{KeyCode, KeyEvent, Modifiers};

/// The name under which the editor logs.
const EDITOR: &str = "rustyline";
/// The beginning of the record with the bytes of the buffer.
const BUFFER: &str = "read buffer ";

/// The buffers of the editor after the escape characters that it has met since the last key, during a paste.
/// Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Undecoded(Arc<Mutex<Option<Vec<Vec<char>>>>>);

impl Undecoded {
    /// Gets the records of the editor from now on, for the whole process. If there is a logger already, it gets
    /// none.
    pub(crate) fn listen(&self) {
        if log::set_logger(Box::leak(Box::new(self.clone()))).is_ok() {
            log::set_max_level(LevelFilter::Debug);
        }
    }

    /// Keeps the buffers from now on.
    pub(crate) fn begin(&self) {
        *self.lock() = Some(Vec::new());
    }

    /// Keeps no more buffers.
    pub(crate) fn end(&self) {
        *self.lock() = None;
    }

    /// The characters that the editor has decoded as this key, as far as they are known.
    pub(crate) fn characters(&self, key: KeyEvent) -> Vec<char> {
        let buffers = self.lock().as_mut().map(std::mem::take).unwrap_or_default();
        let Some((last, earlier)) = buffers.split_last() else {
            return without_buffer(key);
        };
        let mut characters = Vec::new();
        // Digits after an escape character are the count of a later key.
        for (buffer, next) in earlier.iter().zip(buffers.iter().skip(1)) {
            characters.push('\x1b');
            characters.extend(buffer.iter().take(buffer.len().saturating_sub(next.len() + 1)));
        }
        let Some((length, is_count)) = decoded(last) else {
            return characters;
        };
        characters.push('\x1b');
        characters.extend(last.iter().take(length));
        if is_count {
            characters.extend(without_buffer(key));
        }
        characters
    }

    fn lock(&self) -> MutexGuard<'_, Option<Vec<Vec<char>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log for Undecoded {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == EDITOR
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        if let Some(buffers) = &mut *self.lock()
            && let Some(buffer) = buffer_in(&record.args().to_string())
        {
            buffers.push(buffer);
        }
    }

    fn flush(&self) {}
}

/// The buffer that a record shows as a list of bytes.
fn buffer_in(record: &str) -> Option<Vec<char>> {
    let list = record.strip_prefix(BUFFER)?.strip_prefix('[')?.strip_suffix(']')?;
    let bytes: Vec<u8> = list.split(", ").map(|byte| byte.parse().ok()).collect::<Option<_>>()?;
    // The buffer may end in the middle of a character.
    Some(String::from_utf8_lossy(&bytes).chars().collect())
}

/// The characters of a key, with an escape character if it has the modifier Alt.
fn without_buffer(KeyEvent(code, modifiers): KeyEvent) -> Vec<char> {
    let character = match (code, modifiers.difference(Modifiers::ALT)) {
        (KeyCode::Char(character), Modifiers::NONE) => character,
        (KeyCode::Enter, Modifiers::NONE) => '\r',
        (KeyCode::Tab, Modifiers::NONE) => '\t',
        (KeyCode::Esc, Modifiers::NONE) => '\x1b',
        (KeyCode::Char('J'), Modifiers::CTRL) => '\n',
        (KeyCode::Char('G'), Modifiers::CTRL) => '\x07',
        _ => return Vec::new(),
    };
    let escape = modifiers.contains(Modifiers::ALT).then_some('\x1b');
    escape.into_iter().chain([character]).collect()
}

/// How many characters of its buffer the editor decodes as a key after an escape character, and whether they are the
/// count of another key. `None` if the key goes on after the buffer, where its end is not known.
fn decoded(buffer: &[char]) -> Option<(usize, bool)> {
    let escapes = usize::from(buffer.first() == Some(&'\x1b'));
    let buffer = buffer.get(escapes..)?;
    let is = |at: usize, wanted: char| buffer.get(at) == Some(&wanted);
    let is_digit = |at: usize| buffer.get(at).is_some_and(char::is_ascii_digit);
    let is_count = is(0, '-') || is_digit(0);
    let length = if is_count {
        buffer.iter().take_while(|&&it| it == '-' || it.is_ascii_digit()).count()
    } else if is(0, 'O') {
        2
    } else if !is(0, '[') {
        1
    } else if is(1, '[') {
        3
    } else if !is_digit(1) || is(1, '0') || is(1, '9') {
        2
    } else if is(2, ';') {
        4 + usize::from(is_digit(3)) + usize::from(is_digit(3) && is_digit(4))
    } else if !is_digit(2) {
        3
    } else if is(3, ';') {
        5 + usize::from(is_digit(4)) + usize::from(is_digit(4) && is_digit(5))
    } else {
        4 + usize::from(is_digit(3))
    };
    (length <= buffer.len()).then_some((escapes + length, is_count))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNKNOWN: KeyEvent = KeyEvent(KeyCode::UnknownEscSeq, Modifiers::NONE);

    /// The characters of a key, before which the editor has shown these buffers.
    fn characters(buffers: &[&str], key: KeyEvent) -> String {
        let undecoded = Undecoded::default();
        undecoded.begin();
        for buffer in buffers {
            let record = format!("{BUFFER}{:?}", buffer.as_bytes());
            undecoded.lock().as_mut().unwrap().push(buffer_in(&record).unwrap());
        }
        let characters = undecoded.characters(key).into_iter().collect();
        assert!(undecoded.characters(UNKNOWN).is_empty(), "a buffer is for one key");
        characters
    }

    #[test]
    fn a_sequence_is_known_as_far_as_the_editor_decodes_it() {
        for (decoded, rest) in [
            ("[m", "mix"),
            ("[0", "m"),
            ("[9", "0m"),
            ("[3m", "m"),
            ("[31m", "m"),
            ("[107m", "m"),
            ("[1;m", "m"),
            ("[1;3m", "m"),
            ("[1;31m", "m"),
            ("[1;31;", "42m"),
            ("[31;m", "m"),
            ("[31;1m", "m"),
            ("[31;42m", "m"),
            ("[38;5;", "208m"),
            ("[201~", "m"),
            ("[?", "25l"),
            ("[[A", "m"),
            ("[\x1b", "[201~"),
            ("OP", "m"),
            ("(", "B"),
            ("é", "m"),
            ("\x1b[A", "m"),
            ("\x1b\x1b", "m"),
        ] {
            let buffer = format!("{decoded}{rest}");
            assert_eq!(characters(&[&buffer], UNKNOWN), format!("\x1b{decoded}"), "{buffer:?}");
        }
    }

    #[test]
    fn a_count_belongs_to_the_next_key() {
        let key = KeyEvent::new('x', Modifiers::NONE);
        assert_eq!(characters(&["7x"], key), "\x1b7x");
        assert_eq!(characters(&["712-x"], key), "\x1b712-x");
        assert_eq!(characters(&["71\x1b[0m", "[0m"], UNKNOWN), "\x1b71\x1b[0");
    }

    #[test]
    fn without_a_buffer_the_key_tells_what_is_known() {
        assert_eq!(characters(&[], KeyEvent::new('x', Modifiers::NONE)), "x");
        assert_eq!(characters(&[], KeyEvent::alt('(')), "\x1b(");
        assert_eq!(characters(&[], KeyEvent::alt('\n')), "\x1b\n");
        assert_eq!(characters(&[], UNKNOWN), "");
        // The key goes on after the buffer.
        assert_eq!(characters(&["[3"], UNKNOWN), "");
        assert_eq!(characters(&["["], UNKNOWN), "");
    }

    #[test]
    fn other_records_are_no_buffers() {
        assert_eq!(buffer_in("read buffer [91, 48, 195]"), Some(vec!['[', '0', '\u{fffd}']));
        for record in ["read buffer []", "read buffer [a]", "c: 'a' => key: a", ""] {
            assert_eq!(buffer_in(record), None, "{record}");
        }
    }
}
