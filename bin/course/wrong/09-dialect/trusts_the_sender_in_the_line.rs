//! Takes every first word for the sender, as the server of the course does.
//!
//! Fails: DIALECT-2, DIALECT-5, DIALECT-6, DIALECT-7, DIALECT-14

impl Person {
    fn message<'a>(&self, rest: &'a str) -> (&'a str, &'a str) {
        let mut parts = rest.splitn(3, ' ');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(_from), Some(to), Some(text)) => (to, text),
            (Some(to), Some(text), None) => (to, text),
            _ => (rest, ""),
        }
    }
}
