//! Whispers that the person sends, with the receiver's name in the chat's spelling, and messages that are not
//! shown before the answer, because the server may refuse them.

use parse::Request;

use crate::conversation::Known;
use crate::mistyped::find;
use crate::protocol::{MESSAGE, TO};

impl Known {
    /// Writes the receiver of a whisper as the chat spells that name.
    pub(crate) fn spell_receiver(&self, request: &mut Request) {
        let found = receiver(request).and_then(|to| find(&self.here, to)).map(str::to_owned);
        if let Some(name) = found {
            request.arguments.insert(TO, name);
        }
    }

    /// Whether the request is a whisper to a person who is not here. Where the people are unknown, everyone
    /// may be here.
    fn is_for_absent(&self, request: &Request) -> bool {
        let is_absent = |to| !self.here.is_empty() && find(&self.here, to).is_none();
        receiver(request).is_some_and(is_absent)
    }

    /// Whether the server probably refuses this message: it is a whisper to a person who is not here, or the person
    /// is muted.
    pub(crate) fn may_be_refused(&self, request: &Request) -> bool {
        self.is_for_absent(request) || (self.mute.is_some() && request.name == MESSAGE)
    }

    /// Notes that this request of the person is sent. The client does not know whether the receiver of a whisper
    /// gets it, or who the person is while a login has no answer.
    pub(crate) fn note_unshown(&mut self, tag: u64, request: &Request) {
        let sent = &self.sent;
        self.unshown.retain(|tag| sent.contains_key(tag));
        let is_nameless = request.name == MESSAGE && self.me.is_none();
        if is_nameless || self.may_be_refused(request) {
            self.unshown.insert(tag);
        }
    }
}

fn receiver(request: &Request) -> Option<&str> {
    (request.name == MESSAGE).then(|| request.arguments.get(TO)?.as_str()).flatten()
}

#[cfg(test)]
mod tests {
    use parse::{Dict, Response};

    use crate::conversation::testing::connected;

    #[test]
    fn a_whisper_to_a_person_who_is_not_here_is_shown_with_the_answer() {
        let (_server, conversation, _receiver) = connected(true);
        conversation.known().me = Some("alice".to_owned());
        conversation.known().replace_names(["alice", "bob"].into_iter());
        assert!(
            conversation.own_message("/msg BOB hi").is_some_and(|it| it.ends_with("> bob: hi"))
        );
        assert_eq!(conversation.own_message("/msg carol hi"), None);
        for (to, tag) in [("bob", 1), ("carol", 2)] {
            let arguments = Dict::new().with("message", "hi").with("to", to);
            conversation.ask(parse::Request::new("message", arguments.clone())).unwrap();
            let whisper = arguments.with("username", "alice");
            let answer = || Response::ok("message", whisper.clone()).tagged(Some(tag.into()));
            let first = conversation.receive(&answer());
            let want: &[&str] = if to == "carol" { &["you -> carol: hi"] } else { &[] };
            assert_eq!(first, want);
            assert_eq!(conversation.receive(&answer()), [""; 0]);
        }
    }
}
