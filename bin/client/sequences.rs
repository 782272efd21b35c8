//! Removes escape sequences, such as colours, from a pasted text.
//!
//! Removed are control sequences (`ESC[0m`), strings (`ESC]0;title` up to BEL, `ESC\` or the end of the line), choices
//! of a character set (`ESC(B`) and the usual sequences of one character (`ESC7`). An escape character before
//! anything else is removed alone: the character after it may be text.

/// A text without the escape sequences among the characters that it was given.
#[derive(Debug, Default)]
pub(crate) struct Plain {
    text: String,
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Text,
    /// After an escape character.
    Escape,
    /// After the choice of a character set.
    Set,
    /// In a control sequence that has these characters so far.
    Control(String),
    /// In a string, such as the title of a window.
    String,
}

impl Plain {
    /// Adds a character. Returns whether it ends the sequence that a terminal sends after a paste.
    pub(crate) fn push(&mut self, character: char) -> bool {
        let state = std::mem::take(&mut self.state);
        self.state = match (state, character) {
            (State::Control(mut before), ' '..='?') => {
                before.push(character);
                State::Control(before)
            }
            (State::Control(before), '@'..='~') => return character == '~' && before == "201",
            (State::String, '\x07') | (State::Set, '0'..='~') => State::Text,
            (_, '\x1b') => State::Escape,
            (State::String, other) if !matches!(other, '\r' | '\n') => State::String,
            (State::Escape, '[') => State::Control(String::new()),
            (State::Escape, ']' | 'P' | 'X' | '^' | '_') => State::String,
            (State::Escape, '(' | ')' | '#' | '%') => State::Set,
            (State::Escape, '7' | '8' | '=' | '>' | '\\' | 'c' | 'D' | 'E' | 'H' | 'M') => {
                State::Text
            }
            // Other control characters are no text.
            (_, other) => {
                self.text
                    .extend((!other.is_control() || "\t\r\n".contains(other)).then_some(other));
                State::Text
            }
        };
        false
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        let mut plain = Plain::default();
        assert!(!text.chars().any(|character| plain.push(character)), "{text:?} is no end");
        plain.text().to_owned()
    }

    #[test]
    fn sequences_are_removed_and_the_text_around_them_is_not() {
        for (pasted, want) in [
            ("\x1b[0m\x1b[01;34mdir\x1b[0m  file.txt", "dir  file.txt"),
            ("a\x1b[mmake\x1b[K1;2m\x1b[38;5;208mm\x1b[?25l25\x1b[ qq", "amake1;2mm25q"),
            ("\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\x1b]8;;\x1b\\c", "abc"),
            ("\x1b]0;open\none\x1b]0;open\rtwo", "\none\rtwo"),
            ("\x1b]0;a\x1b[31mb\x1bPc\x1b\\d", "bd"),
            ("\x1b(B\x1b)0a\x1b#8b\x1b7\x1b8\x1b=c\x1b>\x1bMd", "abcd"),
            ("a\x1bb\x1b\x1bc\x1b \x1b\n\x1bé\x1b", "ab \né"),
            ("a\x1b[31\nb\x1b[3é\x1b(\n", "a\nbé\n"),
            ("a\tb\r\nc\u{1}\u{7f}\u{85}d\u{2028}", "a\tb\r\ncd\u{2028}"),
        ] {
            assert_eq!(plain(pasted), want, "{pasted:?}");
        }
    }

    #[test]
    fn the_end_of_a_paste_is_found_after_a_sequence_without_an_end() {
        for before in ["", "\x1b", "\x1b[", "\x1b[31", "\x1b]0;title", "\x1b(", "\x1b\x1b"] {
            let mut plain = Plain::default();
            let pasted = format!("a{before}\x1b[201~");
            let ends: Vec<bool> = pasted.chars().map(|character| plain.push(character)).collect();
            assert_eq!(ends.iter().position(|end| *end), Some(ends.len() - 1), "{before:?}");
            assert_eq!(plain.text(), "a");
        }
    }
}
