//! The rules of the protocol, which the client knows before it sends. What a server limits, it learns from the
//! server (`server_limits`).

use app::Refusal;
use parse::{Request, is_word};

use crate::conversation::{Conversation, Known};
use crate::mistyped;
use crate::protocol::{self, JOIN, LOGIN, MESSAGE, PASSWD, REGISTER, ROOM, USERNAME};

pub(crate) const NAME_RULE: &str =
    "a name has letters A to Z or a to z, digits and underscores, on most servers at most 32";
pub(crate) const PASSWORD_RULE: &str = "a password has 8 to 128 characters";

impl Conversation {
    /// Returns why the server would refuse the request: the person is logged in already, has no account to
    /// change, or registers a name that is not free, or a name breaks a rule of the protocol, or a message is
    /// longer than the server's limit or has a forbidden character. `None` if no rule is broken, or if the server
    /// has not shown that it follows the protocol.
    pub(crate) fn broken_rule(&self, request: &Request) -> Option<String> {
        let known = self.known();
        let guest = |login: &Request| !login.arguments.contains(protocol::PASSWORD);
        match (&*request.name, known.me.as_deref()) {
            (LOGIN, Some(me)) => {
                let other = request.arguments.string(USERNAME).unwrap_or("NAME");
                Some(format!("you are logged in as {me}: first /logout, then /login {other}"))
            }
            (PASSWD, Some(me)) if known.login.as_ref().is_some_and(guest) => {
                Some(format!("your name has no account; /register {me} makes one"))
            }
            _ if !known.catalogue.is_servers() => None,
            _ => broken_name(request)
                .or_else(|| forbidden(request))
                .or_else(|| known.owner(request))
                .or_else(|| known.limits.refuses(request)),
        }
    }
}

/// Says which character of a message the server forbids, so that the message is not shown as if it were sent.
pub(crate) fn forbidden(request: &Request) -> Option<String> {
    let text = request.arguments.string(MESSAGE).ok().filter(|_| request.name == MESSAGE)?;
    let refusal = app::check_text(text, usize::MAX).err()?;
    matches!(refusal, Refusal::ForbiddenCharacter(_)).then(|| refusal.to_string())
}

impl Known {
    /// Says whose a name is that the person cannot register: their own one with an account, or that of another
    /// person in the chat. `None` if the name may be free.
    fn owner(&self, request: &Request) -> Option<String> {
        let name = request.arguments.string(USERNAME).ok().filter(|_| request.name == REGISTER)?;
        if self.me.as_deref().is_some_and(|me| me.eq_ignore_ascii_case(name)) {
            return self
                .has_account()
                .then(|| format!("you have an account already: /{PASSWD} changes its password"));
        }
        let name = mistyped::find(&self.here, name)?;
        Some(format!("{name} is in the chat, so you cannot register that name"))
    }

    /// Whether the person has logged in with a password.
    fn has_account(&self) -> bool {
        let has_password = |login: &Request| login.arguments.contains(protocol::PASSWORD);
        self.me.is_some() && self.login.as_ref().is_some_and(has_password)
    }

    /// What a person with an account has to know before they register a second one.
    pub(crate) fn second_account(&self, request: &Request) -> Option<String> {
        let me = self.me.as_ref().filter(|_| request.name == REGISTER && self.has_account())?;
        Some(format!(
            "you have an account already, {me}: /{PASSWD} changes its password; this makes another one"
        ))
    }
}

/// Says that the name in a login, a registration or a `join` breaks the rule for names.
pub(crate) fn broken_name(request: &Request) -> Option<String> {
    let text = |argument| request.arguments.get(argument).and_then(|it| it.as_str());
    let (name, what) = match &*request.name {
        LOGIN | REGISTER => (text(USERNAME)?, "person"),
        JOIN => (text(ROOM)?, "room"),
        _ => return None,
    };
    check_name(name, what).err()
}

/// Checks the name of a person or a room.
///
/// # Errors
/// A line that names the name and the rule.
pub(crate) fn check_name(name: &str, what: &str) -> Result<(), String> {
    if is_word(name) {
        return Ok(());
    }
    Err(format!("{name:?} cannot be the name of a {what}: {NAME_RULE}"))
}

#[cfg(test)]
mod tests {
    use app::Limits;
    use parse::Dict;

    use super::*;
    use crate::catalogue::Secrets;

    #[test]
    fn a_name_that_is_not_free_cannot_be_registered() {
        let mut known = Known::new(Secrets::Asked);
        let register = |name: &str| Request::new(REGISTER, Dict::new().with(USERNAME, name));
        assert_eq!(known.owner(&register("carl")), None);
        known.here = ["Carl", "alice"].map(str::to_owned).into();
        known.me = Some("alice".to_owned());
        known.login = Some(protocol::login_as("alice"));
        let taken = "Carl is in the chat, so you cannot register that name";
        assert_eq!(known.owner(&register("carl")).as_deref(), Some(taken));
        assert_eq!(known.owner(&protocol::login_as("carl")), None);
        assert_eq!(known.owner(&register("alice")), None, "a guest makes an account");
        assert_eq!(known.second_account(&register("dave")), None, "it is the first one");
        let password = Dict::new().with(USERNAME, "alice").with(protocol::PASSWORD, "hunter22");
        known.login = Some(Request::new(LOGIN, password));
        let own = "you have an account already: /passwd changes its password";
        assert_eq!(known.owner(&register("Alice")).as_deref(), Some(own));
        assert_eq!(known.owner(&register("dave")), None);
        assert!(known.second_account(&register("dave")).is_some());
        assert_eq!(known.second_account(&protocol::login_as("dave")), None);
    }

    #[test]
    fn a_forbidden_character_of_a_message_is_named() {
        let says =
            |name, text: &str| forbidden(&Request::new(name, Dict::new().with(MESSAGE, text)));
        let why = "Forbidden character: a control of the text direction (U+202E)!";
        assert_eq!(says(MESSAGE, "a\u{202e}b").as_deref(), Some(why));
        assert_eq!(says("ban", "a\u{202e}b"), None);
        assert_eq!(
            says(MESSAGE, &"שלום\u{200f}!\n".repeat(10_000)),
            None,
            "the limit is the server's"
        );
    }

    #[test]
    fn a_name_that_breaks_a_rule_is_named() {
        let broken =
            |name, key, value: &str| broken_name(&Request::new(name, Dict::new().with(key, value)));
        for name in ["a", "Alice_2", &"x".repeat(33)] {
            assert_eq!(broken("login", "username", name), None);
        }
        for name in ["", "al!ce", "a b", "é"] {
            let want = format!("{name:?} cannot be the name of a person: {NAME_RULE}");
            assert_eq!(broken("login", "username", name), Some(want.clone()));
            assert_eq!(broken("register", "username", name), Some(want.clone()));
            assert_eq!(broken("join", "room", name), Some(want.replace("person", "room")));
            assert_eq!(broken("names", "room", name), None);
        }
    }

    #[test]
    fn the_rules_contain_the_limits_of_the_server() {
        let (shortest, longest) = app::passwords::LENGTH.into_inner();
        assert!(PASSWORD_RULE.ends_with(&format!(" {shortest} to {longest} characters")));
        let most = Limits::default().name;
        assert!(NAME_RULE.ends_with(&format!(" on most servers at most {most}")));
    }
}
