//! Messages on one line, with a true mark of their place.
//!
//! A message of several lines arrives here as several messages. The server refuses messages with other
//! forbidden characters, but the log may contain older messages. So this module also replaces characters
//! at which a client may end a line.

use super::text;
use crate::{Dict, Value, characters};

/// A message of a person, read from its dict.
pub(in crate::dialect) struct Said<'a>(pub(in crate::dialect) &'a Dict);

impl Said<'_> {
    /// Returns the sender.
    pub(in crate::dialect) fn by(&self) -> &str {
        text(self.0, "username")
    }

    /// Returns the time: UTC, RFC 3339 with milliseconds.
    pub(in crate::dialect) fn at(&self) -> &str {
        text(self.0, "timestamp")
    }

    /// Returns the text on one line. An action has the sender in front: `* alice waves`. A whisper that
    /// was kept has its time in front: `(sent 2026-02-03 04:05 UTC)`.
    pub(in crate::dialect) fn text(&self) -> String {
        if self.is_offline() {
            let time: String = self.at().chars().take("2026-02-03T04:05".len()).collect();
            format!("(sent {} UTC) {}", time.replace('T', " "), self.words_alone())
        } else {
            self.words_alone()
        }
    }

    fn words_alone(&self) -> String {
        let text = on_one_line(text(self.0, "message"));
        if self.is("action") { format!("* {} {text}", self.by()) } else { text }
    }

    /// Returns whether this is a whisper to a person who was not here.
    pub(in crate::dialect) fn is_offline(&self) -> bool {
        self.is("offline")
    }

    fn is(&self, flag: &str) -> bool {
        self.0.get(flag) == Some(&Value::Bool(true))
    }

    /// Returns the text on one line. A mark of the place precedes it, unless the place is the lobby.
    /// `own` is true in the copy for the sender.
    ///
    /// A text in the lobby that begins like a mark also gets one. So no message in the lobby looks like
    /// a message in a room, or like a whisper.
    pub(in crate::dialect) fn words(&self, own: bool) -> String {
        let words = self.text();
        match (self.0.string("to"), self.0.string("room")) {
            (Ok(to), _) if own && self.is_offline() => {
                format!("(to {to}) (kept for them) {}", self.words_alone())
            }
            (Ok(to), _) if own => format!("(to {to}) {words}"),
            (Ok(_), _) => format!("(to you) {words}"),
            (_, Ok(room)) => format!("(in {room}) {words}"),
            _ if begins_like_a_place(&words) => format!("(in lobby) {words}"),
            _ => words,
        }
    }
}

/// Replaces with a space each character that may end a line or control a terminal.
pub(in crate::dialect) fn on_one_line(text: &str) -> String {
    text.chars().map(|it| if it != '\t' && characters::is_control(it) { ' ' } else { it }).collect()
}

/// Returns whether a person may take the beginning of a text for `(in ROOM)` or `(to NAME)`.
fn begins_like_a_place(text: &str) -> bool {
    let mut shown = text.chars().filter(|it| !characters::is_invisible(*it));
    let mut next = || shown.find(|it| !it.is_whitespace());
    let (Some('('), Some(first)) = (next(), next()) else { return false };
    let word = (first.to_ascii_lowercase(), shown.next().map(|second| second.to_ascii_lowercase()));
    matches!(word, ('i', Some('n')) | ('t', Some('o')))
        && shown.next().is_some_and(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_a_mark_of_its_place() {
        let said = Dict::new().with("message", "hi");
        assert_eq!(Said(&said).words(false), "hi");
        let whisper = said.clone().with("to", "bob");
        assert_eq!(Said(&whisper).words(false), "(to you) hi");
        assert_eq!(Said(&whisper).words(true), "(to bob) hi");
        assert_eq!(Said(&said.with("room", "den")).words(true), "(in den) hi");
    }

    #[test]
    fn an_action_begins_with_its_sender() {
        let said = Dict::new().with("username", "ann").with("message", "waves\nand smiles");
        let waves = said.clone().with("action", true);
        assert_eq!(Said(&waves).text(), "* ann waves and smiles");
        assert_eq!(Said(&waves.with("room", "den")).words(true), "(in den) * ann waves and smiles");
        assert_eq!(Said(&said.with("action", false)).text(), "waves and smiles");
    }

    #[test]
    fn a_kept_whisper_says_when_it_was_sent_and_to_its_sender_that_it_is_kept() {
        let whisper = Dict::new().with("username", "ann").with("to", "bob").with("message", "psst");
        let whisper = whisper.with("timestamp", "2026-02-03T04:05:06.789Z").with("offline", true);
        assert_eq!(Said(&whisper).words(false), "(to you) (sent 2026-02-03 04:05 UTC) psst");
        assert_eq!(Said(&whisper).text(), "(sent 2026-02-03 04:05 UTC) psst");
        assert_eq!(Said(&whisper).words(true), "(to bob) (kept for them) psst");
    }

    #[test]
    fn a_text_in_the_lobby_does_not_look_like_one_from_elsewhere() {
        let words = |text: &str| Said(&Dict::new().with("message", text)).words(false);
        for text in [
            "(in tea) hi",
            "(to you) hi",
            "(in lobby) hi",
            " (In tea) hi",
            "( to you) hi",
            "\u{feff}(\u{200b}i\u{2060}n tea) hi",
            "(in\u{a0}tea) hi",
            "(to whom it may concern)",
        ] {
            assert_eq!(words(text), format!("(in lobby) {text}"), "{text:?}");
        }
        for text in ["(inside) hi", "(too late) hi", "hi (in tea)", "(", "(in", "in tea", "(hi)"] {
            assert_eq!(words(text), text);
        }
        // After the mark, a second one is part of the text.
        let room = Dict::new().with("message", "(to you) hi").with("room", "tea");
        assert_eq!(Said(&room).words(false), "(in tea) (to you) hi");
    }

    #[test]
    fn an_old_message_with_forbidden_characters_is_on_one_line() {
        let old = "a\u{2028}b\u{2029}c\nd\re\u{b}f\u{c}g\u{85}h\u{1c}i\u{1b}[31m\u{7f}\t.";
        let said = Dict::new().with("message", old);
        assert_eq!(Said(&said).words(false), "a b c d e f g h i [31m \t.");
    }
}
