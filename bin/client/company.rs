//! Says after a login who else is here.

use crate::conversation::{Conversation, NAMES};

/// The most names in the line. More people are counted.
const MOST: usize = 10;

impl Conversation {
    /// Asks for the names, for completion and to tell the person.
    pub(crate) fn ask_for_company(&self) {
        self.known().tells_company = true;
        self.ask_own("names");
    }

    /// The line that says who is here, after the server has sent the names; `None` if it was told already.
    pub(crate) fn company(&self) -> Option<String> {
        let mut known = self.known();
        if !std::mem::take(&mut known.tells_company) {
            return None;
        }
        let me = known.me.as_deref()?;
        let is_shown =
            |name: &&String| !name.eq_ignore_ascii_case(me) && !known.ignored.contains(name);
        let names: Vec<&str> = known.here.iter().filter(is_shown).map(String::as_str).collect();
        let text = match names.len() {
            0 => "nobody else is here".to_owned(),
            1..=MOST => format!("also here: {}", names.join(", ")),
            // The client may not remember all of them.
            count if known.here.len() >= NAMES => {
                format!("{count} or more others are here; /names lists them")
            }
            count => format!("{count} others are here; /names lists them"),
        };
        Some(self.style().event(&text))
    }
}

#[cfg(test)]
mod tests {
    use parse::{Dict, Response, Value};

    use super::*;
    use crate::conversation::testing::connected;
    use crate::tags::OWN;

    fn names(names: &[String]) -> Response {
        let names: Value = names.iter().map(|name| Value::from(&**name)).collect();
        Response::ok("names", Dict::new().with("names", names)).tagged(Some(OWN.into()))
    }

    /// What the person reads who is logged in as alice, with so many others.
    fn told(others: usize) -> Vec<String> {
        let (_server, conversation, _receiver) = connected(true);
        let messages: Vec<Value> = Vec::new();
        let body = Dict::new().with("username", "alice").with("messages", messages);
        assert_eq!(conversation.receive(&Response::ok("login", body)), ["* you are alice"]);
        let here = (0..others).map(|number| format!("p{number:04}"));
        let here: Vec<String> = here.chain(["Alice".to_owned()]).collect();
        let told = conversation.receive(&names(&here));
        assert_eq!(conversation.receive(&names(&here)), [""; 0], "it is told once");
        told
    }

    #[test]
    fn few_people_are_named_and_many_are_counted() {
        assert_eq!(told(0), ["* nobody else is here"]);
        assert_eq!(told(2), ["* also here: p0000, p0001"]);
        assert_eq!(told(MOST).len(), 1);
        assert_eq!(told(MOST + 1), ["* 11 others are here; /names lists them"]);
        assert!(told(NAMES + 5)[0].contains(" or more others are here"));
    }
}
