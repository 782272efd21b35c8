//! Says after a login who else is here, and after the entry into a room who else is there.

use parse::{Dict, Request, Value};

use crate::conversation::{Conversation, NAMES};
use crate::protocol::ROOM;
use crate::rooms::shown;

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

    /// Asks for the people in a room, to tell the person.
    pub(crate) fn ask_for_members(&self, room: &str) {
        self.ask_own_with(Request::new("names", Dict::new().with(ROOM, room)));
    }

    /// The line that says who else is in a room; `None` if the person is alone.
    pub(crate) fn members(&self, answer: &Dict) -> Option<String> {
        let room = shown(answer.string(ROOM).ok()?);
        let known = self.known();
        let me = known.me.as_deref()?;
        let names = answer.list("names").unwrap_or_default().iter().filter_map(Value::as_str);
        let names: Vec<&str> = names
            .filter(|name| !name.eq_ignore_ascii_case(me) && !known.ignored.contains(name))
            .collect();
        let text = match names.len() {
            0 => return None,
            1..=MOST => format!("also in {room}: {}", names.join(", ")),
            count => format!("{count} others are in {room}; /names lists them"),
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

    #[test]
    fn the_people_of_a_room_are_named_and_not_taken_for_all() {
        let (_server, conversation, _receiver) = connected(true);
        conversation.known().me = Some("alice".to_owned());
        conversation.receive(&names(&["Alice", "bob", "carl"].map(str::to_owned)));
        let told = |people: &[&str]| {
            let answer = names(&people.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
            let body = answer.outcome.unwrap().with(ROOM, "tea");
            conversation.receive(&Response::ok("names", body).tagged(Some(OWN.into())))
        };
        assert_eq!(told(&["Alice", "bob"]), ["* also in #tea: bob"]);
        assert_eq!(told(&["alice"]), [""; 0]);
        let many: Vec<String> = (0..=MOST).map(|number| format!("p{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(told(&many), ["* 11 others are in #tea; /names lists them"]);
        assert!(conversation.known().here.contains("carl"));
        conversation.ignore(&crate::ignored::Ignoring::Add("bob".to_owned()));
        assert_eq!(told(&["alice", "bob"]), [""; 0]);
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
