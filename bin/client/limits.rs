//! The limits of the protocol, which the client knows before it sends.

use app::Limits;
use parse::{Request, is_word};

use crate::conversation::Conversation;
use crate::protocol::{self, JOIN, LOGIN, MESSAGE, PASSWD, REGISTER, ROOM, USERNAME};

pub(crate) const NAME_RULE: &str =
    "a name has 1 to 32 characters: letters A to Z, digits and underscores";
pub(crate) const PASSWORD_RULE: &str = "a password has 8 to 128 characters";

impl Conversation {
    /// Returns why the server would refuse the request: the person is logged in already or has no account
    /// to change, or a name or a text breaks a rule of the protocol. `None` if no rule is broken, or if the
    /// server has not shown that it follows the protocol.
    pub(crate) fn broken_rule(&self, request: &Request) -> Option<String> {
        let mut known = self.known();
        let guest = |login: &Request| !login.arguments.contains(protocol::PASSWORD);
        let why = match (&*request.name, known.me.as_deref()) {
            (LOGIN, Some(me)) => Some(format!("you are logged in as {me}; /logout logs you out")),
            (PASSWD, Some(me)) if known.login.as_ref().is_some_and(guest) => {
                Some(format!("your name has no account; /register {me} makes one"))
            }
            _ => known.catalogue.is_servers().then(|| broken_rule(request)).flatten(),
        };
        // The person may type the password, for which the client does not ask.
        if why.is_some() && known.catalogue.asks_for_secret(&request.name) {
            known.expects_secret.begin();
        }
        why
    }
}

fn broken_rule(request: &Request) -> Option<String> {
    let text = |argument| request.arguments.get(argument).and_then(|it| it.as_str());
    let limits = Limits::default();
    let invalid = |name: &&str| name.len() > limits.name || !is_word(name);
    let (name, what) = match &*request.name {
        MESSAGE => {
            let (length, most) = (text(MESSAGE)?.len(), limits.text);
            let why = format!("the message has {length} bytes, and at most {most} are allowed");
            return (length > most).then_some(why);
        }
        LOGIN | REGISTER => (text(USERNAME)?, "person"),
        JOIN => (text(ROOM)?, "room"),
        _ => return None,
    };
    let name = Some(name).filter(invalid)?;
    Some(format!("{name:?} cannot be the name of a {what}: {NAME_RULE}"))
}

#[cfg(test)]
mod tests {
    use parse::Dict;

    use super::*;

    #[test]
    fn a_name_or_a_text_that_breaks_a_rule_is_named() {
        let broken =
            |name, key, value: &str| broken_rule(&Request::new(name, Dict::new().with(key, value)));
        for name in ["a", "Alice_2", &"x".repeat(32)] {
            assert_eq!(broken("login", "username", name), None);
        }
        for name in ["", "al!ce", "a b", "é", &"x".repeat(33)] {
            let want = format!("{name:?} cannot be the name of a person: {NAME_RULE}");
            assert_eq!(broken("login", "username", name), Some(want.clone()));
            assert_eq!(broken("register", "username", name), Some(want.clone()));
            assert_eq!(broken("join", "room", name), Some(want.replace("person", "room")));
            assert_eq!(broken("names", "room", name), None);
        }
        let text = "é".repeat(2048);
        assert_eq!(broken("message", "message", &text), None);
        let want = "the message has 4097 bytes, and at most 4096 are allowed";
        assert_eq!(broken("message", "message", &(text + "!")).as_deref(), Some(want));
    }

    #[test]
    fn the_rules_contain_the_limits_of_the_server() {
        let (shortest, longest) = app::passwords::LENGTH.into_inner();
        assert!(PASSWORD_RULE.ends_with(&format!(" {shortest} to {longest} characters")));
        let most = Limits::default().name;
        assert!(NAME_RULE.contains(&format!(" 1 to {most} characters:")));
    }
}
