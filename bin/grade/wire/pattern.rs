//! The pattern of a chat message in a dialect that has only one text for sender and message.

use super::Message;

/// The pattern of a message: what stands before and after the text of its sender.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
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
    /// White space, of any length.
    Space,
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

    /// Whether a message is its text and nothing else.
    pub(crate) fn is_bare(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Splits a whole message; `None` if it does not match. Without a name in the pattern the sender is
    /// empty. `names` are the users who may have sent it.
    pub(crate) fn split(&self, whole: &str, names: &[String]) -> Option<Message> {
        let (mut sender, mut text) = (String::new(), whole);
        for part in &self.before {
            let (matched, rest) = text.split_at(part.length_at_begin(text, names)?);
            if *part == Part::Name {
                matched.clone_into(&mut sender);
            }
            text = rest;
        }
        for part in self.after.iter().rev() {
            let (rest, matched) = text.split_at(text.len() - part.length_at_end(text, names)?);
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
                Part::Space => " ".to_owned(),
                Part::Letter(letter) => letter.to_string(),
            });
            words.collect::<String>()
        };
        format!("{}TEXT{}", words(&self.before), words(&self.after))
    }
}

impl Part {
    /// Number of bytes that the part takes at the beginning of a text; `None` if it is not there.
    fn length_at_begin(&self, text: &str, names: &[String]) -> Option<usize> {
        let known = names.iter().filter(|name| text.starts_with(name.as_str()));
        self.length(text.chars(), known)
    }

    /// The same at the end of a text.
    fn length_at_end(&self, text: &str, names: &[String]) -> Option<usize> {
        let known = names.iter().filter(|name| text.ends_with(name.as_str()));
        self.length(text.chars().rev(), known)
    }

    /// `known` are the names of users that stand there.
    fn length<'a>(
        &self,
        mut letters: impl Iterator<Item = char>,
        known: impl Iterator<Item = &'a String>,
    ) -> Option<usize> {
        let mut run = |fits: fn(char) -> bool| -> usize {
            letters.by_ref().take_while(|letter| fits(*letter)).map(char::len_utf8).sum()
        };
        match self {
            Part::Name => {
                let known = known.map(String::len).max();
                known.or_else(|| Some(run(is_of_word)).filter(|length| *length > 0))
            }
            Part::Number => {
                Some(run(|letter| letter.is_ascii_digit())).filter(|length| *length > 0)
            }
            Part::Space => Some(run(char::is_whitespace)),
            Part::Letter(wanted) => {
                letters.next().filter(|letter| letter == wanted).map(char::len_utf8)
            }
        }
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The parts of a text that contains no message.
fn parts(text: &str, names: &[String]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    let mut in_word = false;
    while let Some(letter) = rest.chars().next() {
        let name = names.iter().filter(|name| !in_word && rest.starts_with(name.as_str()));
        if let Some(name) = name.max_by_key(|name| name.len()) {
            parts.push(Part::Name);
            rest = rest.split_at(name.len()).1;
            continue;
        }
        in_word = is_of_word(letter);
        let part = match letter {
            letter if letter.is_ascii_digit() => Part::Number,
            letter if letter.is_whitespace() => Part::Space,
            letter => Part::Letter(letter),
        };
        let is_run = matches!(part, Part::Number | Part::Space) && parts.last() == Some(&part);
        if !is_run {
            parts.push(part);
        }
        rest = rest.split_at(letter.len_utf8()).1;
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
            ("annhello you", "bena: b", "ben"),
            ("| ann | hello you    |", "| ben | a: b |", "ben"),
            ("[\"ann\",\"9:41\",\"hello you\"]", "[\"ben\",\"9:42\",\"a: b\"]", "ben"),
            ("> hello you", "> a: b", ""),
            ("Ÿ ann: hello you", "Ÿ ben: a: b", "ben"),
        ] {
            let pattern = Pattern::derive(whole, "hello you", &names).unwrap();
            assert_eq!(pattern.split(next, &names), message(sender, "a: b"), "{whole}");
            assert_eq!(pattern.has_name(), !sender.is_empty());
        }
        assert_eq!(Pattern::derive("ann says nothing", "hello you", &names), None);
    }

    #[test]
    fn other_texts_do_not_match() {
        let pattern = Pattern::said();
        assert_eq!(pattern.split("ann said @ 09:41:07: hi", &[]), message("ann", "hi"));
        for other in ["* ann joined", "ann said @ noon: hi", "", "said @ 09:41:07: hi"] {
            assert_eq!(pattern.split(other, &[]), None, "{other}");
        }
        assert_eq!(pattern.words(), "NAME said @ #:#:#: TEXT");
    }
}
