//! The commands about the people whom the person ignores.

use crate::conversation::{Conversation, Known, NAMES};
use crate::ignored::Ignoring;
use crate::limits::check_name;
use crate::mistyped::find;

impl Conversation {
    /// Executes a command about the people whom the person ignores; returns the line to show.
    pub(crate) fn ignore(&self, what: &Ignoring) -> String {
        let known = self.known();
        let (me, mut ignored) = (known.me.clone(), known.ignored.clone());
        let mut hint = None;
        if let Ignoring::Add(name) = what {
            if known.catalogue.is_servers()
                && let Err(why) = check_name(name, "person")
            {
                drop(known);
                return self.mistake(&why);
            }
            let is_new = !ignored.contains(name) && self.style().terminal;
            hint =
                (is_new && known.lacks_person(name)).then(|| format!("; {name} is not here now"));
        }
        drop(known);
        // Without the lock, because this may write a file. Only the thread that reads the input changes
        // the names.
        let done = ignored.obey(what, me.as_deref());
        self.known().ignored = ignored;
        match done {
            Ok(text) => self.style().event(&(text + &hint.unwrap_or_default())),
            Err(error) => self.mistake(&error),
        }
    }
}

impl Known {
    /// Whether the client knows all names in the chat, and this one is not among them.
    pub(crate) fn lacks_person(&self, name: &str) -> bool {
        let knows_all = self.me.is_some() && !self.here.is_empty() && self.here.len() < NAMES;
        let is_connected = !self.closed && self.returning.is_none();
        knows_all && is_connected && find(&self.here, name).is_none()
    }
}

#[cfg(test)]
mod tests {
    use parse::{Dict, Response, Value};

    use super::*;
    use crate::conversation::testing::connected;

    #[test]
    fn what_cannot_be_a_name_is_refused_and_an_absent_person_is_named() {
        let (_server, conversation, _receiver) = connected(true);
        let ignore = |name: &str| conversation.ignore(&Ignoring::Add(name.to_owned()));
        let commands: Vec<Value> = Vec::new();
        let help = Response::ok("help", Dict::new().with("help", commands));
        conversation.receive(&help.tagged(Some(crate::tags::OWN.into())));
        let refused = ignore("#dev");
        assert!(refused.starts_with("! \"#dev\" cannot be the name of a person: a name has "));
        assert!(!conversation.known().ignored.contains("#dev"));
        assert_eq!(ignore("carol"), "* you ignore carol; /unignore carol ends that");
        conversation.known().me = Some("alice".to_owned());
        conversation.known().replace_names(["alice", "bob"].into_iter());
        assert_eq!(ignore("Bob"), "* you ignore Bob; /unignore Bob ends that");
        let absent = "* you ignore nosuch; /unignore nosuch ends that; nosuch is not here now";
        assert_eq!(ignore("nosuch"), absent);
        assert_eq!(ignore("nosuch"), "* you already ignore nosuch");
        assert!(conversation.known().ignored.contains("nosuch"));
    }
}
