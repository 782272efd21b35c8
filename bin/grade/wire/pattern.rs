//! The pattern of a chat message in a dialect that has only one text for sender and message.

use super::Message;

/// The pattern of a message: what stands before and after the text of its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    before: Vec<Part>,
    after: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// The name of the sender.
    Name,
    /// A number.
    Number,
    Letter(char),
}

impl Pattern {
    /// `NAME said @ HH:MM:SS: TEXT`.
    pub(crate) fn said() -> Pattern {
        let mut before = vec![Part::Name];
        before.extend(parts(" said @ 00:00:00: ", &[]));
        Pattern { before, after: Vec::new() }
    }

    /// Derives the pattern from a whole message with this text. `names` are the users who may be named
    /// in it. Returns `None` if the message does not contain the text.
    pub(crate) fn derive(whole: &str, text: &str, names: &[String]) -> Option<Pattern> {
        let (before, after) = whole.split_once(text)?;
        Some(Pattern { before: parts(before, names), after: parts(after, names) })
    }

    /// Whether messages name their senders.
    pub(crate) fn has_name(&self) -> bool {
        self.before.iter().chain(&self.after).any(|part| *part == Part::Name)
    }

    /// Splits a whole message; `None` if it does not match. Without a name in the pattern the sender is
    /// empty.
    pub(crate) fn split(&self, whole: &str) -> Option<Message> {
        let (mut sender, mut text) = (String::new(), whole);
        for part in &self.before {
            let (matched, rest) = text.split_at(part.length(text.chars())?);
            if *part == Part::Name {
                matched.clone_into(&mut sender);
            }
            text = rest;
        }
        for part in self.after.iter().rev() {
            let length = part.length(text.chars().rev())?;
            let (rest, matched) = text.split_at(text.len() - length);
            if *part == Part::Name {
                matched.clone_into(&mut sender);
            }
            text = rest;
        }
        Some(Message { sender, text: text.to_owned() })
    }

    /// Describes the pattern.
    pub(crate) fn words(&self) -> String {
        let words = |parts: &[Part]| {
            let words = parts.iter().map(|part| match part {
                Part::Name => "NAME".to_owned(),
                Part::Number => "#".to_owned(),
                Part::Letter(letter) => letter.to_string(),
            });
            words.collect::<String>()
        };
        format!("{}TEXT{}", words(&self.before), words(&self.after))
    }
}

impl Part {
    /// Number of bytes that the part takes at the beginning of these characters; `None` if it is not there.
    fn length(&self, mut letters: impl Iterator<Item = char>) -> Option<usize> {
        let run = |letters: &mut dyn Iterator<Item = char>, fits: fn(char) -> bool| {
            let length: usize =
                letters.take_while(|letter| fits(*letter)).map(char::len_utf8).sum();
            (length > 0).then_some(length)
        };
        match self {
            Part::Name => run(&mut letters, |letter| letter.is_alphanumeric() || letter == '_'),
            Part::Number => run(&mut letters, |letter| letter.is_ascii_digit()),
            Part::Letter(wanted) => {
                letters.next().filter(|letter| letter == wanted).map(char::len_utf8)
            }
        }
    }
}

/// The parts of a text that contains no message.
fn parts(text: &str, names: &[String]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    let mut in_word = false;
    while let Some(letter) = rest.chars().next() {
        let name = names.iter().filter(|name| !in_word && rest.starts_with(name.as_str()));
        let name = name.max_by_key(|name| name.len());
        let name = name.filter(|name| {
            let after = rest.get(name.len()..).and_then(|after| after.chars().next());
            !after.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        });
        if let Some(name) = name {
            parts.push(Part::Name);
            rest = rest.get(name.len()..).unwrap_or_default();
            continue;
        }
        in_word = letter.is_alphanumeric() || letter == '_';
        if !letter.is_ascii_digit() {
            parts.push(Part::Letter(letter));
        } else if parts.last() != Some(&Part::Number) {
            parts.push(Part::Number);
        }
        rest = rest.get(letter.len_utf8()..).unwrap_or_default();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sender: &str, text: &str) -> Option<Message> {
        Some(Message { sender: sender.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_pattern_learned_once_reads_other_messages() {
        let names = ["ann".to_owned(), "ben".to_owned()];
        for (whole, next, sender) in [
            ("ann said @ 09:41:07: hello you", "ben said @ 10:00:00: a: b", "ben"),
            ("[09:41] <ann> hello you", "[9:1] <ben> a: b", "ben"),
            ("hello you -- ann, 9:41", "a: b -- ben, 10:41", "ben"),
            ("hello you", "a: b", ""),
            ("> hello you", "> a: b", ""),
            ("Ÿ ann: hello you", "Ÿ ben: a: b", "ben"),
        ] {
            let pattern = Pattern::derive(whole, "hello you", &names).unwrap();
            assert_eq!(pattern.split(next), message(sender, "a: b"), "{whole}");
            assert_eq!(pattern.has_name(), !sender.is_empty());
        }
        assert_eq!(Pattern::derive("ann says nothing", "hello you", &names), None);
    }

    #[test]
    fn other_texts_do_not_match() {
        let pattern = Pattern::said();
        assert_eq!(pattern.split("ann said @ 09:41:07: hi"), message("ann", "hi"));
        for other in ["* ann joined", "ann said @ noon: hi", "", "said @ 09:41:07: hi"] {
            assert_eq!(pattern.split(other), None, "{other}");
        }
        assert_eq!(pattern.words(), "NAME said @ #:#:#: TEXT");
    }
}
