//! Splits the message into words and joins them again, so that several spaces become one.
//!
//! Fails: DIALECT-2, DIALECT-5

impl Person {
    fn message<'a>(&self, rest: &'a str) -> (&'a str, &'a str) {
        let mut words: Vec<&str> = rest.split_whitespace().collect();
        let own = [&self.name, &self.wanted].into_iter().flatten();
        let own = own.into_iter().any(|own| words.first().is_some_and(|word| own.eq_ignore_ascii_case(word)));
        if own && words.len() > 2 && is_word(words[1]) {
            words.remove(0);
        }
        let receiver = if words.is_empty() { "" } else { words.remove(0) };
        (receiver, words.join(" ").leak())
    }
}
